"""A crowd at a TLS port: also those whose handshake goes on make room."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from pharia_access.entrypoints.verifier.limits import HANDSHAKES, Limits
from pharia_access.entrypoints.verifier.listener import Tls
from tests.support.verifier.crowds import LIMITS, PATIENT, PLACES, ask, check, crowd, is_open
from tests.support.verifier.verifier_server import open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    Run = Callable[[Coroutine[Any, Any, Any]], Any]
    Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Tls, ssl.SSLContext]:
    """The verifier's files, and who trusts them."""
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    (tmp_path / "tls.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
    (tmp_path / "tls.key").write_bytes(leaf.private_key_pem.bytes())
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return Tls(tmp_path / "tls.crt", tmp_path / "tls.key"), trusting


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00"], ids=["nothing", "half a hello"])
@pytest.mark.parametrize("audiences", [None, []], ids=["checks", "TokenReview"])
def test_those_whose_handshake_goes_on_make_room_too(
    run: Run, tls: tuple[Tls, ssl.SSLContext], said: bytes, audiences: list[str] | None
) -> None:
    files, trusting = tls

    async def main() -> tuple[bytes, int, list[str]]:
        async with (
            open_verifier_server(tls=files, audiences=audiences, limits=LIMITS) as server,
            crowd(server, said, PLACES * 3) as silent,
        ):
            began = time.monotonic()
            newcomer = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
            newcomer[1].write(b"GET /nowhere HTTP/1.1\r\nhost: v\r\n\r\n")
            async with asyncio.timeout(PATIENT):
                status = (await newcomer[0].readuntil(b"\r\n\r\n"))[9:12]
            took = time.monotonic() - began
            still = sum([await is_open(stream) for stream in silent])
            newcomer[1].close()
            assert took < LIMITS.request_seconds
            return status, still, server.closed

    status, still, closed = run(main())
    assert status == b"404"
    assert still < PLACES
    assert closed.count("crowded-out") == PLACES * 2 + 1


def test_while_hundreds_let_their_handshake_wait_an_honest_one_is_served(
    run: Run, tls: tuple[Tls, ssl.SSLContext]
) -> None:
    files, trusting = tls

    async def main() -> tuple[int, float, int, list[str]]:
        async with (
            open_verifier_server(tls=files) as server,
            crowd(server, b"\x16\x03\x01\x02\x00\x01\x00", 300) as silent,
        ):
            token, began = server.issue().reveal(), time.monotonic()
            newcomer = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
            status, took = (await ask(newcomer, check(token))).status, time.monotonic() - began
            still = sum(await asyncio.gather(*map(is_open, silent)))
            newcomer[1].close()
            return status, took, still, server.closed

    status, took, still, closed = run(main())
    assert status == 200
    assert took < Limits().request_seconds  # so it waited for none of them
    assert still == HANDSHAKES - 1
    assert closed == ["crowded-out"] * (300 - still)


def test_a_good_token_over_tls_keeps_its_place_and_a_handshake_too_late_has_none(
    run: Run, tls: tuple[Tls, ssl.SSLContext]
) -> None:
    files, trusting = tls

    async def main() -> tuple[int, int, list[str]]:
        limits = Limits(connections=PLACES, request_seconds=0.4)
        async with open_verifier_server(tls=files, limits=limits) as server:
            token = server.issue().reveal()
            guest = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
            await ask(guest, check(token))
            async with crowd(server, b"", PLACES):
                await asyncio.sleep(1.0)
                again = await ask(guest, check(token))
            guest[1].close()
            return again.status, server.closed.count("crowded-out"), sorted(set(server.closed))

    assert run(main()) == (200, 1, ["crowded-out", "late"])
