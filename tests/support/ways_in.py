"""The ways in which a request may come in, each as a factory of connections: all that `stream_talk` knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn import Config
from uvicorn.server import ServerState

from pharia_access.entrypoints.verifier.app import Protocols, VerifierApp
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.familiar import FamiliarRequests
from pharia_access.entrypoints.verifier.fast_path import FastPathProtocol
from pharia_access.entrypoints.verifier.guarded import GuardedProtocol
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.room import Room
from tests.support.stream_talk import Recorder, checks_and

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from tests.support.http_door import Door
    from tests.support.step_loop import StepLoop

    Ways = Callable[[StepLoop, Limits, Door], dict[str, Callable[[], Any]]]

__all__ = ["APPLICATION", "CHECKS_FIRST", "Ways", "listener"]

APPLICATION = "the application"
"""Every request becomes one of an application, that records it."""
CHECKS_FIRST = "checks first"
"""The gateways' checks are answered early where they are simple; all connections share what they remember."""


def listener(loop: StepLoop, limits: Limits, door: Door) -> dict[str, Callable[[], Any]]:
    """Factories of the listener's connections, by the way in."""
    common = {"limits": limits, "room": Room(limits.connections)}
    early = {"gate": door.gate, "familiar": FamiliarRequests(), "busy_poll": BusyPoll(0, now=lambda: 0.0)}
    checks = checks_and(Recorder(), VerifierApp(Protocols(door.gate, limits.body_bytes)))
    return {
        APPLICATION: _factory(loop, Recorder(), (GuardedProtocol,), common),
        CHECKS_FIRST: _factory(loop, checks, (FastPathProtocol,), common | early),
    }


def _factory(loop: StepLoop, app: ASGIApp, bases: tuple[type, ...], members: dict[str, Any]) -> Callable[[], Any]:
    config = Config(app, interface="asgi3", lifespan="off", ws="none", log_config=None)
    config.load()
    state, made = ServerState(), type("Protocol", bases, members)
    return lambda: made(config=config, server_state=state, app_state={}, _loop=loop)
