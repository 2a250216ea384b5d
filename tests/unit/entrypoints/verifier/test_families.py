"""`HOST=::` is every address, of IPv6 and of IPv4."""

from __future__ import annotations

import asyncio
import socket

import pytest

from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Listener
from tests.support.verifier.verifier_server import VerifierServer


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_checks_are_answered_on_both_families(address: str) -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("there is no IPv6 on this machine")
    limits = Limits()
    listener = Listener(VerifierApp(Protocols(VerifierServer().authorizer, limits.body_bytes)), limits)
    await listener.start("::", 0)
    try:
        reader, writer = await asyncio.open_connection(address, listener.port)
        writer.write(b"GET /auth/nginx HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n")
        status = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    finally:
        await listener.stop(1.0)

    assert status == b"HTTP/1.1 401 Unauthorized\r\n"
