"""The tokens that a session looks at.

All namespaces are followed from the first look on, so that they are read once. A namespace is read anew at each look; a
long list of one is kept for a minute, or taken from what follows it for an open page.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.entrypoints.console.live import views_of
from pharia_access.entrypoints.console.visits import Visit
from pharia_access.services.administration.live import LiveViews
from pharia_access.services.administration.live_kinds import LiveKind, Reach
from pharia_access.services.administration.token_index import TokenIndex
from pharia_access.services.administration.token_survey import TokenSurvey, survey_tokens, why_unseen

__all__ = ["FOLLOWED", "KEPT_FOR", "LONG", "read_so_far", "surveyed"]

LONG: Final = 500
"""More tokens than this are a long list: it takes several requests to read them."""

KEPT_FOR: Final = timedelta(seconds=60)
"""For so long a long list is sorted, filtered and turned over without being read again. Whatever a person does in this
console ends that."""

FOLLOWED: Final[tuple[type[TokenSummary] | type[CredentialSummary], ...]] = (TokenSummary, CredentialSummary)

_SILENT_SECONDS: Final = 60.0
"""So long a first list may bring nothing before it is read in another way. A long one takes longer as a whole."""

Kinds = tuple[LiveKind[TokenSummary], LiveKind[CredentialSummary]]


async def surveyed(visit: Visit, *, everywhere: bool) -> TokenSurvey:
    """The tokens of the visit's namespace, or of all, with the rights of this very session."""
    session, scope = visit.session, None if everywhere else visit.context.namespace
    if (kinds := await _followed(visit, scope)) is not None:
        return await _known(visit, scope, kinds)
    if (kept := _kept(visit, scope)) is not None:
        return kept
    found = await survey_tokens(visit.context, everywhere=everywhere)
    session.survey = found if len(found.rows) > LONG else None
    return found


def _kept(visit: Visit, scope: str | None) -> TokenSurvey | None:
    kept = visit.session.survey
    if kept is None or kept.namespace != scope or visit.anew or visit.query.get("fresh"):
        return None
    return kept if visit.context.clock.now() - kept.read_at < KEPT_FOR else None


async def _followed(visit: Visit, scope: str | None) -> Kinds | None:
    """What is known there already, or will be in a moment; None where it is to be read."""
    views = views_of(visit)
    if views is None:
        return None
    if scope is None:
        await _begun(views)
    tokens, credentials = views.find(TokenSummary, scope), views.find(CredentialSummary, scope)
    if tokens is None or credentials is None or not tokens.current:
        return None
    enough = 0 if scope is None or visit.anew else LONG
    usable = credentials.current or credentials.reach is Reach.FORBIDDEN
    return (tokens, credentials) if usable and len(tokens.items) > enough else None


async def _begun(views: LiveViews) -> None:
    """Follow all namespaces, and wait for the first lists; where there is none of tokens, not for credentials."""
    tokens, credentials = [views.keep(kind, None) for kind in FOLLOWED]
    await _listed(tokens)
    if tokens.current:
        await _listed(credentials)


async def _listed(kind: LiveKind[Any]) -> None:
    """Wait until it was listed, or until that does not work now: as long as objects come."""
    known = -1
    while known < len(kind.items):
        known = len(kind.items)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SILENT_SECONDS):
                await kind.begun()
                return


def read_so_far(visit: Visit, scope: str | None) -> tuple[int, int]:
    """How many tokens of a list have come that is under way, and of how many; 0 for what is not known."""
    views = visit.session.views
    tokens = None if views is None else views.find(TokenSummary, scope)
    return (0, 0) if tokens is None else (len(tokens.items), tokens.total)


async def _known(visit: Visit, scope: str | None, kinds: Kinds) -> TokenSurvey:
    tokens, credentials = kinds
    unseen = await why_unseen(visit.context, scope) if credentials.reach is Reach.FORBIDDEN else None
    index = visit.session.indexes.setdefault(tokens, TokenIndex())
    return index.survey(scope, tokens, credentials, now=visit.context.clock.now(), unseen=unseen)
