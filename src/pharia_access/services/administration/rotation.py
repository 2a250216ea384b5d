"""A token beside an old one: minted and handed over first, and only then is the old one's end brought forward."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pharia_access.domain.administration.impact import affected_users
from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.next_steps import EndReplaced
from pharia_access.domain.administration.stored import Right, Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import (
    USUAL_OVERLAP,
    TokenRotation,
    expiring,
    is_later,
    left_alone,
    original_lifetime,
    replacement_name,
    replacements,
    rotation_blocker,
)
from pharia_access.domain.durations import humanize
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import AccessError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.destinations import SecretDestination, SecretDestinationError
from pharia_access.services.administration.guards import git_warnings, require_mintable, require_right
from pharia_access.services.administration.handover import Handover, leaving_steps
from pharia_access.services.administration.issuing import IssuePlan, TokenRequest, create
from pharia_access.services.administration.plans import BlockedError, Plan
from pharia_access.services.administration.progress import RotationStarted, Warned
from pharia_access.services.administration.queries import Nothing, nothing_in, tokens_in, tokens_of
from pharia_access.services.administration.tokens import bring_forward

__all__ = [
    "DestinationOf",
    "NotRotated",
    "Rotated",
    "RotationOptions",
    "RotationPlan",
    "RotationsPlan",
    "end_replaced",
    "plan_rotation",
    "plan_rotations",
    "rotate",
    "rotate_each",
]

DestinationOf = Callable[[Context, ObjectKey], SecretDestination]
"""Where the secret of a new token of that name goes."""


@dataclass(frozen=True, slots=True)
class RotationOptions:
    """What was chosen.

    Attributes:
        overlap: how long the old token goes on at most.
        lifetime: the new one's; None stands for the old one's.
        name: the new one's; empty for the old one's with other letters at its end.
        wait_timeout: how long to wait for the operator.
    """

    overlap: timedelta = USUAL_OVERLAP
    lifetime: Lifetime | None = None
    name: str = ""
    wait_timeout: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationPlan(Plan):
    """An old token, and what is to replace it."""

    old: Stored[TokenSummary]
    new: IssuePlan
    overlap: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationsPlan(Plan):
    """The tokens that are due.

    Attributes:
        replaced: those that would be, and the token that each was replaced by.
        left_alone: those that end within that time and are not due, each with why not.
        nothing: where there are no tokens at all.
    """

    due: tuple[TokenSummary, ...] = ()
    replaced: tuple[tuple[TokenSummary, TokenSummary], ...] = ()
    left_alone: tuple[tuple[TokenSummary, str], ...] = ()
    nothing: Nothing | None = None


@dataclass(frozen=True, slots=True)
class Rotated:
    """The old token as it is now, and the new one."""

    old: TokenSummary
    new: TokenSummary


@dataclass(frozen=True, slots=True)
class NotRotated:
    """A token that was not rotated, and why."""

    old: ObjectKey
    error: AccessError


async def plan_rotation(context: Context, name: str, options: RotationOptions, *, force: bool = False) -> RotationPlan:
    """Plan to replace a token. Raises BlockedError for whatever would make half a rotation of it."""
    stored = await context.objects.read(TokenSummary, ObjectKey(context.namespace, name))
    old = stored.summary
    end = format_time(context.clock.now() + options.overlap)
    warnings = git_warnings(stored, {"expiresAt": end}, force=force)
    await require_right(context, Right("patch", "apitokens", name), f"end the token {name}")
    credential = await require_mintable(context, old.credential)
    lifetime = options.lifetime or original_lifetime(old)
    asked = TokenRotation(old, lifetime, credential, await tokens_of(context, old.credential))
    if blocker := rotation_blocker(asked, context.clock.now()):
        raise BlockedError(blocker.why, *blocker.next_steps)
    request = _request(old, options, name=options.name or replacement_name(name, context.letters()))
    new = IssuePlan(key=ObjectKey(context.namespace, request.name), request=request)
    consequences, question = _question(context, [old], options)
    return RotationPlan(
        old=stored,
        new=new,
        overlap=options.overlap,
        warnings=warnings,
        consequences=consequences,
        question=question,
    )


async def rotate(context: Context, plan: RotationPlan, destination: SecretDestination) -> Rotated:
    """The new token first: whatever breaks off, nobody is left without one."""
    old = plan.old.summary.key
    handover = Handover(plan.new.key, afterwards=(EndReplaced(old, plan.new.key, plan.overlap),))
    with leaving_steps(handover, context.progress):
        new = await create(context, plan.new, destination, handover)
        return Rotated(await end_replaced(context, plan), new)


async def plan_rotations(
    context: Context, within: timedelta, options: RotationOptions, *, everywhere: bool = False
) -> RotationsPlan:
    """Plan to replace all tokens that end within that time. Raises BlockedError where there is no such namespace."""
    namespace = None if everywhere else context.namespace
    tokens = await tokens_in(context, namespace)
    if not tokens:
        return RotationsPlan(nothing=await nothing_in(context, namespace))
    found, replaced = expiring(tokens, within, context.clock.now()), replacements(tokens)
    due = tuple(old for old in found if old.key not in replaced)
    consequences, question = _question(context, due, options)
    return RotationsPlan(
        due=due,
        replaced=tuple((old, replaced[old.key]) for old in found if old.key in replaced),
        left_alone=tuple(left_alone(tokens, within, context.clock.now())),
        consequences=consequences,
        question=question,
    )


async def rotate_each(
    context: Context, plan: RotationsPlan, options: RotationOptions, destination_of: DestinationOf, *, force: bool
) -> AsyncIterator[Rotated | NotRotated]:
    """Replace them, one after the other; one that fails stops no other, unless the next secret would go nowhere too."""
    for number, old in enumerate(plan.due, start=1):
        context.progress.happened(RotationStarted(old.key, number, len(plan.due)))
        there = replace(context, namespace=old.key.namespace)
        try:
            one = await plan_rotation(there, old.key.name, options, force=force)
            context.progress.happened(Warned(one.warnings))
            destination = destination_of(there, one.new.key)
            await destination.check()
            yield await rotate(there, one, destination)
        except AccessError as error:
            yield NotRotated(old.key, error)
            if isinstance(error, SecretDestinationError):
                return


def _request(old: TokenSummary, options: RotationOptions, *, name: str) -> TokenRequest:
    return TokenRequest(
        credential=old.credential,
        name=name,
        lifetime=options.lifetime or original_lifetime(old),
        description=old.description,
        window=old.window,
        wait_timeout=options.wait_timeout,
        replaces=old.key.name,
    )


async def end_replaced(context: Context, plan: RotationPlan) -> TokenSummary:
    """Bring the old one's end forward, once the new one's secret is with its people. Returns the old one as it is then.

    It is read anew, since somebody may have brought its end forward meanwhile.
    """
    now_there = (await context.objects.read(TokenSummary, plan.old.summary.key)).summary
    end = context.clock.now() + plan.overlap
    return (await bring_forward(context, plan.old, end)).summary if is_later(now_there, end) else now_there


def _question(
    context: Context, tokens: Sequence[TokenSummary], options: RotationOptions
) -> tuple[tuple[str, ...], str]:
    """Consequences and a question; nothing to ask where all of them end as early by themselves."""
    now = context.clock.now()
    later = [token for token in tokens if is_later(token, now + options.overlap)]
    if not later:
        return (), ""
    told = f"Each old token ends {humanize(options.overlap)} after it is replaced, unless it expires earlier."
    return (told, *affected_users(later, now)), "Rotate?"
