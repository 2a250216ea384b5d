"""An API server that answers each request as a test says, byte by byte: for what no real one does on demand."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

__all__ = ["HostileApi", "ReceivedRequest", "hostile_api", "plain_kubeconfig", "reply"]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a client sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """The parameters."""
        return parse_qs(urlsplit(self.target).query)


@dataclass(slots=True)
class HostileApi:
    """Where it listens, and what it was asked."""

    url: str
    requests: list[ReceivedRequest] = field(default_factory=list)


def reply(status: int, body: bytes | object, **headers: str) -> bytes:
    """A well-formed answer; what is not bytes goes out as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content)), "connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content


class _Server:
    """Serves one request for each connection."""

    def __init__(self, answer: Callable[[ReceivedRequest], bytes | None]) -> None:
        self.requests: list[ReceivedRequest] = []
        self._answer = answer
        self._ended = asyncio.Event()
        self._serving: set[asyncio.Task[object] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            request = await _read(reader)
            self.requests.append(request)
            content = self._answer(request)
            if content is None:
                await self._ended.wait()
            else:
                writer.write(content)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self._serving.discard(asyncio.current_task())

    async def end(self, server: asyncio.Server) -> None:
        self._ended.set()
        await asyncio.sleep(0.02)  # asyncio loses the socket of whoever is being let in when a server closes
        server.close()
        left = [task for task in self._serving if task is not None]
        for task in left:  # whoever connected and said nothing, or does not take the answer
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@asynccontextmanager
async def hostile_api(answer: Callable[[ReceivedRequest], bytes | None]) -> AsyncIterator[HostileApi]:
    """Serve plain HTTP on 127.0.0.1. `answer` gives the bytes to send before the connection ends; None: silence."""
    served = _Server(answer)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield HostileApi(url, served.requests)
    finally:
        await served.end(server)


def plain_kubeconfig(path: Path, url: str, *, token: str = "signed-in") -> str:
    """A kubeconfig for that server, in JSON, which is YAML."""
    content = {
        "clusters": [{"name": "x", "cluster": {"server": url}}],
        "users": [{"name": "x", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    path.write_text(json.dumps(content))
    return str(path)


async def _read(reader: asyncio.StreamReader) -> ReceivedRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    start, *lines = head.strip().split("\r\n")
    method, target, _ = start.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return ReceivedRequest(method, target, headers, body)
