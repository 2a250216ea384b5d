"""All tokens of a namespace, or of all that the person may list: filtered, sorted, a hundred a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pharia_access.domain.administration.token_inventory import SecretState, TokenRow
from pharia_access.domain.administration.token_states import ENDED, NEEDS_YOU, TokenState
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.pages.survey_screens import facts_of, followed_by, found_in, screens_over
from pharia_access.entrypoints.console.token_queries import TokenQuery, read_query
from pharia_access.entrypoints.console.visits import Answer, Page, Visit
from pharia_access.entrypoints.console.words import token_state
from pharia_access.services.administration.token_survey import TokenSurvey

__all__ = ["PAGE_SIZE", "show", "show_everywhere", "state_words"]

PAGE_SIZE: Final = 100

_COLUMNS: Final = (
    ("Name and ID", "name"),
    ("Credential", "credential"),
    ("State", "state"),
    ("Created", "created"),
    ("Expires", "expires"),
    ("Last used", "used"),
    ("Secret", ""),
)
_STATES: Final = (
    (TokenState.ACTIVE, "Active"),
    (TokenState.SUSPENDED, "Stopped: credential suspended"),
    (TokenState.REFUSED, "Refused for another reason"),
    (TokenState.PENDING, "Pending"),
    (NEEDS_YOU, "Needs you: stalled or failed"),
    (ENDED, "Ended: expired, revoked or failed"),
    (TokenState.EXPIRED, "Expired"),
    (TokenState.REVOKED, "Revoked"),
    (TokenState.FAILED, "Failed"),
    (TokenState.DELETING, "Being deleted"),
)
_SECRETS: Final = (
    (SecretState.UNCOLLECTED, "Not collected"),
    (SecretState.WAITING, "Waits for its reader"),
    (SecretState.WITHDRAWN, "Withdrawn unread"),
    (SecretState.COLLECTED, "Collected"),
)
_LENGTHS: Final = (("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("180d", "180 days"))


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that has a few answers; `more`: whether it is among those that are folded away."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    more: bool = True


CHOICES: Final = (
    Choice("state", "State", _STATES, more=False),
    Choice("ends", "Ends within", _LENGTHS),
    Choice("unused", "Unused for", _LENGTHS),
    Choice("used", "Ever used", (("never", "Never used"),)),
    Choice("secret", "Secret", _SECRETS),
    Choice("git", "Declared in Git", (("yes", "Yes"), ("no", "No"))),
)
TEXTS: Final = (("credential", "Credential"), ("role", "Role"))
"""The filters that are a whole name."""


def _show(visit: Visit, survey: TokenSurvey) -> Answer:
    query, now = read_query(visit.query), visit.context.clock.now()
    found = found_in(survey, query, now)
    pages = max(-(-len(found) // PAGE_SIZE), 1)
    page = min(query.page, pages)
    first = (page - 1) * PAGE_SIZE
    values: dict[str, Any] = {
        **facts_of(visit, survey),
        **_frame(query, survey.namespace),
        "rows": [(row, state_words(row, now)) for row in found[first : first + PAGE_SIZE]],
        "first": first + 1,
        "count": len(found),
        "page": page,
        "pages": pages,
        "now": now,
    }
    shown = command(visit, "token", "list", everywhere=survey.namespace is None)
    return Page("tokens", "Tokens", values, shown, follows=followed_by(survey))


show, show_everywhere = screens_over("tokens", _show)


def _frame(query: TokenQuery, scope: str | None) -> dict[str, Any]:
    """What stands around the rows."""
    texts = (("namespace", "Namespace"), *TEXTS) if scope is None else TEXTS
    folded = [choice.name for choice in CHOICES if choice.more] + [name for name, _ in texts]
    return {
        "scope": scope,
        "query": query,
        "choices": CHOICES,
        "texts": texts,
        "unfolded": any(name in query.given for name in folded),
        "columns": _columns(query, everywhere=scope is None),
        "files": [(name, addresses.tokens(scope, f".{name}")) for name in ("csv", "json")],
    }


def _columns(query: TokenQuery, *, everywhere: bool) -> list[dict[str, str]]:
    named = (("Namespace", "namespace"),) if everywhere else ()
    direction = "descending" if query.descending else "ascending"
    return [
        {
            "title": title,
            "query": query.sorted_by(sort) if sort else "",
            "sorted": direction if sort == query.sort else "",
        }
        for title, sort in (_COLUMNS[0], *named, *_COLUMNS[1:])
    ]


def state_words(row: TokenRow, now: datetime) -> str:
    """What it is now: its time may be over since it was read."""
    match row.state_now(now):
        case TokenState.EXPIRED:
            return "Expired"
        case TokenState.REVOKED:
            return "Revoked"
        case _:
            return token_state(row.token)
