"""Work on a request that takes longer than others should wait: in pieces, one piece at a time, and checks come first.

A body may cost a hundred times what a gateway's check does. Who sends such bodies over several connections would have
them all worked on between two looks at the sockets, and everybody else waits for all of them. In pieces, everybody else
waits for one, however many there are. And while gateways ask, pieces have one part in a hundred of the time: of a
hundred checks hardly one then waits for any (`pace`). Where nobody asks, all goes on at once.

Clients take turns, whatever each of them has waiting. Of one client's requests the oldest goes on first, so that some
end in time even where not all can.

What waits holds memory, a long body some sixteen times its length. So there are places, and as many of them for one
client as are free besides: one that takes all it can leaves half, two leave a third, and a newcomer finds one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from typing import Final

from pharia_access.entrypoints.verifier.pace import Pace
from pharia_access.errors import OverloadedError

__all__ = ["MOST_SECONDS", "PIECE_LOOKUPS", "PLACES", "SHORT_BYTES", "LongRequest", "LongWork"]

SHORT_BYTES: Final = 2048
"""A body of at most so many bytes is understood at once: some tens of microseconds."""

PIECE_LOOKUPS: Final = 1000
"""About how many steps on names and fields make a piece: a quarter of a millisecond."""

PLACES: Final = 64
"""Requests that take long, at a time: with the largest bodies some 70 MiB."""

MOST_SECONDS: Final = 10.0
"""How long a request may wait for its pieces: about as long as clients wait, and as a process that ends does."""

_BESIDES_SECONDS: Final = 0.001
"""What a long request costs outside its pieces: its head and body are read, a task begins, the answer is written."""


class LongRequest:
    """A request that may take long. Made by `LongWork.request`.

    Attributes:
        client: whose it is.
        ends_at: by the loop's clock: when it has waited long enough.
    """

    def __init__(self, work: "LongWork", client: str) -> None:
        self.client = client
        self.ends_at = inf
        self._work = work
        self._has_place = False
        self._cost = _BESIDES_SECONDS
        self._began: float | None = None

    def take_place(self) -> None:
        """Before much is kept of it. Raises OverloadedError: its client has as many places as are free."""
        if not self._has_place:
            self._work.take_place(self.client)
            self._has_place = True

    async def piece(self) -> None:
        """Wait until the next piece may be done; what is done until the next call, without waiting, is that piece.

        The event loop has looked at all sockets since the last one, and it has rested if others ask.

        Raises:
            OverloadedError: too much waits.
        """
        self.take_place()
        self.ends_at = min(self.ends_at, asyncio.get_running_loop().time() + MOST_SECONDS)
        turn = self._work.wait(self)
        self.end_piece()
        try:
            await self._work.its_turn(self, turn)
        finally:
            self._work.forget(self)
        self._began = time.thread_time()

    def end_piece(self) -> None:
        """What was begun is done: others' pieces may be."""
        if self._began is None:
            return
        seconds, self._began = time.thread_time() - self._began + self._cost, None
        self._cost = 0.0
        self._work.ended(seconds)

    def end(self) -> None:
        """It is answered."""
        self.end_piece()
        if self._has_place:
            self._work.leave_place(self.client)


class LongWork:
    """For one event loop.

    Args:
        checks: how many checks of gateways were accepted; it only grows.
    """

    def __init__(self, checks: Callable[[], int]) -> None:
        self._checks = checks
        self._pace = Pace()
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, dict[LongRequest, asyncio.Future[None]]] = {}
        """By client; the first one's turn is next."""
        self._under_way = False

    @contextmanager
    def request(self, client: str) -> Iterator[LongRequest]:
        """A request of this client, from before its body is read until it is answered."""
        request = LongRequest(self, client)
        try:
            yield request
        finally:
            request.end()

    # --- what a LongRequest calls

    def take_place(self, client: str) -> None:
        """Raises OverloadedError."""
        if self._taken[client] >= PLACES - self._taken.total():
            msg = "too many long requests wait"
            raise OverloadedError(msg)
        self._taken[client] += 1

    def leave_place(self, client: str) -> None:
        """Another one may have it."""
        self._taken -= Counter((client,))

    def wait(self, request: LongRequest) -> "asyncio.Future[None]":
        """Done when it is this request's turn."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(request.client, {})[request] = turn
        return turn

    async def its_turn(self, request: LongRequest, turn: "asyncio.Future[None]") -> None:
        """Until the piece may begin. Raises OverloadedError."""
        if not self._under_way:
            self._pass_on()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(request.ends_at):
                await turn
                await asyncio.sleep(0)
                while (rest := self._pace.rest(loop.time(), self._checks())) > 0:  # noqa: ASYNC110 - it is about time
                    await asyncio.sleep(rest)
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            if isinstance(error, TimeoutError):
                msg = "too much long work waits"
                raise OverloadedError(msg) from error
            raise

    def forget(self, request: LongRequest) -> None:
        """It waits no more."""
        others = self._waiting.get(request.client, {})
        others.pop(request, None)
        if not others:
            self._waiting.pop(request.client, None)

    def ended(self, seconds: float) -> None:
        """A piece has ended, which took so long."""
        self._pace.worked(asyncio.get_running_loop().time(), seconds)
        self._pass_on()

    def _pass_on(self) -> None:
        """To the next client's oldest request. The client is then behind all others."""
        self._under_way = False
        while self._waiting and not self._under_way:
            client = next(iter(self._waiting))
            requests = self._waiting.pop(client)
            turn = requests.pop(min(requests, key=lambda one: one.ends_at))
            if requests:
                self._waiting[client] = requests
            if not turn.done():  # it may have been given up in this very moment
                turn.set_result(None)
                self._under_way = True
