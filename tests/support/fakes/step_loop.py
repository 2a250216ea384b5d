"""An event loop that runs what is ready when it is told to, and nothing else: no sockets, and time stands still.

A test that feeds a connection some hundred thousand packets has no time for the rounds of a real loop.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["StepLoop"]

_MOST_STEPS = 10_000
"""Of what one packet sets off; more is a loop without an end."""


class StepLoop:
    """As much of an event loop as a connection and its tasks need."""

    def __init__(self) -> None:
        self._loop = cast("asyncio.AbstractEventLoop", self)
        self._ready: deque[asyncio.Handle] = deque()
        self.failures: list[BaseException | str] = []
        """What nobody caught."""

    def settle(self) -> None:
        """Let happen all that waits for nothing but its turn. Raises AssertionError where that does not end."""
        if not self._ready:
            return
        asyncio._set_running_loop(self._loop)  # for those who write loops, says its documentation
        try:
            for _ in range(_MOST_STEPS):
                if not self._ready:
                    return
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(None)
        message = "something goes on for ever"
        raise AssertionError(message)

    def time(self) -> float:
        return 0.0

    def get_debug(self) -> bool:
        return False

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self._loop, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return asyncio.TimerHandle(when, callback, args, self._loop, context)

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._loop)

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self._loop, name=name, context=context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(context.get("exception") or context["message"])

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Nobody waits for time that stands still."""
