"""Work that waits, taken in turns by namespace: however much one has, another's is next but one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pharia_access.domain.model import ObjectKey

__all__ = ["Lane", "Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What to look at: a token, a credential, or a one-time Secret (by UID) whose token is gone."""

    kind: Literal["token", "credential", "secret"]
    key: ObjectKey
    uid: str = ""


class Lane:
    """First come, first served within a namespace."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Work]] = {}  # the first one's turn is next

    def append(self, work: Work) -> None:
        """Put it behind the others of its namespace."""
        self._queues.setdefault(work.key.namespace, deque()).append(work)

    def take(self, *, may: Callable[[str], bool], waits: Callable[[Work], bool]) -> Work | None:
        """The next work of a namespace that `may` have its turn; what no longer `waits` is dropped on the way."""
        while (namespace := next(filter(may, self._queues), None)) is not None:
            queue = self._queues.pop(namespace)
            while queue:
                work = queue.popleft()
                if waits(work):
                    if queue:
                        self._queues[namespace] = queue
                    return work
        return None
