"""Event loops for tests of real sockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a coroutine on one of the loops; with uvloop as in production."""

    def run(main: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever the test's coroutine gives
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(main)

    return run
