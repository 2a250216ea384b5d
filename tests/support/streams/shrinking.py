"""A shorter stream that shows the same fault: pieces are left out for as long as it still does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["shrunk"]


def shrunk(data: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """What is left when no piece can be left out any more. `fails` is true of `data`."""
    size = len(data) // 2
    while size:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data
