"""A new token: created, waited for, handed over, its one-time Secret deleted. In that order, whatever breaks off."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.mint_blockers import Asked, mint_blocker
from pharia_access.domain.administration.stored import Json
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import ApiError, ForbiddenError
from pharia_access.services.administration.collecting import Collector
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.destinations import SecretDestination
from pharia_access.services.administration.guards import require_mintable, require_readable
from pharia_access.services.administration.handover import Handover, Stage, leaving_steps
from pharia_access.services.administration.plans import BlockedError, Plan
from pharia_access.services.administration.progress import SecretStillStands, TokenCreated
from pharia_access.services.administration.queries import tokens_of

__all__ = ["IssuePlan", "TokenRequest", "collect", "create", "create_only", "issue", "plan_issue"]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The token that is wanted.

    Attributes:
        wait_timeout: how long to wait for the operator.
        replaces: the name of the token that it is to replace.
    """

    credential: str
    name: str
    lifetime: Lifetime | None = None
    description: str = ""
    window: timedelta | None = None
    wait_timeout: timedelta = timedelta(minutes=1)
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePlan(Plan):
    """A token that nothing is known to stand in the way of."""

    key: ObjectKey
    request: TokenRequest


async def plan_issue(context: Context, request: TokenRequest) -> IssuePlan:
    """Plan a token. Raises BlockedError where nothing would be minted, or much later, as far as is known."""
    credential = await require_mintable(context, request.credential)
    siblings: list[TokenSummary] = []
    if "maxTokens" in credential.policy:
        with suppress(ForbiddenError):  # who may not count them finds out by waiting
            siblings = await tokens_of(context, request.credential)
    asked = Asked(credential, request.lifetime or Lifetime(), siblings)
    if blocker := mint_blocker(asked, context.clock.now()):
        raise BlockedError(blocker.why, *blocker.next_steps)
    return IssuePlan(key=ObjectKey(context.namespace, request.name), request=request)


async def issue(context: Context, plan: IssuePlan, destination: SecretDestination) -> TokenSummary:
    """Create the token, and hand its secret over. A dry run only creates."""
    handover = Handover(plan.key)
    with leaving_steps(handover, context.progress):
        return await create(context, plan, destination, handover)


async def create(context: Context, plan: IssuePlan, destination: SecretDestination, handover: Handover) -> TokenSummary:
    """The same as a part of something longer, whose `handover` tells what is left to do."""
    if context.dry_run:
        return await create_only(context, plan)
    await require_readable(context, plan.key)
    handover.stage = Stage.REQUESTED
    try:
        await create_only(context, plan)
    except ApiError as error:
        refused = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        handover.stage = Stage.NOTHING if refused else Stage.REQUESTED
        raise
    handover.stage = Stage.CREATED
    context.progress.happened(TokenCreated(plan.key))
    return await _hand_over(context, destination, handover, wait_timeout=plan.request.wait_timeout)


async def collect(
    context: Context, name: str, destination: SecretDestination, *, wait_timeout: timedelta
) -> TokenSummary:
    """Hand over the secret of a token that is there, while its window is open."""
    handover = Handover(ObjectKey(context.namespace, name), Stage.CREATED)
    with leaving_steps(handover, context.progress):
        return await _hand_over(context, destination, handover, wait_timeout=wait_timeout)


async def _hand_over(
    context: Context, destination: SecretDestination, handover: Handover, *, wait_timeout: timedelta
) -> TokenSummary:
    """Wait for the secret, put it where it is to go, and only then delete the one-time Secret."""

    async def read(key: ObjectKey) -> TokenSummary:
        return (await context.objects.read(TokenSummary, key)).summary

    collector = Collector(read, context.deliveries, context.clock)
    with context.progress.waiting(handover.token) as report:
        token = await collector.wait(handover.token, wait_timeout=wait_timeout, tell=report)
    handover.deadline, handover.secret_name = token.deadline, token.secret_name
    secret, text = await collector.read(token)
    await destination.put(token, text)
    handover.stage = Stage.HANDED_OVER
    held = await collector.finish(secret)
    handover.stage = Stage.DONE
    if held is not None:
        still = ObjectKey(token.key.namespace, token.secret_name)
        context.progress.happened(SecretStillStands(still, held.finalizers))
    return token


async def create_only(context: Context, plan: IssuePlan) -> TokenSummary:
    """Create the token, and leave its secret to be collected. Raises AlreadyExistsError."""
    spec = _spec(plan.request)
    return (await context.objects.create(TokenSummary, plan.key, spec, replaces=plan.request.replaces)).summary


def _spec(request: TokenRequest) -> Json:
    """The ApiToken's spec that asks for it."""
    lifetime = request.lifetime or Lifetime()
    fields: dict[str, Any] = {
        "description": request.description,
        "ttl": format_duration(lifetime.ttl) if lifetime.ttl else "",
        "expiresAt": format_time(lifetime.ends) if lifetime.ends else "",
        "delivery": {"window": format_duration(request.window)} if request.window else None,
    }
    return {
        "credentialRef": {"name": request.credential},
        **{name: value for name, value in fields.items() if value},
    }
