"""A token: its facts, its history, and where its secret is."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from pharia_access.domain.administration.collection_state import (
    Collectable,
    CollectionState,
    Pending,
    Unavailable,
    collection_state,
)
from pharia_access.domain.administration.gitops import declared_by
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import replacements
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import DeliveryState
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.pages.own_secret import may_store
from pharia_access.entrypoints.console.pages.secrets import TAKEN
from pharia_access.entrypoints.console.steps import in_words
from pharia_access.entrypoints.console.visits import Answer, Follows, Moved, Page, Visit
from pharia_access.entrypoints.console.words import moment, overlap_words
from pharia_access.errors import ApiError, ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import judged_tokens, tokens_of

__all__ = ["show", "show_from_list"]

_CONFIRMED = "You stored it. It cannot be shown again."


@dataclass(frozen=True, slots=True)
class Happening:
    """Something in a token's life."""

    what: str
    at: datetime | None


async def show_from_list(visit: Visit) -> Answer:
    """Show it to who comes from the list of all: a hundred links there have no room for the address of its page."""
    return Moved(addresses.token(visit.key))


async def show(visit: Visit) -> Answer:
    """Show it. Raises NotFoundError."""
    context = visit.context
    stored = await context.objects.read(TokenSummary, visit.key)
    siblings = await _siblings(context, stored.summary)
    token, *siblings = await judged_tokens(context, [stored.summary, *siblings])
    state = collection_state(token)
    confirmed = token.uid in visit.session.confirmed
    obtainable = isinstance(state, Collectable | Pending) and not confirmed
    values = {
        "token": token,
        "credential": ObjectKey(context.namespace, token.credential),
        "keeper": ObjectKey(token.key.namespace, token.keeper),
        "git": declared_by(stored.body),
        "history": _history(token, context.clock.now()),
        **await _events(visit, token),
        "over": token.over,
        "secret": _CONFIRMED if confirmed else _secret_words(visit, token, state),
        "obtainable": obtainable,
        "storable": obtainable and await may_store(context),
        "steps": in_words(state.next_steps) if isinstance(state, Unavailable) else [],
        "auto": visit.query.get("secret") == "show",
        "collect": command(visit, "token", "collect", visit.name),
        "now": context.clock.now(),
        **_family(token, siblings, context.clock.now()),
    }
    follows = Follows(("credentials", "tokens"), about=token.credential)
    return Page("token", visit.name, values, command(visit, "token", "get", visit.name), follows=follows)


async def _siblings(context: Context, token: TokenSummary) -> list[TokenSummary]:
    """All tokens of its credential, as far as one may look."""
    with suppress(ForbiddenError):
        return await tokens_of(context, token.credential)
    return []


def _family(token: TokenSummary, siblings: Sequence[TokenSummary], now: datetime) -> Mapping[str, Any]:
    """The token beside the one that it replaces and the one that replaces it."""
    before = next((each for each in siblings if each.key.name == token.replaces), None)
    after = replacements(siblings).get(token.key)
    family = [each for each in (before, token, after) if each is not None]
    return {
        "family": family if len(family) > 1 else [],
        "overlap": [overlap_words(old, new, now) for old, new in pairwise(family)],
        "to_end": before if before is not None and before.active and before.end else None,
    }


async def _events(visit: Visit, token: TokenSummary) -> Mapping[str, Any]:
    """What Kubernetes noted, or why that cannot be seen: the page stands without it."""
    try:
        return {"events": await visit.desk.neighbors.events.about(token.key, token.uid), "events_unseen": None}
    except ApiError as error:
        return {"events": [], "events_unseen": explain(error)}


def _secret_words(visit: Visit, token: TokenSummary, state: CollectionState) -> str:
    awaited = visit.session.awaited
    match state:
        case Collectable():
            until = f" until {moment(token.deadline)}" if token.deadline else ""
            shown = awaited.get(token.uid)
            told = f" Shown at {shown:%H:%M} UTC, not confirmed." if shown else ""
            return f"Its secret was not collected. It can be{until}, by anybody who may read Secrets here.{told}"
        case Pending():
            return f"Waiting for the operator: {state.why}."
        case Unavailable() if token.delivery == DeliveryState.COLLECTED and token.uid in awaited:
            return TAKEN
        case Unavailable() if token.delivery == DeliveryState.WITHDRAWN and token.active:
            return "Withdrawn unread. Rotate it."
        case Unavailable():
            return f"There is nothing to collect: {state.why}."


def _history(token: TokenSummary, now: datetime) -> list[Happening]:
    revoked = token.revocation
    why = f" ({revoked.reason})" if revoked and revoked.reason else ""
    by = f" by {revoked.manager}" if revoked and revoked.manager else ""
    happenings = [
        Happening("Created", token.created),
        Happening("Minted by the operator", token.issued),
        Happening("Secret collected", token.collected),
        Happening("Last used (known to about an hour)", token.last_used),
        Happening("Last looked at by somebody who held it", token.last_inspected),
        Happening(f"Revoked{by}{why}", revoked.at if revoked else None),
        Happening("Ends" if token.noted_end and token.noted_end > now else "Ended", token.noted_end),
    ]
    return [happening for happening in happenings if happening.at is not None]
