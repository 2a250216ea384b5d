"""nginx as the how-to shows it, with a public name for the verifier on the same kept connections: nobody is another."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.support.gateways.public_verifier import FOR_NGINX
from tests.support.verifier.verifier_server import open_verifier_server
from tools.control_plane.processes import free_port
from tools.gateways import real_gateways
from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tools.gateways.real_gateways import Gateway, Passage

SECONDS = 3.0


def smuggle(port: int, end: float) -> int:
    """Requests without a token whose body is another request; how many were answered."""
    inner = b"\r\nGET /whoami HTTP/1.1\r\nHost: v\r\n\r\n" * 3
    answered = 0
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            head = "POST /auth/forward HTTP/1.1\r\nHost: v\r\nConnection: Upgrade\r\nUpgrade: x\r\n"
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(f"{head}Content-Length: {len(inner)}\r\n\r\n".encode())
            with suppress(OSError):
                connection.sendall(inner)
                answered += connection.recv(65536).startswith(b"HTTP/1.1 401")
    return answered


def ask(gateway: Gateway, headers: Iterable[tuple[str, str]], end: float) -> list[Passage]:
    passages = []
    while time.monotonic() < end:
        passages.append(gateway.ask(*headers))
    return passages


async def test_no_request_without_a_token_passes_beside_a_holder_whatever_a_stranger_sends(tmp_path: Path) -> None:
    async with open_verifier_server() as server:
        token, public = server.issue().reveal(), free_port()
        try:
            starting = real_gateways.nginx(tmp_path, f"127.0.0.1:{server.port}", beside=FOR_NGINX.format(port=public))
            gateway = await asyncio.to_thread(starting.__enter__)
        except MissingProgramError as error:
            pytest.skip(str(error))
        try:
            end = time.monotonic() + SECONDS
            smugglers = [asyncio.create_task(asyncio.to_thread(smuggle, public, end)) for _ in range(3)]
            held, strangers = await asyncio.gather(
                asyncio.to_thread(ask, gateway, [("Authorization", f"Bearer {token}")], end),
                asyncio.to_thread(ask, gateway, [], end),
            )
            smuggled = sum([await smuggler for smuggler in smugglers])
        finally:
            await asyncio.to_thread(starting.__exit__, None, None, None)

    assert smuggled > 10
    assert {passage.status for passage in held} == {200}
    assert {(passage.status, passage.seen) for passage in strangers} == {(401, None)}
