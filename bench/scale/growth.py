"""How a figure grows with the number of tokens: the exponent of N that fits best, 1 for what doubles with it."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["exponent", "slope"]


def exponent(points: Iterable[tuple[float, float]]) -> float | None:
    """By least squares on the logarithms of (N, value); None where there are not two N, or a value is not positive."""
    pairs = list(points)
    if any(value <= 0 for _, value in pairs):
        return None
    return slope((log(tokens), log(value)) for tokens, value in pairs)


def slope(points: Iterable[tuple[float, float]]) -> float | None:
    """Of the straight line through (x, y) by least squares; None where all x are the same."""
    pairs = list(points)
    if not pairs:
        return None
    mean_x, mean_y = (sum(axis) / len(pairs) for axis in zip(*pairs, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in pairs)
    return sum((x - mean_x) * (y - mean_y) for x, y in pairs) / spread if spread else None
