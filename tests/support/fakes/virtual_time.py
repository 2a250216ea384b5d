"""Time that passes only when nothing else can happen, so that waits of hours take no time and nothing is a race.

No threads and no sockets: an event loop that runs here sees nothing but its own tasks and timers.
"""

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from tests.support.builders.domain_objects import NOW

__all__ = ["FakeClock", "run_simulated", "simulated"]

P = ParamSpec("P")
T = TypeVar("T")

_STEP_SECONDS = 2e-9
"""What the loop's own work takes: without it, a nap shorter than the clock's resolution would never end."""


class FakeClock:
    """A clock that is moved by hand, or by the loop of `run_simulated`."""

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The start and what passed since."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """The seconds that passed."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop."""
        await asyncio.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._elapsed += seconds


class _IdleSelector(selectors.SelectSelector):
    """Asked by the loop whenever it has run all that was ready."""

    def __init__(self, clock: FakeClock, on_idle: Callable[[], bool]) -> None:
        super().__init__()
        self._clock = clock
        self._on_idle = on_idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Nothing ever arrives: do something else, or let time pass to the next timer."""
        if timeout is not None and timeout <= 0:
            self._clock.advance(_STEP_SECONDS)
            return []
        if self._on_idle():
            return []
        if timeout is None:
            message = "every task waits for something that will not happen"
            raise RuntimeError(message)
        self._clock.advance(timeout)
        return []


class _SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: FakeClock, on_idle: Callable[[], bool]) -> None:
        super().__init__(_IdleSelector(clock, on_idle))
        self._fake = clock

    def time(self) -> float:
        return self._fake.monotonic()


def run_simulated(
    main: Coroutine[object, object, T], *, clock: FakeClock, on_idle: Callable[[], bool] = lambda: False
) -> T:
    """Run a coroutine to its end in virtual time.

    `on_idle` is called whenever all tasks wait; it answers whether it made one of them ready. If it did not, the clock
    is moved to the next timer.
    """
    with asyncio.Runner(loop_factory=lambda: _SimulatedLoop(clock, on_idle)) as runner:
        return runner.run(main)


def simulated(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Make a test of an async function: it runs in virtual time, and asks `asyncio.get_running_loop().time()`."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def main() -> None:
            await test(*args, **kwargs)

        clocks = [value for value in kwargs.values() if isinstance(value, FakeClock)]
        run_simulated(main(), clock=clocks[0] if clocks else FakeClock())

    return run
