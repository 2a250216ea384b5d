"""The screens that every page leads to, in their order: whoever adds one adds a line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pharia_access.entrypoints.console import addresses

__all__ = ["NAVIGATION", "Entry", "Lead", "entry_named", "leads"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen that can be gone to at any time.

    Attributes:
        name: what the picker of namespaces says of it.
        address: of the screen in a namespace.
        everywhere: of the screen over all namespaces; empty where there is none.
    """

    name: str
    title: str
    address: Callable[[str], str]
    everywhere: str = ""


NAVIGATION: Final[tuple[Entry, ...]] = (
    Entry("overview", "Overview", addresses.overview, addresses.overview(None)),
    Entry("credentials", "Credentials", addresses.credentials),
    Entry("tokens", "Tokens", addresses.tokens, addresses.tokens(None)),
    Entry("workload-tokens", "Workload tokens", addresses.workloads),
    Entry("roles", "Roles", addresses.roles),
    Entry("audit", "Audit", addresses.audit),
    Entry("who-may", "Who may do what", addresses.who_may),
    Entry("look-up", "Look up a token", addresses.look_up),
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A link in the navigation; `current`: `page` for the page that is shown, `true` for one below it, or empty."""

    name: str
    title: str
    path: str
    current: str


def leads(namespace: str, shown: str) -> Iterator[Lead]:
    """The links of a page at the address `shown`. Who looks over all namespaces goes on doing so, where that can be."""
    everywhere = shown in {entry.everywhere for entry in NAVIGATION}
    for entry in NAVIGATION:
        path = entry.everywhere if everywhere and entry.everywhere else entry.address(namespace)
        below = shown.startswith(f"{entry.address(namespace)}/")
        yield Lead(entry.name, entry.title, path, "page" if shown == path else "true" if below else "")


def entry_named(name: str) -> Entry:
    """The screen of that name; the list of credentials where there is none."""
    named = {entry.name: entry for entry in NAVIGATION}
    return named.get(name, named["credentials"])
