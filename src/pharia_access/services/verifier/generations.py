"""A bounded memory of two generations: when the younger is full, the older is dropped."""

from typing import Generic, TypeVar

__all__ = ["Generations"]

T = TypeVar("T")


class Generations(Generic[T]):
    """Entries by digest. What is asked for again moves into the younger generation.

    Args:
        most: entries of each generation.
        most_weight: of the entries of each, see `weight`; None: as much as there are.
    """

    def __init__(self, *, most: int, most_weight: int | None = None) -> None:
        self._most, self._most_weight = most, most_weight
        self._young: dict[bytes, T] = {}
        self._old: dict[bytes, T] = {}
        self._young_weight = 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, digest: bytes) -> T | None:
        """Return the entry."""
        known = self._young.get(digest)
        if known is None and digest in self._old:
            known = self._old[digest]
            self.remember(digest, known)
        return known

    def remember(self, digest: bytes, entry: T) -> None:
        """Replace the entry."""
        self._old.pop(digest, None)
        full = self._most_weight is not None and self._young_weight >= self._most_weight
        if full or len(self._young) >= self._most:
            self._young, self._old, self._young_weight = {}, self._young, 0
        self._young[digest] = entry
        self._young_weight += self.weight(entry)

    def weight(self, entry: T) -> int:  # noqa: ARG002 - for those whose entries differ
        """Return what an entry weighs."""
        return 0
