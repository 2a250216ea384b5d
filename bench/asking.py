"""Asks a verifier about tokens over one connection that is kept."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from tests.support.verifiers import RunningVerifier

__all__ = ["Asker"]


@dataclass(frozen=True, slots=True)
class Asker:
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
