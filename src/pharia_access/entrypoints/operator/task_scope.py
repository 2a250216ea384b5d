"""All tasks that one run of Kopf begins, those also that Kopf itself loses: they are ended with the run.

Kopf leaves some behind: the watch of one kind goes on where that of another failed, and it takes a cancellation as the
end of a pause where the two meet. Such a task would watch for ever, or wait for ever for a login.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Generator, Iterator
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakSet

__all__ = ["TaskScope", "end_all", "record_tasks"]

_AGAIN_SECONDS: Final = 0.5
"""A task that goes on for as long has swallowed its cancellation, or takes its time to heed it: it gets another."""

_current: ContextVar["TaskScope | None"] = ContextVar("task_scope", default=None)


class TaskScope:
    """Knows the tasks begun within `begun_here`, by whomever, in a loop that records them."""

    def __init__(self) -> None:
        self._tasks: WeakSet[asyncio.Task[Any]] = WeakSet()

    @contextlib.contextmanager
    def begun_here(self) -> Iterator[None]:
        """Record what the calling task begins from now on, and what those tasks begin."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def add(self, task: asyncio.Task[Any]) -> None:
        """Count a task as begun here."""
        self._tasks.add(task)

    def unfinished(self) -> set[asyncio.Task[Any]]:
        """Return the tasks that go on."""
        return {task for task in self._tasks if not task.done()}


def record_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop record each new task in the scope that it is begun in."""
    loop.set_task_factory(_recorded)


async def end_all(unfinished: Callable[[], Collection[asyncio.Task[Any]]], *, seconds: float) -> bool:
    """Cancel tasks until none goes on, or the time is over. Whether all ended.

    Args:
        unfinished: gives the tasks that go on: those that end may begin others.
        seconds: how long to wait at most.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while (tasks := unfinished()) and (left := until - loop.time()) > 0:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=min(_AGAIN_SECONDS, left))
    return not tasks


def _recorded(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
    **options: Any,  # noqa: ANN401 - asyncio's
) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, **options)
    scope = _current.get()
    if scope is not None:
        scope.add(task)
    return task
