"""An application that takes its time, for tests of what a connection does meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.verifier.memory_transport import settle

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

__all__ = ["SlowApplication"]


class SlowApplication:
    """Answers each request when it is told to, after reading it, or without."""

    def __init__(self, *, reads: bool = True) -> None:
        self._reads = reads
        self.begun = 0
        self.told: list[str] = []
        self._may_answer = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        received: Message = {"more_body": self._reads}
        while received.get("more_body"):
            received = await receive()
            self.told.append(received["type"])
        await self._may_answer.acquire()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def answer(self, count: int = 1) -> None:
        """Let so many requests be answered."""
        for _ in range(count):
            self._may_answer.release()
        await settle()
