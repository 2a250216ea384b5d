"""Compares a requested permission with all held permissions of its name at once, in a few steps for each field.

One comparison for each held permission would be slow: a request may contain 256 permissions, and others would wait.
So every held permission has a lane in wide integers, and each step works on all lanes.
"""

from collections.abc import Sequence

__all__ = ["Granting"]

Fields = tuple[tuple[str, str], ...]


class Granting:
    """Answers by `permissions.grants`: every asked field is held, and every held one is free or has the asked value.

    Args:
        held: the fields of each permission, each name once.
        anything: the value that leaves a field free.
    """

    __slots__ = ("_bound", "_free", "_most", "_needs", "_ones", "_shift")

    def __init__(self, held: Sequence[Fields], *, anything: str) -> None:
        self._most = max(map(len, held))
        self._shift = self._most.bit_length()
        width = self._shift + 1  # a number of fields, and a bit above it
        self._free: dict[str, int] = {}
        self._bound: dict[tuple[str, str], int] = {}
        self._ones = self._needs = 0
        for lane, fields in enumerate(held):
            one = 1 << (lane * width)
            self._ones |= one
            self._needs += one * sum(value != anything for _, value in fields)
            for name, value in fields:
                if value == anything:
                    self._free[name] = self._free.get(name, 0) | one
                else:
                    self._bound[name, value] = self._bound.get((name, value), 0) | one

    def grants(self, asked: Fields) -> bool:
        """Return whether a held permission grants the requested one; `asked` has each name once."""
        if len(asked) > self._most:
            return False
        fitting, needs = self._ones, self._needs
        for field in asked:
            bound = self._bound.get(field, 0)
            fitting &= bound | self._free.get(field[0], 0)
            if not fitting:
                return False
            needs -= bound
        # In each lane, adding this reaches the upper bit, unless nothing is needed there any more.
        lacking = (needs + (self._ones << self._shift) - self._ones) >> self._shift
        return bool(fitting & ~lacking)
