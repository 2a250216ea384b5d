"""Work on a request that takes longer than others should wait: in pieces, one piece at a time, and checks come first.

A body may cost a hundred times what a gateway's check does. Who sends such bodies over several connections would have
them all worked on between two looks at the sockets, and everybody else waits for all of them. In pieces, everybody else
waits for one, however many there are. And while gateways ask, pieces are a few in a hundred of what is done: of a
hundred checks hardly one then waits for any. Where nobody asks, all goes on at once.

What waits holds memory, a long body some sixteen times its length. So there are places, and as many of them for one
holder as are free besides: one that takes all it can leaves half, two leave a third, and a newcomer finds one.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pharia_access.errors import OverloadedError

__all__ = ["PIECE_LOOKUPS", "PLACES", "REST_SECONDS", "SHORT_BYTES", "LongWork"]

SHORT_BYTES: Final = 2048
"""A body of at most so many bytes is understood at once: some tens of microseconds."""

PIECE_LOOKUPS: Final = 1000
"""About how many steps on names and fields make a piece: a quarter of a millisecond."""

REST_SECONDS: Final = 0.005
"""Between two pieces, while checks come: some twenty times as long as a piece takes."""

PLACES: Final = 64
"""Requests that take long, at a time: with the largest bodies some 70 MiB."""


class LongWork:
    """For one event loop; pieces are done in the order in which they were asked for.

    Args:
        checks: how many checks of gateways were answered; it only grows.
    """

    def __init__(self, checks: Callable[[], int]) -> None:
        self._checks = checks
        self._taken: Counter[str] = Counter()
        self._seen = checks()
        self._turn = asyncio.Lock()

    @contextmanager
    def place(self, holder: str) -> Iterator[None]:
        """A place for a request of this holder, from before its body is read until it is answered.

        Raises:
            OverloadedError: it has as many as are free.
        """
        if self._taken[holder] >= PLACES - self._taken.total():
            msg = "too many long requests wait"
            raise OverloadedError(msg)
        self._taken[holder] += 1
        try:
            yield
        finally:
            self._taken -= Counter((holder,))

    async def piece(self) -> None:
        """Wait until the next piece may be done: the event loop has looked at all sockets since the last one."""
        async with self._turn:
            await asyncio.sleep(REST_SECONDS if self._checks() != self._seen else 0)
            self._seen = self._checks()
