"""A token, a verifier's answer about it, and a verifier that gives it over TLS."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import trustme

from pharia_access.domain.token import mint
from tests.support.fakes.hostile_api import reply
from tests.support.fakes.ports import seeded_entropy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["ANSWER", "TOKEN", "over_tls"]

TOKEN = mint("pharia", seeded_entropy())
ANSWER: dict[str, Any] = {
    "credential": {"namespace": "finance", "name": "invoice-bot", "uid": "uid-1"},
    "tokenID": TOKEN.token_id,
    "roles": ["studio-user", "kernel"],
    "permissions": [{"permission": "AccessStudio"}, {"permission": "AccessModel", "model": "*"}],
    "expiresAt": "2027-01-31T00:00:00Z",
}


@asynccontextmanager
async def over_tls(authority: trustme.CA) -> AsyncIterator[str]:
    """A verifier at https://localhost:port, with a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply(200, ANSWER))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "localhost", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
