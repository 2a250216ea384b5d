"""What is told to open pages: one list and one watch of a namespace's objects, for one person, shared by their pages.

`LiveViews` has the namespaces that pages look at, `LiveNamespace` follows one, a `Subscription` is one open page.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.services.administration.live_kinds import Follower, LiveKind, Standing, standing_of
from pharia_access.services.ports import Clock

__all__ = ["LiveNamespace", "LiveViews", "Subscription"]

_PULSE_SECONDS: Final = 10.0
_PULSE_SECONDS_AWAY: Final = 2.0
_LINGER_SECONDS: Final = 300.0
"""So long after its last page closed a namespace is still followed."""
_MOST_PAGES: Final = 4
"""Open pages that are told at once. A browser has six connections to a server, and the next page needs one."""


@dataclass(slots=True, eq=False)
class Subscription:
    """An open page.

    Attributes:
        about: the credential that the page is about; empty for all of the namespace.
        changed: whether something changed since the page was told; however much, so that a slow page costs nothing.
        ended: why nothing more is told: `over`, `stopped`, `failed` or `moved`; empty while the page is told.
    """

    about: str = ""
    changed: bool = True
    ended: str = ""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, credential: str | None) -> None:
        """Something of that credential changed; None: how changes come."""
        if credential is None or self.about in {"", credential}:
            self.changed |= credential is not None
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


class LiveNamespace:
    """Credentials and tokens of a namespace, as they change.

    Attributes:
        ahead_seconds: how far the API server's clock is ahead of ours.
    """

    def __init__(self, follower: Follower, clock: Clock, name: str) -> None:
        self.name = name
        self.subscriptions: list[Subscription] = []
        self.ahead_seconds = 0.0
        self._follower = follower
        self._clock = clock
        self._silent_since: float | None = None
        self.tokens = LiveKind[TokenSummary]("tokens", clock, self._token_changed)
        self.credentials = LiveKind[CredentialSummary]("credentials", clock, self._credential_changed)

    @property
    def standing(self) -> Standing:
        """How current it is."""
        return standing_of((self.credentials, self.tokens), self._silent_since, self._clock)

    async def run(self) -> None:
        """Follow until cancelled. After a silence of the API server everything is listed anew."""
        while True:
            async with asyncio.TaskGroup() as group:
                following = [
                    group.create_task(self._follower.follow(CredentialSummary, self.name, self.credentials)),
                    group.create_task(self._follower.follow(TokenSummary, self.name, self.tokens)),
                ]
                await self._until_it_is_back()
                for task in following:
                    task.cancel()

    def ended(self, task: "asyncio.Task[None]") -> None:
        """Say so where following failed by a fault of ours: no page may call itself live. Pages ask again."""
        if task.cancelled():
            return
        for subscription in self.subscriptions:
            subscription.end("failed")
        context = {"message": f"following {self.name} failed", "exception": task.exception()}
        task.get_loop().call_exception_handler(context)

    def _token_changed(self, token: TokenSummary | None) -> None:
        for subscription in self.subscriptions:
            subscription.tell(None if token is None else token.credential)

    def _credential_changed(self, credential: CredentialSummary | None) -> None:
        for subscription in self.subscriptions:
            subscription.tell(None if credential is None else credential.key.name)

    async def _until_it_is_back(self) -> None:
        """Ask now and then whether the API server answers, and return when it does again."""
        while True:
            asked = self._clock.monotonic()
            ahead = await self._follower.seconds_ahead()
            if ahead is None and self._silent_since is None:
                self._silent_since = asked
            if ahead is not None:
                self.ahead_seconds = ahead
            if ahead is not None and self._silent_since is not None:
                self._silent_since = None
                return
            await self._clock.sleep(_PULSE_SECONDS if ahead is not None else _PULSE_SECONDS_AWAY)


@dataclass(slots=True)
class _Followed:
    """A namespace with the task that follows it, and what will end that task."""

    live: LiveNamespace
    task: "asyncio.Task[None]"
    ending: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.ending is not None:
            self.ending.cancel()
        self.task.cancel()


class LiveViews:
    """What one signed-in person's pages look at: never shared with another's."""

    def __init__(self, follower: Follower, clock: Clock, *, linger_seconds: float = _LINGER_SECONDS) -> None:
        self._follower = follower
        self._clock = clock
        self._linger = linger_seconds
        self._followed: dict[str, _Followed] = {}
        self._open: list[Subscription] = []

    def find(self, namespace: str) -> LiveNamespace | None:
        """The namespace, if it is followed."""
        followed = self._followed.get(namespace)
        return None if followed is None or followed.task.done() else followed.live

    @contextmanager
    def subscribed(self, namespace: str, about: str = "") -> Iterator[tuple[LiveNamespace, Subscription]]:
        """Follow that namespace for a page. Of too many pages the oldest is told no more."""
        followed, subscription = self._follow(namespace), Subscription(about)
        while len(self._open) >= _MOST_PAGES:
            self._open.pop(0).end("moved")
        self._open.append(subscription)
        followed.live.subscriptions.append(subscription)
        try:
            yield followed.live, subscription
        finally:
            followed.live.subscriptions.remove(subscription)
            if subscription in self._open:
                self._open.remove(subscription)
            self._leave(followed)

    def close(self, why: str = "over") -> None:
        """End all: the person signed out, or nobody is served any more."""
        for followed in self._followed.values():
            followed.stop()
            for subscription in followed.live.subscriptions:
                subscription.end(why)
        self._followed.clear()

    def _follow(self, namespace: str) -> _Followed:
        if self.find(namespace) is None:
            live = LiveNamespace(self._follower, self._clock, namespace)
            task = asyncio.create_task(live.run())
            task.add_done_callback(live.ended)
            self._followed[namespace] = _Followed(live, task)
        followed = self._followed[namespace]
        if followed.ending is not None:
            followed.ending.cancel()
            followed.ending = None
        return followed

    def _leave(self, followed: _Followed) -> None:
        if followed.live.subscriptions or self._followed.get(followed.live.name) is not followed:
            return
        followed.ending = asyncio.get_running_loop().call_later(self._linger, self._drop, followed)

    def _drop(self, followed: _Followed) -> None:
        followed.stop()
        if self._followed.get(followed.live.name) is followed:
            del self._followed[followed.live.name]
