"""What the address of the list of tokens asks for: its filters, its order and its page. Total: what is none is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from pharia_access.domain.administration.lifetime_input import InvalidDurationError, parse_length
from pharia_access.domain.administration.token_inventory import SORTS, SecretState, TokenFilter
from pharia_access.domain.administration.token_states import STATES
from pharia_access.entrypoints.console.addresses import is_namespace

__all__ = ["TokenQuery", "read_query"]

_LONGEST: Final = 256


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """What is asked for.

    Attributes:
        given: the same as an address says it: only what there is.
        ignored: what the address asks for, and there is no filter for.
    """

    wanted: TokenFilter = field(default_factory=TokenFilter)
    sort: str = "name"
    descending: bool = False
    page: int = 1
    given: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def with_(self, **changes: str) -> str:
        """The query of an address that asks for the same, but for these; an empty one asks nothing."""
        asked = {**self.given, **changes}
        return urlencode({name: value for name, value in asked.items() if value})

    def sorted_by(self, column: str) -> str:
        """The query of the address that sorts by that column, or the other way round where it does so already."""
        flipped = column == self.sort and not self.descending
        return self.with_(sort=f"-{column}" if flipped else column, page="")


def read_query(query: Mapping[str, str]) -> TokenQuery:
    """Read it; fields that are left empty ask nothing."""
    asked = {name: value.strip()[:_LONGEST] for name, value in query.items() if value.strip()}
    filters = {name: _FILTERS[name] for name in asked if name in _FILTERS}
    values = {name: (target, read(asked[name])) for name, (target, read) in filters.items()}
    good = {name: pair for name, pair in values.items() if pair[1] is not None}
    sort, page = asked.get("sort", "name"), asked.get("page", "1")
    known_sort = sort.removeprefix("-") in SORTS
    return TokenQuery(
        wanted=TokenFilter(**dict(good.values())),
        sort=sort.removeprefix("-") if known_sort else "name",
        descending=known_sort and sort.startswith("-"),
        page=int(page) if page.isascii() and page.isdigit() and int(page[:9]) > 0 else 1,
        given={name: asked[name] for name in asked if name in good or (name == "sort" and known_sort)},
        ignored=tuple(f"{name}={asked[name]}" for name in filters if name not in good),
    )


def _length(text: str) -> Any:  # noqa: ANN401 - the filter's own type
    try:
        return parse_length(text)
    except InvalidDurationError:
        return None


def _secret(text: str) -> SecretState | None:
    return SecretState(text) if text in set(SecretState) else None


_FILTERS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "q": ("text", lambda text: text),
    "state": ("state", lambda text: text if text in STATES else None),
    "namespace": ("namespace", lambda text: text if is_namespace(text) else None),
    "credential": ("credential", lambda text: text),
    "role": ("role", lambda text: text),
    "ends": ("ends_within", _length),
    "unused": ("unused_for", _length),
    "used": ("never_used", lambda text: True if text == "never" else None),
    "secret": ("secret", _secret),
    "git": ("in_git", {"yes": True, "no": False}.get),
}
"""Of each field its name in the filter, and how it is read."""
