"""Requests as no browser sends them: any headers, none of them added."""

from __future__ import annotations

import asyncio
import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RawAnswer", "ask", "ask_aside"]


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str


def ask(
    port: int, path: str, headers: Sequence[tuple[str, str]], *, method: str = "GET", body: str | None = None
) -> RawAnswer:
    """Send one request to a port of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Type", "application/x-www-form-urlencoded")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(None if body is None else body.encode())
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return RawAnswer(answer.status, found, answer.read().decode())
    finally:
        connection.close()


async def ask_aside(
    port: int, path: str, headers: Sequence[tuple[str, str]], *, method: str = "GET", body: str | None = None
) -> RawAnswer:
    """Send one request to a server of this process."""
    return await asyncio.to_thread(ask, port, path, headers, method=method, body=body)
