"""What all screens of many tokens share: whose they are, which are shown, and who may not see them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from pharia_access.domain.administration.token_inventory import TokenRow, in_order, matching
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.navigation import entry_named
from pharia_access.entrypoints.console.pages.unlisted import unlisted
from pharia_access.entrypoints.console.surveys import read_so_far, surveyed
from pharia_access.entrypoints.console.token_queries import TokenQuery
from pharia_access.entrypoints.console.visits import Answer, Follows, Page, Screen, Visit, Waiting
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.token_survey import TokenSurvey

__all__ = ["UNTOLD_SECONDS", "facts_of", "followed_by", "found_in", "screens_over"]

UNTOLD_SECONDS: Final = 0.3
"""So long nobody needs to be told that something takes a while."""


def screens_over(
    entry: str, show: Callable[[Visit, TokenSurvey], Answer], *, document: bool = True
) -> tuple[Screen, Screen]:
    """Make the screens of a namespace and of all namespaces. They raise BlockedError where there is no such namespace.

    Args:
        entry: the navigation's name of the screen that somebody is led to who may not list everywhere.
        show: makes the page, or the file, of what was found.
        document: whether it is a page that can say how far it is.
    """

    async def surveying(visit: Visit, *, everywhere: bool) -> Answer:
        try:
            survey = await surveyed(visit, everywhere=everywhere)
        except ForbiddenError as error:
            return unlisted(visit, error, entry, everywhere=everywhere)
        return show(visit, survey)

    async def soon(visit: Visit, *, everywhere: bool) -> Answer:
        answer = asyncio.ensure_future(surveying(visit, everywhere=everywhere))
        if not document or visit.anew or (await asyncio.wait([answer], timeout=UNTOLD_SECONDS))[0]:
            return await answer
        page = Page("reading", entry_named(entry).title, follows=_follows(everywhere=everywhere))
        return Waiting(page, answer, partial(_how_far, visit, everywhere=everywhere))

    async def here(visit: Visit) -> Answer:
        return await soon(visit, everywhere=False)

    async def everywhere(visit: Visit) -> Answer:
        return await soon(visit, everywhere=True)

    return here, everywhere


def _how_far(visit: Visit, *, everywhere: bool) -> str:
    read, total = read_so_far(visit, None if everywhere else visit.context.namespace)
    if not read:
        return "Reading tokens …"
    return f"Reading {read:,} of {total:,} tokens …" if total > read else f"Reading {read:,} tokens …"


def followed_by(survey: TokenSurvey) -> Follows:
    """What changes a page of it."""
    return _follows(everywhere=survey.namespace is None, since=survey.revision)


def _follows(*, everywhere: bool, since: int = 0) -> Follows:
    return Follows(("credentials", "tokens"), everywhere=everywhere, since=since)


def found_in(survey: TokenSurvey, query: TokenQuery, now: datetime) -> list[TokenRow]:
    """The tokens that fit, in the order that was asked for."""
    return in_order(matching(survey.rows, query.wanted, now), query.sort, descending=query.descending)


def facts_of(visit: Visit, survey: TokenSurvey) -> dict[str, object]:
    """What a page says of the survey itself; `next_end`: when it changes although nobody changes anything."""
    return {
        "everywhere": survey.namespace is None,
        "all": len(survey.rows),
        "uncertain": survey.nothing is not None and not survey.nothing.certain,
        "unseen": explain(survey.unseen) if survey.unseen else None,
        "read_at": survey.read_at,
        "kept": survey is visit.session.survey,
        "next_end": survey.next_end(visit.context.clock.now()),
    }
