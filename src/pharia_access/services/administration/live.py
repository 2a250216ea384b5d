"""What is told to open pages: of each kind one list and one watch in each scope, for one person, shared by their pages.

`LiveViews` has what one signed-in person's pages look at, a `Subscription` is one open page. A scope is a namespace, or
None for all of them; roles are in no namespace.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pharia_access.domain.administration.silence import Silence
from pharia_access.domain.administration.summaries import RoleSummary
from pharia_access.services.administration.live_kinds import (
    KINDS,
    USUAL_KINDS,
    Follower,
    LiveKind,
    Standing,
    credential_of,
    standing_of,
)
from pharia_access.services.ports import Clock

__all__ = ["LiveViews", "Subscription"]

_PULSE_SECONDS: Final = 10.0
_PULSE_SECONDS_AWAY: Final = 2.0
_LINGER_SECONDS: Final = 300.0
"""So long after its last page closed something is still followed."""
_MOST_PAGES: Final = 4
"""Open pages that are told at once. A browser has six connections to a server, and the next page needs one."""

Scope = str | None


@dataclass(slots=True, eq=False)
class Subscription:
    """An open page.

    Attributes:
        about: the credential that the page is about; empty for all of the scope.
        kinds: what it shows.
        changed: whether something changed since the page was told; however much, so that a slow page costs nothing.
        ended: why nothing more is told: `over`, `stopped`, `failed` or `moved`; empty while the page is told.
    """

    about: str = ""
    kinds: Sequence[LiveKind[Any]] = ()
    changed: bool = True
    ended: str = ""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, item: object) -> None:
        """This changed; None: how changes come."""
        credential = credential_of(item)
        if item is None or not credential or self.about in {"", credential}:
            self.changed |= item is not None
            self._woken.set()

    def end(self, why: str) -> None:
        """Tell nothing more."""
        self.ended = why
        self._woken.set()

    async def wait(self, seconds: float) -> None:
        """Wait until there is something to tell, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()


class _Followed:
    """A kind in a scope, with the task that follows it, what will end that task, and the pages that show it."""

    def __init__(self, follower: Follower, clock: Clock, kind: type[Any], scope: Scope) -> None:
        self.pages: list[Subscription] = []
        self.ending: asyncio.TimerHandle | None = None
        self.live = LiveKind[Any](KINDS[kind], clock, self._changed)
        self._follower = follower
        self._kind = kind
        self._scope = scope
        self.begin()

    def begin(self) -> None:
        """Follow it, from a new list on."""
        self.task = asyncio.create_task(self._follower.follow(self._kind, self._scope, self.live))
        self.task.add_done_callback(self._ended)

    def stop(self) -> None:
        """Follow it no more; nobody waits for it any longer."""
        self.stay()
        self.task.cancel()
        self.live.broke()

    def stay(self) -> None:
        """Go on, although it was about to end."""
        if self.ending is not None:
            self.ending.cancel()
            self.ending = None

    def _changed(self, item: object) -> None:
        for page in self.pages:
            page.tell(item)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Say so where following failed by a fault of ours: no page may call itself live. Pages ask again."""
        if not task.cancelled():
            self.live.broke()
            for page in self.pages:
                page.end("failed")
            _report(f"following {self.live.plural} failed", task)


class LiveViews:
    """What one signed-in person's pages look at: never shared with another's.

    Attributes:
        ahead_seconds: how far the API server's clock is ahead of ours.
    """

    def __init__(self, follower: Follower, clock: Clock, *, linger_seconds: float = _LINGER_SECONDS) -> None:
        self.ahead_seconds = 0.0
        self._follower = follower
        self._clock = clock
        self._linger = linger_seconds
        self._followed: dict[tuple[type[Any], Scope], _Followed] = {}
        self._open: list[Subscription] = []
        self._silence: tuple[float, Silence] | None = None
        self._pulse: asyncio.Task[None] | None = None

    def find(self, kind: type[Any], scope: Scope) -> LiveKind[Any] | None:
        """What is known of that kind there, if it is followed."""
        followed = self._followed.get((kind, scope))
        return None if followed is None or followed.task.done() else followed.live

    def keep(self, kind: type[Any], scope: Scope) -> LiveKind[Any]:
        """Follow it as if a page of it had just closed; what is known of it."""
        followed = self._follow(kind, scope)
        self._leave(self._place(kind, scope), followed)
        return followed.live

    def put(self, item: Any) -> None:  # noqa: ANN401 - one of KINDS
        """Somebody knows it already as it is now, before it is told."""
        for live in self._concerned(item):
            live.put(item)

    def drop(self, item: Any) -> None:  # noqa: ANN401 - one of KINDS
        """Somebody knows already that it is gone."""
        for live in self._concerned(item):
            live.drop(str(item.key))

    def _concerned(self, item: Any) -> list[LiveKind[Any]]:  # noqa: ANN401 - one of KINDS
        found = [self.find(type(item), scope) for scope in {None, item.key.namespace}]
        return [live for live in found if live is not None and live.current]

    def standing(self, page: Subscription) -> Standing:
        """How current that page is."""
        return standing_of(page.kinds, self._silence, self._clock)

    @contextmanager
    def subscribed(self, scope: Scope, about: str = "", kinds: Sequence[type[Any]] = ()) -> Iterator[Subscription]:
        """Follow those kinds there for a page, or all; of too many pages the oldest is told no more."""
        followed = {self._place(kind, scope): self._follow(kind, scope) for kind in kinds or USUAL_KINDS}
        page = Subscription(about, [each.live for each in followed.values()])
        while len(self._open) >= _MOST_PAGES:
            self._open.pop(0).end("moved")
        self._open.append(page)
        for each in followed.values():
            each.pages.append(page)
        try:
            yield page
        finally:
            if page in self._open:
                self._open.remove(page)
            for place, each in followed.items():
                each.pages.remove(page)
                self._leave(place, each)

    def close(self, why: str = "over") -> None:
        """End all: the person signed out, or nobody is served any more."""
        for followed in self._followed.values():
            followed.stop()
            for page in followed.pages:
                page.end(why)
        self._followed.clear()
        if self._pulse is not None:
            self._pulse.cancel()
            self._pulse = None

    def _place(self, kind: type[Any], scope: Scope) -> tuple[type[Any], Scope]:
        return kind, None if kind is RoleSummary else scope

    def _follow(self, kind: type[Any], scope: Scope) -> _Followed:
        place = self._place(kind, scope)
        if self.find(*place) is None:
            self._followed[place] = _Followed(self._follower, self._clock, *place)
        if self._pulse is None:
            self._pulse = asyncio.create_task(self._feel())
            self._pulse.add_done_callback(self._felt)
        self._followed[place].stay()
        return self._followed[place]

    def _leave(self, place: tuple[type[Any], Scope], followed: _Followed) -> None:
        if not followed.pages and self._followed.get(place) is followed:
            followed.ending = asyncio.get_running_loop().call_later(self._linger, self._drop, place, followed)

    def _drop(self, place: tuple[type[Any], Scope], followed: _Followed) -> None:
        followed.stop()
        if self._followed.get(place) is followed:
            del self._followed[place]
        if not self._followed:
            self.close()

    async def _feel(self) -> None:
        """Ask now and then whether the API server answers. After a silence everything is listed anew."""
        while True:
            asked = self._clock.monotonic()
            ahead = await self._follower.seconds_ahead()
            if isinstance(ahead, Silence):
                self._silence = (self._silence or (asked, ahead))[0], ahead
            else:
                self.ahead_seconds = ahead
                self._is_back()
            await self._clock.sleep(_PULSE_SECONDS if self._silence is None else _PULSE_SECONDS_AWAY)

    def _is_back(self) -> None:
        if self._silence is None:
            return
        self._silence = None
        for followed in self._followed.values():
            followed.task.cancel()
            followed.begin()

    def _felt(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            self.close("failed")
            _report("asking whether the API server answers failed", task)


def _report(what: str, task: "asyncio.Task[None]") -> None:
    task.get_loop().call_exception_handler({"message": what, "exception": task.exception()})
