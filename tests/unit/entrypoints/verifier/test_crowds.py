"""A door whose places are all taken, over real sockets: who comes with a good token gets in, whoever is there."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from pharia_access.entrypoints.verifier.limits import HANDSHAKES, Limits
from pharia_access.entrypoints.verifier.listener import Tls
from tests.support.verifier.verifier_server import Reply, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    Run = Callable[[Coroutine[Any, Any, Any]], Any]
    Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PLACES = 32
LIMITS = Limits(connections=PLACES)
PATIENT = 20.0
BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
BAD = b"GET /auth/nginx HTTP/1.1\r\nhost: v\r\n\r\n"
CROWDS = {
    "silent": b"",
    "half a head": b"GET /auth/nginx HTT",
    "half a body": b"POST /check_user HTTP/1.1\r\nhost: v\r\ncontent-length: 10\r\n\r\n{",
    "one request without a token, then idle": BAD,
    "one request of the application, then idle": b"GET /whoami HTTP/1.1\r\nhost: v\r\n\r\n",
    "forged": b"GET /auth/nginx HTTP/1.1\r\nhost: v\r\nauthorization: Bearer pharia_x_y\r\n\r\n",
}


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


@asynccontextmanager
async def crowd(server: VerifierServer, said: bytes, count: int) -> AsyncIterator[list[Stream]]:
    """So many connections that all say this, and wait."""
    streams = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(count)]
    for _, writer in streams:
        writer.write(said)
    await settled(server)
    try:
        yield streams
    finally:
        for _, writer in streams:
            writer.transport.abort()


async def settled(server: VerifierServer) -> None:
    """Until the door has taken all that came."""
    before = -1
    while before != server.connections():
        before = server.connections()
        await asyncio.sleep(0.05)


def check(token: str, target: str = "/auth/nginx") -> bytes:
    return f"GET {target} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n".encode()


async def ask(stream: Stream, request: bytes) -> Reply:
    reader, writer = stream
    writer.write(request)
    async with asyncio.timeout(PATIENT):
        head = await reader.readuntil(b"\r\n\r\n")
    return Reply.read(head)


async def is_open(stream: Stream) -> bool:
    """Whether the door left it open."""
    try:
        async with asyncio.timeout(0.05):
            return await stream[0].read(65536) != b""
    except TimeoutError:
        return True
    except ConnectionError:
        return False


@BOTH
@pytest.mark.parametrize("said", CROWDS.values(), ids=CROWDS)
async def test_a_newcomer_with_a_good_token_gets_in(said: bytes, *, fast: bool) -> None:
    async with open_verifier_server(fast=fast, limits=LIMITS) as server, crowd(server, said, PLACES):
        token = server.issue().reveal()
        newcomer = await asyncio.open_connection("127.0.0.1", server.port)
        first = await ask(newcomer, check(token))
        async with crowd(server, said, PLACES * 2):
            again = await ask(newcomer, check(token))
        newcomer[1].close()

    assert (first.status, first.header("connection"), again.status) == (200, None, 200)
    assert set(server.closed) == {"crowded-out"}


@BOTH
@pytest.mark.parametrize("target", ["/auth/nginx", "/auth/forward", "/auth/envoy/any/-/x", "/whoami"])
async def test_who_showed_an_accepted_token_once_stays_whoever_comes(target: str, *, fast: bool) -> None:
    async with open_verifier_server(fast=fast, limits=LIMITS) as server:
        token = server.issue().reveal()
        guest = await asyncio.open_connection("127.0.0.1", server.port)
        await ask(guest, check(token, target))
        async with crowd(server, b"", PLACES * 3):
            assert await is_open(guest)
        guest[1].close()


@BOTH
@pytest.mark.parametrize("still_good", [True, False])
async def test_who_shows_a_revoked_token_makes_room_again(*, fast: bool, still_good: bool) -> None:
    limits = Limits(connections=PLACES, idle_seconds=0.8)
    async with open_verifier_server(fast=fast, limits=limits) as server:
        token = server.issue().reveal()
        guest = await asyncio.open_connection("127.0.0.1", server.port)
        first = await ask(guest, check(token))
        if not still_good:
            server.issue(revoked=True, uid="another")
        statuses = set()
        for _ in range(6):
            statuses.add((await ask(guest, check(token))).status)
            await asyncio.sleep(0.4)
        async with crowd(server, b"", PLACES):
            stays = await is_open(guest)
        guest[1].close()

    assert (first.status, statuses, stays) == (200, {200 if still_good else 401}, still_good)


async def test_the_oldest_goes_first() -> None:
    async with (
        open_verifier_server(limits=LIMITS) as server,
        crowd(server, BAD, PLACES // 2) as early,
        crowd(server, BAD, PLACES // 2) as late,
    ):
        for reader, _ in [*early, *late]:
            await reader.readuntil(b"\r\n\r\n")
        async with crowd(server, b"", PLACES // 2):
            still = [await is_open(stream) for stream in [*early, *late]]

    assert still == [False] * (PLACES // 2) + [True] * (PLACES // 2)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        pytest.param(b"", b"", id="nothing was asked"),
        pytest.param(b"GET /auth/nginx HTT", b"HTTP/1.1 503 ", id="a request has begun"),
        pytest.param(BAD, b"HTTP/1.1 401 ", id="all was answered"),
    ],
)
async def test_who_makes_room_is_told_so_where_an_answer_is_due(said: bytes, heard: bytes) -> None:
    async with (
        open_verifier_server(limits=LIMITS) as server,
        crowd(server, said, 1) as alone,
        crowd(server, b"", PLACES),
    ):
        async with asyncio.timeout(PATIENT):
            received = await alone[0][0].read()

    assert received.startswith(heard)
    assert received.count(b"HTTP/1.1 ") == bool(heard)


@BOTH
async def test_where_all_places_are_kept_a_good_token_is_answered_and_the_connection_closed(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast, limits=LIMITS) as server:
        token = server.issue().reveal()
        holders = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(PLACES - 2)]
        for holder in holders:
            await ask(holder, check(token))
        replies = []
        for target in ("/auth/nginx", "/whoami", "/auth/nginx", "/auth/forward"):
            newcomer = await asyncio.open_connection("127.0.0.1", server.port)
            replies.append(await ask(newcomer, check(token, target)))
            newcomer[1].close()
        stranger = await asyncio.open_connection("127.0.0.1", server.port)
        bad = await ask(stranger, BAD)
        stranger[1].close()
        stay = [await is_open(holder) for holder in holders]
        for holder in holders:
            holder[1].close()

    assert [(reply.status, reply.header("connection")) for reply in replies] == [(200, "close")] * 4
    assert (bad.status, bad.header("connection"), all(stay)) == (401, None, True)
    assert server.closed == ["not-kept"] * 4


@BOTH
async def test_in_a_churn_of_strangers_a_newcomer_has_time_to_ask(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast, limits=LIMITS) as server:
        token = server.issue().reveal()
        churn = asyncio.create_task(_churn(server))
        times, statuses = [], []
        for _ in range(50):
            began = time.monotonic()
            newcomer = await asyncio.open_connection("127.0.0.1", server.port)
            statuses.append((await ask(newcomer, check(token))).status)
            times.append(time.monotonic() - began)
            newcomer[1].close()
        churn.cancel()

    assert statuses == [200] * 50
    assert sorted(times)[45] < 1.0
    assert "crowded-out" in server.closed


async def _churn(server: VerifierServer) -> None:
    """Open connection after connection, and say nothing."""
    streams = []
    try:
        while True:
            streams.append(await asyncio.open_connection("127.0.0.1", server.port))
    finally:
        for _, writer in streams:
            writer.transport.abort()


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
    assert took < 1
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


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"GET /auth", "late"), (b"", "late"), (BAD, "idle")],
    ids=["half a head", "nothing", "a whole request"],
)
async def test_who_has_had_its_time_is_counted(said: bytes, reason: str) -> None:
    limits = Limits(request_seconds=0.1, idle_seconds=0.1)
    async with open_verifier_server(limits=limits) as server, crowd(server, said, 1) as alone:
        async with asyncio.timeout(PATIENT):
            await alone[0][0].read()

    assert server.closed == [reason]
