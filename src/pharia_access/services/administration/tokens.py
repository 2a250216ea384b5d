"""Tokens, ended: by name, or by the ID of one that leaked; at once, or in a while. Each planned, then carried out."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.impact import last_use
from pharia_access.domain.administration.next_steps import RevokeToken
from pharia_access.domain.administration.revocation_reason import reason_objection
from pharia_access.domain.administration.stored import Right, Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import is_later
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import ForbiddenError, InvalidError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.guards import git_warnings, git_warnings_of_object, require_right
from pharia_access.services.administration.plans import BlockedError, MalformedError, Plan
from pharia_access.services.administration.progress import OnlyOneNamespace, Warned
from pharia_access.services.administration.queries import list_all, nothing_in

__all__ = [
    "ExpiryPlan",
    "RevocationPlan",
    "TokensPlan",
    "bring_forward",
    "delete",
    "expire",
    "find_by_ids",
    "plan_deletion",
    "plan_expiry",
    "plan_revocation",
    "plan_revocation_by_ids",
    "revoke",
]

StoredToken = Stored[TokenSummary]

_REASON: Final = "revocationReason"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensPlan(Plan):
    """The tokens that are to be ended; those that ended before are in the notes."""

    tokens: tuple[StoredToken, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPlan(TokensPlan):
    """The tokens that are to be revoked. `reason`: why, for people; empty where nobody says."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryPlan(TokensPlan):
    """The tokens whose end is brought forward to this moment."""

    end: datetime


async def find_by_ids(context: Context, ids: Sequence[str]) -> list[StoredToken]:
    """The tokens with these IDs, as far as one may look. Raises BlockedError without one."""
    if not ids:
        msg = "There is no token's text and no token's ID in the input"
        raise MalformedError(msg)
    try:
        found, where = await _with_ids(context, None, ids), "this cluster"
    except ForbiddenError:
        found, where = await _with_ids(context, context.namespace, ids), f"namespace {context.namespace}"
        context.progress.happened(OnlyOneNamespace(context.namespace))
        if not found:
            await nothing_in(context, context.namespace)
    if not found:
        which = f"the ID {ids[0]}" if len(ids) == 1 else f"one of the IDs {', '.join(ids)}"
        msg = f"No token of {where} has {which}: it was deleted, or belongs elsewhere"
        raise BlockedError(msg)
    return found


async def plan_revocation(
    context: Context, names: Sequence[str], *, reason: str = "", force: bool = False
) -> RevocationPlan:
    """Plan to revoke tokens for good. Raises BlockedError."""
    _require_reason(reason)
    return await _revocation(context, await _named(context, names), reason=reason, force=force)


async def plan_revocation_by_ids(
    context: Context, ids: Sequence[str], *, reason: str = "", force: bool = False
) -> RevocationPlan:
    """Plan to revoke the token that has one of these IDs. Raises BlockedError, also where several tokens do."""
    _require_reason(reason)
    found = await find_by_ids(context, ids)
    if len({stored.summary.token_id for stored in found}) > 1:
        msg = "The input mentions several tokens: revoke them by name"
        raise BlockedError(msg, *(RevokeToken(stored.summary.key) for stored in found))
    return await _revocation(context, found, reason=reason, force=force)


async def revoke(context: Context, plan: RevocationPlan) -> AsyncIterator[StoredToken]:
    """Revoke them; each as it is then."""
    for stored in plan.tokens:
        yield await _revoke(context, stored, plan.reason)


async def _revoke(context: Context, stored: StoredToken, reason: str) -> StoredToken:
    """A cluster whose kinds are older keeps no reason: the revocation matters more."""
    if reason:
        try:
            return await context.objects.patch(stored, {"revoked": True, _REASON: reason})
        except InvalidError as error:
            if _REASON not in error.unknown_field:
                raise
            told = (
                f"the reason of {stored.label} is not kept: the ApiToken kind of this cluster is of an earlier release"
            )
            context.progress.happened(Warned((told,)))
    return await context.objects.patch(stored, {"revoked": True})


async def plan_expiry(context: Context, names: Sequence[str], end: datetime, *, force: bool = False) -> ExpiryPlan:
    """Plan to let tokens end then, where they do not end earlier by themselves. Raises BlockedError."""
    tokens = [(stored, stored.summary) for stored in await _named(context, names)]
    later = tuple(stored for stored, token in tokens if is_later(token, end))
    ended = [token for _, token in tokens if not is_later(token, end)]
    await _require(context, later, "patch", "end")
    fields = {"expiresAt": format_time(end)}
    sentences = [_end_of(context, stored, f"ended at {format_time(end)}") for stored in later]
    return ExpiryPlan(
        tokens=later,
        end=end,
        notes=tuple(f"token {token.key.name} already ends at {_moment(token.ends)}" for token in ended),
        warnings=tuple(told for stored in later for told in git_warnings(stored, fields, force=force)),
        consequences=tuple(sentences),
        question="Bring the end forward?" if later else "",
    )


async def expire(context: Context, plan: ExpiryPlan) -> AsyncIterator[StoredToken]:
    """Bring their ends forward; each as it is then."""
    for stored in plan.tokens:
        yield await bring_forward(context, stored, plan.end)


async def bring_forward(context: Context, stored: StoredToken, end: datetime) -> StoredToken:
    """Let that very token end earlier. The API server refuses to postpone an end."""
    return await context.objects.patch(stored, {"expiresAt": format_time(end)})


async def plan_deletion(context: Context, names: Sequence[str], *, force: bool = False) -> TokensPlan:
    """Plan to delete tokens, and so to revoke them. Raises BlockedError."""
    tokens = await _named(context, names)
    await _require(context, tokens, "delete", "delete")
    return TokensPlan(
        tokens=tuple(tokens),
        warnings=tuple(told for stored in tokens for told in git_warnings_of_object(stored, force=force)),
        consequences=tuple(_end_of(context, stored, "deleted") for stored in tokens),
        question="Delete permanently?",
    )


async def delete(context: Context, plan: TokensPlan) -> AsyncIterator[tuple[StoredToken, StoredToken | None]]:
    """Delete them; each as it was, and as it still stands, or None where it is gone."""
    for stored in plan.tokens:
        yield stored, await context.objects.delete(stored)


def _require_reason(reason: str) -> None:
    objection = reason_objection(reason) if reason else ""
    if objection:
        msg = f"The reason cannot be kept: {objection}"
        raise MalformedError(msg)


async def _revocation(context: Context, tokens: Sequence[StoredToken], *, reason: str, force: bool) -> RevocationPlan:
    live = tuple(stored for stored in tokens if not stored.body["spec"].get("revoked"))
    await _require(context, live, "patch", "revoke")
    return RevocationPlan(
        tokens=live,
        reason=reason,
        notes=tuple(f"{stored.label} is already revoked" for stored in tokens if stored not in live),
        warnings=tuple(told for stored in live for told in git_warnings(stored, {"revoked": True}, force=force)),
        consequences=tuple(_end_of(context, stored, "revoked") for stored in live),
        question="Revoke permanently?" if live else "",
    )


async def _require(context: Context, tokens: Sequence[StoredToken], verb: str, what: str) -> None:
    """Raise BlockedError if whoever asks may not do that to one of them: nobody is asked to confirm what must fail."""
    for key in (stored.summary.key for stored in tokens):
        there = replace(context, namespace=key.namespace)
        await require_right(there, Right(verb, "apitokens", key.name), f"{what} the token {key.name}")


async def _named(context: Context, names: Sequence[str]) -> list[StoredToken]:
    """All of them, before anything is done to one. Raises NotFoundError."""
    return [await context.objects.read(TokenSummary, ObjectKey(context.namespace, name)) for name in names]


async def _with_ids(context: Context, namespace: str | None, token_ids: Sequence[str]) -> list[StoredToken]:
    found: list[StoredToken] = []
    for token_id in token_ids:
        pages = context.objects.pages(TokenSummary, namespace, fields=f"status.tokenID={token_id}")
        found += await list_all(context, pages, lambda stored: stored, "tokens")
    return found


def _end_of(context: Context, stored: StoredToken, what: str) -> str:
    token = stored.summary
    state = last_use(token, context.clock.now()) if token.active else token.in_words
    kept = f" {_keeper(token)}" if token.keeper and token.active else ""
    return f"The token {token.key.name} of {token.credential} ({state}) will be {what} permanently.{kept}"


def _keeper(token: TokenSummary) -> str:
    """Programs read it from a Secret, and go on with it until they read the next one."""
    return (
        f"It belongs to the workload token {token.keeper}, which makes another if this one is in its Secret: what uses "
        "it is refused until it reads that one. To have the next one first, rotate the workload token."
    )


def _moment(when: datetime | None) -> str:
    return "" if when is None else format_time(when)
