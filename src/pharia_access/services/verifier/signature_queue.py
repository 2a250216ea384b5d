"""One signature in each iteration of the event loop, so that whatever else has come is answered between two of them.

Without this, a few connections that bring one unknown token after the other make everybody wait for all of theirs.
"""

import asyncio
from collections import deque
from collections.abc import Callable

__all__ = ["SignatureQueue"]


class SignatureQueue:
    """Who has a signature verified next, in the order in which they came. For one event loop.

    Args:
        soon: calls a function in the loop's next iteration.
    """

    def __init__(self, soon: Callable[[Callable[[], None]], object] | None = None) -> None:
        self._soon = soon or _call_soon
        self._taken = False
        self._waiting: deque[Callable[[], None]] = deque()

    @property
    def is_free(self) -> bool:
        """Whether `take` would return True."""
        return not self._taken

    def take(self) -> bool:
        """Take this iteration. Return False where it is taken, or where others wait."""
        if self._taken:
            return False
        self._taken = True
        self._soon(self._next)
        return True

    def call(self, proceed: Callable[[], None]) -> None:
        """Call a function in the first iteration that is free, which the function may then take."""
        self._waiting.append(proceed)
        self.take()

    async def wait(self) -> None:
        """Take the first iteration that is free."""
        if self.take():
            return
        came = asyncio.get_running_loop().create_future()

        def proceed() -> None:
            if not came.done():
                self.take()
                came.set_result(None)

        self.call(proceed)
        await came

    def _next(self) -> None:
        self._taken = False
        if not self._waiting:
            return
        try:
            self._waiting.popleft()()
        finally:
            if self._waiting:
                self.take()


def _call_soon(call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(call)
