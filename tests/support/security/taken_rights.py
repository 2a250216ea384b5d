"""Whether people miss something: while a right is taken away it does not come, and comes with the right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.security.lost_rights import Loss

__all__ = ["comes", "is_missed", "named"]

_A_MOMENT = 0.5
"""Seconds after a refusal, in which the process tries again."""


def named(loss: Loss[Any]) -> str:
    """The right, as a test's name."""
    return f"{loss.right.verb} {loss.right.resource}"


def is_missed(came: Callable[[], bool], refused: Callable[[], bool]) -> None:
    """It does not come, and for want of the right."""
    wait_until(refused, what="a request was refused", timeout=20)
    time.sleep(_A_MOMENT)
    assert not came()


def comes(came: Callable[[], bool]) -> None:
    """It comes before long."""
    wait_until(came, what="with the right it comes", timeout=20)
