"""Many tokens that a person named, revoked or deleted one after another: planned, then carried out.

What fails stops nothing, and nothing is done twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.administration.gitops import field_declared_by
from pharia_access.domain.administration.pruning_rules import Prunable, why_kept_if_named
from pharia_access.domain.administration.revocation_reason import reason_objection
from pharia_access.domain.administration.stored import Right, Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.deletions import being_deleted
from pharia_access.domain.grammar import plural
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError, ForbiddenError, NotFoundError
from pharia_access.services.administration import tokens
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import MalformedError, Plan
from pharia_access.services.administration.queries import judged_tokens
from pharia_access.services.administration.refusals import refusal

__all__ = ["BulkPlan", "Kept", "Outcome", "carry_out", "plan_deletions", "plan_revocations"]

StoredToken = Stored[TokenSummary]

_GONE: Final = "it is not there any more"
_ANOTHER: Final = "Another token has its name now: that one was not touched"


@dataclass(frozen=True, slots=True)
class Kept:
    """A token that was named, and to which nothing is to be done; `why` ends a sentence."""

    key: ObjectKey
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a token; `error`: why nothing did."""

    key: ObjectKey
    what: str = ""
    error: AccessError | None = None


OneByOne = Callable[[Context, StoredToken], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPlan(Plan):
    """The tokens that are to be ended, and those that stay; `act` ends one, and says what became of it."""

    tokens: tuple[StoredToken, ...]
    kept: tuple[Kept, ...]
    act: OneByOne


async def plan_revocations(context: Context, keys: Sequence[ObjectKey], *, reason: str = "") -> BulkPlan:
    """Plan to revoke those that are not revoked yet. Raises MalformedError for a reason that cannot be kept."""
    objection = reason_objection(reason) if reason else ""
    if objection:
        msg = f"The reason cannot be kept: {objection}"
        raise MalformedError(msg)
    found, kept = await _found(context, keys)
    revoked = [stored for stored in found if stored.body["spec"].get("revoked")]
    kept += [Kept(stored.summary.key, "it is revoked already") for stored in revoked]
    allowed, refused = await _allowed(context, [stored for stored in found if stored not in revoked], "patch", "revoke")
    in_git = sum(bool(field_declared_by(stored.body, "revoked")) for stored in allowed)
    told = f"{in_git} of them {plural(in_git, 'is', 'are')} declared in Git: change that too."

    async def revoke(place: Context, stored: StoredToken) -> str:
        return await _revoked(place, stored, reason)

    return BulkPlan(
        tokens=tuple(allowed),
        kept=(*kept, *refused),
        warnings=(told,) if in_git else (),
        act=revoke,
    )


async def plan_deletions(context: Context, keys: Sequence[ObjectKey]) -> BulkPlan:
    """Plan to delete those that ended."""
    found, kept = await _found(context, keys)
    judged = await judged_tokens(context, [stored.summary for stored in found]) if found else []
    now, ended = context.clock.now(), []
    for stored, token in zip(found, judged, strict=True):
        verdict = why_kept_if_named(Prunable(stored, token), now)
        if verdict is None:
            ended.append(stored)
        else:
            kept.append(Kept(token.key, verdict.why))
    allowed, refused = await _allowed(context, ended, "delete", "delete")
    return BulkPlan(tokens=tuple(allowed), kept=(*kept, *refused), act=_deleted)


async def carry_out(context: Context, plan: BulkPlan) -> AsyncIterator[Outcome]:
    """End them one after another, each as it is then; also after one that could not be."""
    for stored in plan.tokens:
        key = stored.summary.key
        try:
            yield Outcome(key, await plan.act(context, stored))
        except AccessError as error:
            yield Outcome(key, error=error)


async def _revoked(context: Context, stored: StoredToken, reason: str) -> str:
    """Somebody may have come first: what is done already is not done again."""
    try:
        current = await context.objects.read(TokenSummary, stored.summary.key)
    except NotFoundError:
        return "Was deleted meanwhile"
    if current.summary.uid != stored.summary.uid:
        return _ANOTHER
    if current.summary.revoked:
        return "Was revoked already"
    async for _ in tokens.revoke(context, tokens.RevocationPlan(tokens=(current,), reason=reason)):
        pass
    return "Revoked"


async def _deleted(context: Context, stored: StoredToken) -> str:
    """Only as it was read: one that was made anew, or changed, is another matter."""
    try:
        after = await context.objects.delete(stored, as_read=True)
    except NotFoundError:
        return "Was deleted already"
    return "Deleted" if after is None else being_deleted(after.finalizers)


async def _found(context: Context, keys: Sequence[ObjectKey]) -> tuple[list[StoredToken], list[Kept]]:
    """Those that are there, as far as one may look."""
    found, kept = [], list[Kept]()
    for key in keys:
        try:
            found.append(await context.objects.read(TokenSummary, key))
        except NotFoundError:
            kept.append(Kept(key, _GONE))
        except ForbiddenError as error:
            kept.append(Kept(key, refusal(error).sentence.rstrip(".")))
    return found, kept


async def _allowed(
    context: Context, found: Sequence[StoredToken], verb: str, act: str
) -> tuple[list[StoredToken], list[Kept]]:
    """Nobody is asked to confirm what must fail. Asked by namespace; by name only where that is not allowed."""
    namespaces = {stored.summary.key.namespace for stored in found}
    whole = {each: await context.objects.may(Right(verb, "apitokens"), each) for each in sorted(namespaces)}
    allowed, refused = list[StoredToken](), list[Kept]()
    for stored in found:
        key = stored.summary.key
        if whole[key.namespace] or await context.objects.may(Right(verb, "apitokens", key.name), key.namespace):
            allowed.append(stored)
        else:
            needed = f"this needs the verb {verb} on apitokens.access.pharia.ai in namespace {key.namespace}"
            refused.append(Kept(key, f"you may not {act} it: {needed}"))
    return allowed, refused
