"""A client of introspection that runs, and what it answers."""

from __future__ import annotations

import http.client
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from tools.control_plane.processes import Process
from tools.gateways.protected_service import HOST
from tools.gateways.witness import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tools.introspection.configurations import Changes, Place

__all__ = ["Answer", "Client", "Launch", "Running"]

_START_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Launch:
    """How a client is started; its environment holds the token that it asks with."""

    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody who shows a token is told.

    Attributes:
        status: 0 where nothing came in time.
        seen: the request that reached the service behind, where there is one.
    """

    status: int
    challenge: str = ""
    body: str = ""
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """A resource server, set up by its folder in `clients/introspection`.

    Attributes:
        name: as the pages call it.
        folder: its folder.
        launch: prepares it in a place. Raises MissingProgramError, BuildError, RuntimeError.
        versions: of what it is made of.
        keeping: the setting with which it keeps answers, in words; empty: it never does.
        cache: what makes the shown files that setting: texts, and what stands there instead.
    """

    name: str
    folder: str
    launch: Callable[[Place], Launch]
    versions: Callable[[], str]
    keeping: str = ""
    cache: Changes = field(default_factory=dict)

    @contextmanager
    def running(self, place: Place) -> Iterator[Running]:
        """Start it; it answers at the beginning of the block, and is ended with the block."""
        place.root.mkdir(parents=True, exist_ok=True)
        launch = self.launch(place)
        env = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(place.root), **launch.env}
        process = Process.start(launch.argv, log=place.root / "client.log", cwd=place.root, env=env, name=self.name)
        running = Running(place)
        try:
            process.wait_until(running.refuses_strangers, what=f"{self.name} answers", timeout=_START_SECONDS)
            yield running
        finally:
            process.stop()


@dataclass(frozen=True, slots=True)
class Running:
    """A client that runs."""

    place: Place

    def ask(self, *tokens: str, within: float = 40.0, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
        """Ask for the reports with these bearer tokens. Status 0: no answer within so many seconds, or none of HTTP."""
        connection = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=within)
        try:
            connection.putrequest("GET", "/reports", skip_host=True)
            connection.putheader("Host", HOST)
            for token in tokens:
                connection.putheader("Authorization", f"Bearer {token}")
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            return _answer(connection.getresponse())
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def refuses_strangers(self) -> bool:
        """Whether it answers a request without a token as it should, so that all of it is up."""
        return self.ask(within=5).status in {http.client.UNAUTHORIZED, http.client.FORBIDDEN}


def _answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    reached = response.getheader("X-Reached") == "yes"
    return Answer(
        response.status,
        response.getheader("WWW-Authenticate") or "",
        "" if reached else body.decode("utf-8", "replace"),
        Seen.read(body) if reached else None,
    )
