"""What waits, taken in turns by namespace: however much one has, another's is next but one."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Turns"]

T = TypeVar("T")


def _always(_: object) -> bool:
    return True


class Turns(Generic[T]):
    """First come, first served within a namespace."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[T]] = {}  # the first one's turn is next
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, namespace: str, item: T) -> None:
        """Put it behind the others of its namespace."""
        self._queues.setdefault(namespace, deque()).append(item)
        self._length += 1

    def take(self, *, may: Callable[[str], bool] = _always, waits: Callable[[T], bool] = _always) -> T | None:
        """The next item of a namespace that `may` have its turn; what no longer `waits` is dropped on the way."""
        while (namespace := next(filter(may, self._queues), None)) is not None:
            queue = self._queues.pop(namespace)
            while queue:
                item = queue.popleft()
                self._length -= 1
                if waits(item):
                    if queue:
                        self._queues[namespace] = queue
                    return item
        return None

    def shorten_the_longest(self) -> T | None:
        """Take off the last item of the namespace that has most: where there is no room, it is who gives way."""
        if not self._queues:
            return None
        namespace = max(self._queues, key=lambda name: len(self._queues[name]))
        queue = self._queues[namespace]
        item = queue.pop()
        self._length -= 1
        if not queue:
            del self._queues[namespace]
        return item
