"""Asks a verifier about tokens over one connection that is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
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

    def close(self) -> None:
        """Drop the connection."""
        self.writer.close()
