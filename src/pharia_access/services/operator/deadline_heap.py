"""Keys by the moment at which something is due: on one heap, with one moment a key."""

import heapq

from pharia_access.domain.model import ObjectKey

__all__ = ["DeadlineHeap"]

SPARE_ENTRIES = 64


class DeadlineHeap:
    """Moments are seconds of whatever clock the user has."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, ObjectKey]] = []
        self._due: dict[ObjectKey, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def of(self, key: ObjectKey) -> float | None:
        """The key's moment."""
        return self._due.get(key)

    def set(self, key: ObjectKey, due: float | None) -> None:
        """Have this one in place of the one before; None: none."""
        if due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
        self._sweep()

    def first(self) -> float | None:
        """The earliest moment."""
        entry = self.peek()
        return None if entry is None else entry[0]

    def peek(self) -> tuple[float, ObjectKey] | None:
        """The earliest moment and its key."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0] if self._heap else None

    def pop_until(self, now: float) -> ObjectKey | None:
        """Take off the first key, if its moment is not later than that."""
        due = self.first()
        if due is None or due > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._due[key]
        return key

    def _sweep(self) -> None:
        """A key that is set anew, or forgotten, leaves its old entry behind: those may not become the most."""
        if len(self._heap) > 2 * len(self._due) + SPARE_ENTRIES:
            self._heap = [(due, key) for key, due in self._due.items()]
            heapq.heapify(self._heap)
