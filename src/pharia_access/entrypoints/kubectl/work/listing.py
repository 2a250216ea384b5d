"""Lists of a kind, page by page, with the columns that its noun defines."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.api_values import Kind
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.emptiness import nothing_in, require_namespace
from pharia_access.entrypoints.kubectl.work.render import print_objects, print_table
from pharia_access.entrypoints.kubectl.work.terminal import say, waiting
from pharia_access.kube.administration.objects import ListPage

__all__ = ["Column", "TableSpec", "list_all", "list_objects"]

S = TypeVar("S")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column(Generic[S]):
    """A column: its heading, and what it says of an object at a moment."""

    heading: str
    cell: Callable[[S, datetime], str]
    wide: bool = False


_NAMESPACE: Column[Any] = Column("NAMESPACE", lambda shown, _: shown.key.namespace)


@dataclass(frozen=True, slots=True)
class TableSpec(Generic[S]):
    """How a kind is listed. `noun` is its plural for sentences.

    `complete` adds what a person is to see beside the object itself.
    """

    kind: Kind
    noun: str
    read: Callable[[Json], S]
    columns: tuple[Column[S], ...]
    namespaced: bool = True
    complete: Callable[[CliSession, list[S]], Awaitable[list[S]]] | None = None

    def print(self, objects: list[S], now: datetime, *, wide: bool = False, namespace: bool = False) -> None:
        """The table. `namespace` shows a column for it."""
        columns = [column for column in self.columns if wide or not column.wide]
        shown = [_NAMESPACE, *columns] if namespace else columns
        print_table(
            [column.heading for column in shown], [[column.cell(each, now) for column in shown] for each in objects]
        )


async def list_objects(
    session: CliSession, choices: CliOptions, listing: TableSpec[S], *, fields: str = "", of_whom: str = ""
) -> bool:
    """List as the options say, and print; whether there were any. `of_whom`: what `fields` mean, for a sentence."""
    everywhere = choices.all_namespaces or not listing.namespaced
    namespace = None if everywhere else session.namespace
    pages = session.objects.pages(listing.kind, namespace, labels=choices.selector, fields=fields)
    if not choices.for_people:
        bodies = await list_all(pages, dict, listing.noun)
        if not bodies:
            await require_namespace(session, namespace)
        print_objects(bodies, choices.output)
        return bool(bodies)
    found = await list_all(pages, listing.read, listing.noun)
    if found:
        found = found if listing.complete is None else await listing.complete(session, found)
        wide = choices.output == "wide"
        listing.print(found, session.clock.now(), wide=wide, namespace=everywhere and listing.namespaced)
    else:
        say(f"{await nothing_in(session, f'{listing.noun}{of_whom}', namespace, labels=choices.selector)}.")
    return bool(found)


async def list_all(pages: AsyncIterator[ListPage], read: Callable[[Json], S], noun: str) -> list[S]:
    """All of a list, of each object what `read` keeps of it; a person sees how far it is."""
    found: list[S] = []
    with waiting(f"Listing {noun} …") as tell:
        async for page in pages:
            found += [read(item) for item in page.items]
            if page.left:
                tell(f"Listing {noun}: {len(found):,} of {len(found) + page.left:,}")
    return found
