"""All that a log could print of an error or a result."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from pharia_access.errors import (
    AccessError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["everything_about", "everything_shown"]


async def everything_shown(call: Awaitable[object]) -> str:
    """The repr of what a call returns, or all about the error that it raises."""
    try:
        return repr(await call)
    except AccessError as error:
        return everything_about(error)


def everything_about(error: BaseException) -> str:
    """All that a log could print: the error, what it came from, and what was under way, suppressed or not."""
    text = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    return text + "".join(everything_about(other) for other in (error.__cause__, error.__context__) if other)
