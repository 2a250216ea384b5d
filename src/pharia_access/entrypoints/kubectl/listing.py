"""Lists of a kind, with the columns that its noun defines."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.render import print_objects, print_table
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import Nothing, list_all, nothing_in, summaries

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["Column", "TableSpec", "list_objects", "nothing_listed", "some_of", "unseen"]

_FEW: Final = 2

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)


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

    kind: type[S]
    noun: str
    columns: tuple[Column[S], ...]
    namespaced: bool = True
    complete: Callable[[Context, list[S]], Awaitable[list[S]]] | None = None

    def print(self, objects: list[S], now: datetime, *, wide: bool = False, namespace: bool = False) -> None:
        """The table. `namespace` shows a column for it."""
        shown: list[Column[Any]] = [_NAMESPACE] if namespace else []
        shown += [column for column in self.columns if wide or not column.wide]
        print_table(
            [column.heading for column in shown], [[column.cell(each, now) for column in shown] for each in objects]
        )


def some_of(names: Sequence[str]) -> str:
    """Names in a cell: a few in words; of many the first, and how many more: `studio-user,+3`."""
    return ",".join(names) if len(names) <= _FEW else f"{names[0]},+{len(names) - 1}"


async def list_objects(
    session: "CliSession", cli: CliOptions, listing: TableSpec[S], *, fields: str = "", of_whom: str = ""
) -> bool:
    """List as the options say, and print; whether there were any. `of_whom`: what `fields` mean, for a sentence."""
    context, everywhere = session.context, cli.all_namespaces or not listing.namespaced
    namespace = None if everywhere else context.namespace
    pages = context.objects.pages(listing.kind, namespace, labels=cli.selector, fields=fields)
    if not cli.for_people:
        bodies = await list_all(context, pages, lambda stored: stored.body, listing.noun)
        if not bodies:
            await nothing_in(context, namespace)
        print_objects(bodies, cli.output)
        return bool(bodies)
    found = await list_all(context, pages, summaries, listing.noun)
    if found:
        found = found if listing.complete is None else await listing.complete(context, found)
        wide = cli.output == "wide"
        listing.print(found, context.clock.now(), wide=wide, namespace=everywhere and listing.namespaced)
    else:
        nothing = await nothing_in(context, namespace)
        print_lines(f"{nothing_listed(nothing, f'{listing.noun}{of_whom}', labels=cli.selector)}.")
    return bool(found)


def nothing_listed(nothing: Nothing, nouns: str, *, labels: str = "") -> str:
    """That there are none, without a full stop."""
    where = f" in namespace {nothing.namespace}" if nothing.namespace else ""
    which = f" with labels {labels}" if labels else ""
    return f"There are no {nouns}{which}{where}{unseen(nothing)}"


def unseen(nothing: Nothing) -> str:
    """What to add where one may not look whether there is such a namespace."""
    return "" if nothing.certain else " (you may not check whether this namespace exists)"
