"""The ports of the health server: which are taken, of which addresses, and until when."""

import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from pharia_access.entrypoints.health import HealthServer
from tests.support.fakes.told_process import Process


async def test_the_port_is_the_one_that_was_taken_and_is_free_after_the_stop() -> None:
    server = Process().server
    assert server.port == 0

    await server.start()
    port = server.port
    await server.stop()

    assert port > 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
async def of_both_families() -> AsyncIterator[HealthServer]:
    """Skips where this machine has no IPv6."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("there is no IPv6 on this machine")
    server = HealthServer("::", 0, live=list, ready=list, metrics=bytes)
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
async def test_the_address_of_every_address_is_of_both_families(of_both_families: HealthServer, address: str) -> None:
    url = f"http://{address}:{of_both_families.port}/healthz"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session, session.get(url) as answer:
        assert answer.status == 200


async def test_a_taken_port_of_both_families_is_an_error_too(of_both_families: HealthServer) -> None:
    second = HealthServer("::", of_both_families.port, live=list, ready=list, metrics=bytes)

    with pytest.raises(OSError, match="Address already in use"):
        await second.start()

    await second.stop()
