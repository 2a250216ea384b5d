"""Asks a verifier about tokens over connections that are kept."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn, Self

from pharia_access.domain.token import mint
from tools.control_plane.processes import ProcessError

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["CHECKS_PER_SECOND", "CheckConnection", "Client"]

CHECKS_PER_SECOND = 100
"""Of a client, half of them of forged tokens."""


@dataclass(frozen=True, slots=True)
class CheckConnection:
    """One question at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def of(cls, verifier: RunningVerifier) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", verifier.port))

    async def ask(self, text: str, target: str = "/auth/nginx") -> int:
        """The status of the answer."""
        request = f"GET {target} HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer {text}\r\n\r\n"
        self.writer.write(request.encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head[9:12])

    async def until_refused(self, text: str, target: str, *, within: float) -> float:
        """Ask until it is not accepted; how many seconds that took. Raises TimeoutError."""
        began = time.perf_counter()
        async with asyncio.timeout(within):
            while await self.ask(text, target) == HTTPStatus.OK:
                pass
        return time.perf_counter() - began

    def close(self) -> None:
        """Drop the connection."""
        self.writer.close()


@dataclass(slots=True)
class Client:
    """Asks a verifier about good tokens and forged ones, in turn."""

    verifier: RunningVerifier
    texts: list[str] = field(repr=False)
    asked: int = 0

    async def ask_on(self) -> NoReturn:
        """Until cancelled. Raises ProcessError at the first wrong answer."""
        asker = await CheckConnection.of(self.verifier)
        while True:
            await self._ask(asker, secrets.choice(self.texts), HTTPStatus.OK)
            await self._ask(asker, mint("pharia", secrets.token_bytes).reveal(), HTTPStatus.UNAUTHORIZED)
            await asyncio.sleep(2 / CHECKS_PER_SECOND)

    async def _ask(self, asker: CheckConnection, text: str, right: HTTPStatus) -> None:
        status = await asker.ask(text)
        self.asked += 1
        if status != right:
            message = f"the verifier answered {status} after {self.asked} checks, where {right:d} is right"
            raise ProcessError(message)
