"""The state that the connections of one port share."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.room import Room

if TYPE_CHECKING:
    from pharia_access.entrypoints.verifier.connection import Connection

__all__ = ["Port"]


@dataclass(slots=True)
class Port:
    """One listening port.

    Attributes:
        draining: the process ends, so each further answer is its connection's last.
        connections: all but those whose TLS handshake goes on.
        tasks: requests that the application answers.
    """

    app: ASGIApp
    limits: Limits
    room: Room
    draining: bool = False
    connections: "set[Connection]" = field(default_factory=set)
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    def drain(self) -> None:
        """Make each further answer its connection's last."""
        self.draining = True
        for connection in list(self.connections):
            connection.drain()
