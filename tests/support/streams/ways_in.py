"""The ways in which a request may come in, each as a factory of connections: all that `stream_talk` knows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.checks import ChecksConnection, EarlyAnswers
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.limited_protocol import LimitedProtocol
from pharia_access.entrypoints.verifier.ports import Port
from pharia_access.entrypoints.verifier.room import Room
from tests.support.streams.stream_talk import Recorder, checks_and

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.entrypoints.verifier.limits import Limits
    from tests.support.fakes.step_loop import StepLoop
    from tests.support.verifier.verifier_server import VerifierServer

    Ways = Callable[[StepLoop, Limits, VerifierServer], dict[str, Callable[[], Any]]]

__all__ = ["APPLICATION", "CHECKS_FIRST", "Ways", "listener"]

APPLICATION = "the application"
"""Every request becomes one of an application, that records it."""
CHECKS_FIRST = "checks first"
"""The gateways' checks are answered early where they are plain; all connections share what they remember."""


def listener(loop: StepLoop, limits: Limits, server: VerifierServer) -> dict[str, Callable[[], Any]]:
    """Factories of the listener's connections, by the way in."""
    room, running = Room(limits.connections), _as_loop(loop)
    recording = Port(Recorder(), limits, room)
    checking = Port(checks_and(Recorder(), VerifierApp(Protocols(server.authorizer, limits.body_bytes))), limits, room)
    early = EarlyAnswers(server.authorizer, BusyPoll(0, now=lambda: 0.0))
    return {
        APPLICATION: lambda: LimitedProtocol(recording, running),
        CHECKS_FIRST: lambda: ChecksConnection(checking, early, running),
    }


def _as_loop(loop: StepLoop) -> Any:  # noqa: ANN401 - as much of one as connections ask for
    return loop
