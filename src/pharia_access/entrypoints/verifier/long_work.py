"""Run long requests in pieces, one piece at a time, and let gateways' checks go first.

A body may cost a hundred times what a gateway's check costs. A client that sends such bodies over several connections
would have the process work on all of them between two polls of the sockets, while everybody else waits. With pieces,
everybody else waits for one piece, however many requests there are. While gateways ask, pieces have one part in a
hundred of the time (`pace`): of a hundred checks hardly one waits for a piece. While no gateway asks, pieces run at
once.

Clients take turns, however many requests each has waiting. Among one client's requests the oldest goes first, so that
some end in time even where not all can.

A waiting request takes memory: a long body about sixteen times its length. So places are limited. One client may take
as many places as are free besides: a client that takes all it can leaves half, two clients leave a third, and a new
client finds one.
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
"""The longest body that is parsed at once: some tens of microseconds."""

PIECE_LOOKUPS: Final = 1000
"""The number of steps on names and fields in a piece: about a quarter of a millisecond."""

PLACES: Final = 64
"""The most long requests at a time: with the largest bodies some 70 MiB."""

MOST_SECONDS: Final = 10.0
"""How long a request may wait for its pieces: about as long as clients wait, and as draining lasts."""

_BESIDES_SECONDS: Final = 0.001
"""The cost of a long request outside its pieces: reading head and body, starting a task, writing the answer."""


class LongRequest:
    """A request that may take long. Made by `LongWork.request`.

    Attributes:
        client: the key of the caller's credential, or a name that is no key.
        ends_at: by the loop's clock: when the request has waited long enough.
    """

    def __init__(self, work: "LongWork", client: str) -> None:
        self.client = client
        self.ends_at = inf
        self._work = work
        self._has_place = False
        self._cost = _BESIDES_SECONDS
        self._began: float | None = None

    def take_place(self) -> None:
        """Take a place before the request takes much memory. Raises OverloadedError where the client has its share."""
        if not self._has_place:
            self._work.take_place(self.client)
            self._has_place = True

    async def piece(self) -> None:
        """Wait until the next piece may run. The piece is the code up to the next call, which must not wait.

        Since the last piece the event loop has polled all sockets, and has rested if gateways ask.

        Raises:
            OverloadedError: too much long work waits.
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
        """End the piece, so that another request's piece may run."""
        if self._began is None:
            return
        seconds, self._began = time.thread_time() - self._began + self._cost, None
        self._cost = 0.0
        self._work.ended(seconds)

    def end(self) -> None:
        """End the request."""
        self.end_piece()
        if self._has_place:
            self._work.leave_place(self.client)


class LongWork:
    """For one event loop.

    Args:
        checks: counts accepted checks of gateways.
    """

    def __init__(self, checks: Callable[[], int]) -> None:
        self._checks = checks
        self._pace = Pace()
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, dict[LongRequest, asyncio.Future[None]]] = {}
        """By client. The first client's turn is next."""
        self._under_way = False

    @contextmanager
    def request(self, client: str) -> Iterator[LongRequest]:
        """Hold a request of this client, from before its body is read until its answer."""
        request = LongRequest(self, client)
        try:
            yield request
        finally:
            request.end()

    # --- what a LongRequest calls

    def take_place(self, client: str) -> None:
        """Take a place for the client. Raises OverloadedError."""
        if self._taken[client] >= PLACES - self._taken.total():
            msg = "too many long requests wait"
            raise OverloadedError(msg)
        self._taken[client] += 1

    def leave_place(self, client: str) -> None:
        """Free a place of the client."""
        self._taken -= Counter((client,))

    def wait(self, request: LongRequest) -> "asyncio.Future[None]":
        """Return a future that is done when it is this request's turn."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(request.client, {})[request] = turn
        return turn

    async def its_turn(self, request: LongRequest, turn: "asyncio.Future[None]") -> None:
        """Wait until the piece may begin. Raises OverloadedError."""
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
        """Drop a request that no longer waits."""
        others = self._waiting.get(request.client, {})
        others.pop(request, None)
        if not others:
            self._waiting.pop(request.client, None)

    def ended(self, seconds: float) -> None:
        """Note the end of a piece, which took so long."""
        self._pace.worked(asyncio.get_running_loop().time(), seconds)
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the turn to the next client's oldest request, and move the client behind all others."""
        self._under_way = False
        while self._waiting and not self._under_way:
            client = next(iter(self._waiting))
            requests = self._waiting.pop(client)
            turn = requests.pop(min(requests, key=lambda one: one.ends_at))
            if requests:
                self._waiting[client] = requests
            if not turn.done():  # the request may have given up at this very moment
                turn.set_result(None)
                self._under_way = True
