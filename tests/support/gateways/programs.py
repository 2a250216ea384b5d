"""Programs of others that a test needs, and that a machine may be unable to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager, ExitStack

__all__ = ["entered"]

T = TypeVar("T")


def entered(stack: ExitStack, starting: AbstractContextManager[T]) -> T:
    """What starts, until the stack ends. The test is skipped, and says why, where the program cannot be had."""
    try:
        return stack.enter_context(starting)
    except MissingProgramError as error:
        pytest.skip(str(error))
