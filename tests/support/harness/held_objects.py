"""A finalizer of somebody else, which holds what is deleted."""

__all__ = ["HOLD"]

HOLD = "x.example/hold"
