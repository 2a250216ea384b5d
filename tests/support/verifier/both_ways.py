"""A test that is done on both ways into the verifier."""

from __future__ import annotations

import pytest

__all__ = ["BOTH"]

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
