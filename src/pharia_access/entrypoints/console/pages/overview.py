"""What to look at first: six counts that lead to the tokens they count, what ends soon, and what waits for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_inventory import SecretState, TokenRow, matching
from pharia_access.domain.administration.token_rotation import replacements
from pharia_access.domain.administration.token_states import NEEDS_YOU, TokenState
from pharia_access.domain.grammar import counted
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.pages.survey_screens import facts_of, followed_by, screens_over
from pharia_access.entrypoints.console.pages.tokens import state_words
from pharia_access.entrypoints.console.token_queries import TokenQuery, read_query
from pharia_access.entrypoints.console.visits import Answer, Page, Visit
from pharia_access.services.administration.token_survey import TokenSurvey

__all__ = ["COUNTS", "show", "show_everywhere"]

_MOST: Final = 10

ENDING: Final[dict[str, str]] = {"state": TokenState.ACTIVE, "ends": "7d"}
STUCK: Final[dict[str, str]] = {"state": NEEDS_YOU}
COUNTS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("Active", {"state": TokenState.ACTIVE}),
    ("End within 7 days", ENDING),
    ("Never used", {"state": TokenState.ACTIVE, "used": "never"}),
    ("Secrets that wait for their reader", {"secret": SecretState.WAITING}),
    ("Need you", STUCK),
    ("Stopped: credential suspended", {"state": TokenState.SUSPENDED}),
)
"""Each with the filter that it stands for: the address of the tokens says the same."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many tokens a filter finds; `path` shows them."""

    title: str
    number: int
    path: str
    hint: str = ""


def _show(visit: Visit, survey: TokenSurvey) -> Answer:
    now = visit.context.clock.now()
    stuck = _found(survey, STUCK, now)
    values = {
        **facts_of(visit, survey),
        "counts": [_count(survey, title, asked, now) for title, asked in COUNTS],
        "ending": _ending(survey, now),
        "stuck": [(row, state_words(row, now)) for row in stuck[:_MOST]],
        "now": now,
    }
    shown = command(visit, "audit", everywhere=survey.namespace is None)
    return Page("overview", "Overview", values, shown, follows=followed_by(survey))


show, show_everywhere = screens_over("overview", _show)


def _found(survey: TokenSurvey, asked: dict[str, str], now: datetime) -> list[TokenRow]:
    return matching(survey.rows, read_query(asked).wanted, now)


def _count(survey: TokenSurvey, title: str, asked: dict[str, str], now: datetime) -> Count:
    path = f"{addresses.tokens(survey.namespace)}?{TokenQuery(given=asked).with_()}"
    suspended = survey.suspended if asked.get("state") == TokenState.SUSPENDED else 0
    hint = counted(suspended, "credential") if suspended else ""
    return Count(title, len(_found(survey, asked, now)), path, hint)


def _ending(survey: TokenSurvey, now: datetime) -> list[tuple[TokenRow, TokenSummary | None]]:
    """Those that end first, each with what replaces it."""
    replaced = replacements(row.token for row in survey.rows)
    found = sorted(_found(survey, ENDING, now), key=lambda row: row.token.end or now)
    return [(row, replaced.get(row.token.key)) for row in found[:_MOST]]
