"""A client of the API server that costs little: bare HTTP/1.1 over asyncio streams, one request at a time a channel.

The load must not take the CPU that it measures: bodies are bytes, answers are read and not parsed, and of a watch
event only four fields are decoded. Knows nothing beyond what Kubernetes' API server sends.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import yaml

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Channel", "ClientError", "Seen", "Server", "version_of", "watch"]

_MOST_BYTES = 4 * 2**20  # of one line of a watch
_LAST_SUCCESS = 299
_ANSWER_SECONDS = 30.0


class ClientError(RuntimeError):
    """The API server refused, or answered something that is not HTTP/1.1."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the API server is, and who we are: an administrator, who may impersonate."""

    host: str
    port: int
    tls: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: Path) -> Server:
        """Read a kubeconfig that signs in with a client certificate."""
        content = yaml.safe_load(kubeconfig.read_text())
        cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
        url = urlsplit(cluster["server"])
        tls = ssl.create_default_context(cadata=_text(cluster["certificate-authority-data"]))
        with tempfile.TemporaryDirectory() as folder:
            identity = Path(folder, "identity.pem")  # ssl reads it from files only
            identity.write_text(_text(user["client-certificate-data"]) + _text(user["client-key-data"]))
            tls.load_cert_chain(identity)
        return cls(host=str(url.hostname), port=int(url.port or 443), tls=tls)


class Channel:
    """One connection; use it for one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, server: Server) -> Channel:
        """Connect."""
        return cls(*await asyncio.open_connection(server.host, server.port, ssl=server.tls, limit=_MOST_BYTES))

    def close(self) -> None:
        """Drop the connection."""
        self._writer.close()

    async def send(
        self, method: str, path: str, body: bytes = b"", *, form: str = "application/json", user: str = ""
    ) -> bytes:
        """Send a request, as `user` if given; the answer's body. Raises ClientError with what was refused."""
        async with asyncio.timeout(_ANSWER_SECONDS):
            status, length = await self._ask(method, path, body, form=form, user=user)
            answer = (
                await self._reader.readexactly(length) if length >= 0 else b"".join([c async for c in self._chunks()])
            )
        if status > _LAST_SUCCESS:
            message = f"{method} {path}: {status} {answer[:500].decode(errors='replace')}"
            raise ClientError(message)
        return answer

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """GET something that ends when the server says so, line by line."""
        status, _ = await self._ask("GET", path, b"", form="application/json", user="")
        if status > _LAST_SUCCESS:
            message = f"GET {path}: {status}"
            raise ClientError(message)
        rest = b""
        async for chunk in self._chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line

    async def _ask(self, method: str, path: str, body: bytes, *, form: str, user: str) -> tuple[int, int]:
        """Status and length of the answer; -1: it comes in chunks."""
        identity = f"Impersonate-User: {user}\r\n" if user else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n{identity}"
            f"Content-Type: {form}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        status, *fields = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        lengths = [int(field.partition(":")[2]) for field in fields if field.startswith("content-length:")]
        return int(status.split()[1]), lengths[0] if lengths else -1

    async def _chunks(self) -> AsyncIterator[bytes]:
        while size := int((await self._reader.readline()).strip(), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()


class _Condition(msgspec.Struct):
    type: str
    status: str


class _Status(msgspec.Struct):
    phase: str = ""
    conditions: list[_Condition] = []


class _Metadata(msgspec.Struct):
    name: str = ""


class _ListMetadata(msgspec.Struct, rename="camel"):
    resource_version: str


class _List(msgspec.Struct):
    metadata: _ListMetadata


class _Object(msgspec.Struct):
    metadata: _Metadata
    status: _Status = msgspec.field(default_factory=_Status)


class _Event(msgspec.Struct):
    type: str
    object: _Object


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch showed of an object."""

    name: str
    phase: str
    ready: bool
    active: bool = False
    """Whether its condition Active is True."""


async def version_of(server: Server, path: str) -> str:
    """The resourceVersion of what is below `path` now."""
    channel = await Channel.open(server)
    answer = await channel.send("GET", f"{_query(path)}limit=1")
    channel.close()
    return msgspec.json.decode(answer, type=_List).metadata.resource_version


async def watch(server: Server, path: str, *, since: str) -> AsyncIterator[Seen]:
    """Every change below `path` after that resourceVersion, until the caller stops. Raises ClientError."""
    channel, decoder = await Channel.open(server), msgspec.json.Decoder(_Event)
    try:
        async for line in channel.lines(f"{_query(path)}watch=1&timeoutSeconds=3600&resourceVersion={since}"):
            event = decoder.decode(line)
            if event.type == "ERROR":
                message = f"the watch of {path} failed"
                raise ClientError(message)
            found = event.object
            true = {condition.type for condition in found.status.conditions if condition.status == "True"}
            yield Seen(found.metadata.name, found.status.phase, "Ready" in true, "Active" in true)
    finally:
        channel.close()


def _query(path: str) -> str:
    """The path, ready for a parameter."""
    return f"{path}{'&' if '?' in path else '?'}"


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()
