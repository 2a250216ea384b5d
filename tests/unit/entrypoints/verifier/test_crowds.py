"""A door whose places are all taken, over real sockets: who comes with a good token gets in, whoever is there."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.crowds import BAD, LIMITS, PATIENT, PLACES, ask, check, crowd, is_open
from tests.support.verifier.verifier_server import VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[Coroutine[Any, Any, Any]], Any]
    Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CROWDS = {
    "silent": b"",
    "half a head": b"GET /auth/nginx HTT",
    "half a body": b"POST /check_user HTTP/1.1\r\nhost: v\r\ncontent-length: 10\r\n\r\n{",
    "one request without a token, then idle": BAD,
    "one request of the application, then idle": b"GET /whoami HTTP/1.1\r\nhost: v\r\n\r\n",
    "forged": b"GET /auth/nginx HTTP/1.1\r\nhost: v\r\nauthorization: Bearer pharia_x_y\r\n\r\n",
}


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
