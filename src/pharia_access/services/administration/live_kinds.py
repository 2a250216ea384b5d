"""Objects of one kind in one scope as they change, and how current they are. Pure but for the clock it is given."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import count
from typing import Any, Final, Generic, Protocol, TypeVar

from pharia_access.domain.administration.silence import Silence
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.services.ports import Clock

__all__ = [
    "KINDS",
    "POLL_SECONDS",
    "USUAL_KINDS",
    "Follower",
    "LiveKind",
    "Reach",
    "Standing",
    "credential_of",
    "standing_of",
]

POLL_SECONDS: Final = 15.0
"""How often a kind is listed that one may not watch."""

_GRACE_SECONDS: Final = 3.0
"""A watch that broke is mostly there again at once, and nobody needs to know."""

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)

KINDS: Final[Mapping[type[Any], str]] = {
    CredentialSummary: "credentials",
    TokenSummary: "tokens",
    RoleSummary: "roles",
    WorkloadSummary: "workload tokens",
}
"""What can be followed, and what it is called."""

USUAL_KINDS: Final[tuple[type[Any], ...]] = (CredentialSummary, TokenSummary, RoleSummary)
"""What a page follows that does not say what it shows."""


_revisions: Final = count(1)


class Reach(StrEnum):
    """How changes of a kind come."""

    STARTING = "starting"
    WATCHED = "watched"
    POLLED = "polled"
    FORBIDDEN = "forbidden"


class LiveKind(Generic[S]):
    """What is known of a kind; filled by a `Follower`.

    Attributes:
        broken_since: in monotonic seconds; None while changes come.
        revision: a higher one after each change, of whatever kind: none comes twice.
        total: how many there were about, when the first list began; 0 where nobody told.

    Args:
        changed: called with each object that changed, and with None where it changed how changes come.
    """

    def __init__(self, plural: str, clock: Clock, changed: Callable[[S | None], None]) -> None:
        self.plural = plural
        self.reach = Reach.STARTING
        self.broken_since: float | None = None
        self.revision = 0
        self.total = 0
        self._clock = clock
        self._begun = asyncio.Event()
        self._changed: Callable[[S | None], None] = changed
        self._items: dict[str, S] = {}

    @property
    def items(self) -> Mapping[str, S]:
        """Summaries by `namespace/name`, and by name where there is no namespace."""
        return self._items

    @property
    def resource(self) -> str:
        """What rights call it, such as `apitokens`."""
        return "workloadtokens" if self.plural == KINDS[WorkloadSummary] else f"api{self.plural}"

    def put(self, item: S) -> None:
        """Add or change one; what does not differ in anything shown is no change."""
        key = str(item.key) if item.key.namespace else item.key.name
        if self._items.get(key) != item:
            self._items[key] = item
            self._tell(item)

    def drop(self, key: str) -> None:
        """Forget one that is gone."""
        if (gone := self._items.pop(key, None)) is not None:
            self._tell(gone)

    def listed(self, keys: Collection[str]) -> None:
        """A whole list had these, and no other."""
        for key in self._items.keys() - set(keys):
            self.drop(key)
        if self.reach is Reach.POLLED:
            self.broken_since = None

    def watched(self) -> None:
        """Changes come as they happen."""
        self._reached(Reach.WATCHED)

    def polled(self) -> None:
        """One may not watch: changes come with the next list."""
        self._reached(Reach.POLLED)

    def forbidden(self) -> None:
        """One may not list either, and nothing is kept."""
        self.listed(())
        self._reached(Reach.FORBIDDEN)

    def expect(self, total: int) -> None:
        """There are about so many: a list that is under way can say how far it is."""
        self.total = total

    def broke(self) -> None:
        """Changes come no more; what was read stays."""
        self._begun.set()
        if self.broken_since is None:
            self.broken_since = self._clock.monotonic()

    @property
    def current(self) -> bool:
        """Whether what is known is what there is."""
        return self.broken_since is None and self.reach in {Reach.WATCHED, Reach.POLLED}

    async def begun(self) -> None:
        """Wait until it was listed, or until it is known that this does not work now."""
        await self._begun.wait()

    def _reached(self, reach: Reach) -> None:
        self.reach, self.broken_since = reach, None
        self._begun.set()
        self._tell(None)

    def _tell(self, item: S | None) -> None:
        self.revision = next(_revisions)
        self._changed(item)


class Follower(Protocol):
    """The API server, with one person's rights."""

    async def follow(self, kind: type[S], namespace: str | None, live: LiveKind[S]) -> None:
        """Keep it up to date until cancelled; None stands for all namespaces."""
        ...

    async def seconds_ahead(self) -> float | Silence:
        """How far the API server's clock is ahead of ours, or why it serves nothing within some seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How current a page is.

    Attributes:
        state: `starting`, `live`, `partly` (not all is watched), `broken` or `away` (nothing can be changed either).
        sentence: the same for a person.
    """

    state: str
    sentence: str

    @property
    def current(self) -> bool:
        """Whether what is known is what there is."""
        return self.state in {"live", "partly"}


def standing_of(kinds: Iterable[LiveKind[Any]], silence: tuple[float, Silence] | None, clock: Clock) -> Standing:
    """Judge them together. `silence`: since when the API server serves nothing, in monotonic seconds, and why."""
    seen, now = list(kinds), clock.monotonic()
    broken = [kind.broken_since for kind in seen if kind.broken_since is not None]
    if silence is not None:
        since, why = silence
        began = clock.now() - timedelta(seconds=now - min([since, *broken]))
        said = f"Not live since {began:%H:%M} UTC: {why}. Nothing can be changed."
        return Standing("away", said)
    if broken and now - min(broken) >= _GRACE_SECONDS:
        began = clock.now() - timedelta(seconds=now - min(broken))
        return Standing("broken", f"Not live since {began:%H:%M} UTC: the watch broke, and is tried again.")
    if any(kind.reach is Reach.STARTING for kind in seen):
        return Standing("starting", "Reading …")
    less = [sentence for kind in seen if (sentence := _partly(kind))]
    return Standing("partly" if less else "live", " ".join(less or ["Live."]))


def credential_of(item: object) -> str:
    """The name of the credential that it is, or belongs to; empty where it may be of any."""
    match item:
        case TokenSummary() | WorkloadSummary():
            return item.credential
        case CredentialSummary():
            return item.key.name
        case _:
            return ""


def _partly(kind: LiveKind[Any]) -> str:
    resource = f"{kind.resource}.access.pharia.ai"
    if kind.reach is Reach.POLLED:
        return (
            f"Looks every {POLL_SECONDS:.0f} seconds: you may not watch {kind.plural} here (verb watch on {resource})."
        )
    if kind.reach is Reach.FORBIDDEN:
        return f"Without {kind.plural}: you may not list them here (verb list on {resource})."
    return ""
