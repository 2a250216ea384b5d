"""Work on a request that takes longer than others should wait: in pieces, and one piece at a time.

A body may cost a hundred times what a gateway's check does. Who sends such bodies over several connections would have
them all worked on between two looks at the sockets, and everybody else waits for all of them. In pieces, everybody else
waits for one, however many there are.
"""

import asyncio
from typing import Final

__all__ = ["PIECE_LOOKUPS", "SHORT_BYTES", "LongWork"]

SHORT_BYTES: Final = 2048
"""A body of at most so many bytes is understood at once: some tens of microseconds."""

PIECE_LOOKUPS: Final = 1000
"""About how many steps on names and fields make a piece: a quarter of a millisecond."""


class LongWork:
    """For one event loop; pieces are done in the order in which they were asked for."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def piece(self) -> None:
        """Wait until the next piece may be done: the event loop has looked at all sockets since the last one."""
        async with self._turn:
            await asyncio.sleep(0)
