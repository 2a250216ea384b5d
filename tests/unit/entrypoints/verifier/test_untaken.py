"""One connection takes little: who takes no answers is not read from, what comes has bounds, and all has an end."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from pharia_access.entrypoints.verifier.connection import close_overdue
from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.verifier.memory_transport import MemoryTransport, settle
from tests.support.verifier.messages import AUTH, QUESTION, chunked, filled, message
from tests.support.verifier.slow_application import SlowApplication
from tests.support.verifier.verifier_server import VerifierServer

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
WHOAMI = message("GET /whoami", AUTH)
CHECK = message("GET /auth/nginx", AUTH)
ASKED = message("POST /check_user", AUTH, body=QUESTION)


async def test_who_goes_away_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    await transport.talk([WHOAMI.encode() * 2])

    transport.close()
    transport.protocol.connection_lost(None)
    await application.answer(5)

    assert (transport.written, caplog.records) == (b"", [])


async def test_where_the_process_ends_nothing_is_answered_and_nothing_logged(caplog: pytest.LogCaptureFixture) -> None:
    transport = MemoryTransport(VerifierServer(), fast=False, app=SlowApplication())
    await transport.talk([WHOAMI.encode()])

    for task in list(transport.port.tasks):
        task.cancel()
    await settle()

    assert (transport.written, caplog.records, len(transport.port.tasks)) == (b"", [], 0)


@BOTH
async def test_who_had_its_last_answer_is_waited_for_a_second_and_no_more(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    transport.can_write_eof = lambda: True  # type: ignore[method-assign] # as a socket without TLS
    transport.write_eof = lambda: None  # type: ignore[method-assign] # the same
    now = asyncio.get_running_loop().time()
    await transport.talk([filled(CHECK, server)])
    transport.port.drain()
    await transport.talk([filled(CHECK, server)])

    cuts = [close_overdue([transport.protocol], now + later) for later in (0.5, 1.5)]

    assert (transport.closings(), cuts, transport.closed) == ([False, True], [0, 1], True)


@BOTH
async def test_while_answers_are_not_taken_nothing_is_read(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    transport.protocol.pause_writing()

    await transport.talk([filled(CHECK * 2, server)])
    held, unsaid = transport.reading, transport.written
    transport.protocol.resume_writing()
    await settle()

    assert (held, unsaid) == (False, b"")
    assert (transport.reading, transport.statuses()) == (True, [200, 200])


async def test_who_does_not_take_its_answers_is_cut_also_where_its_request_is_whole() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    now = asyncio.get_running_loop().time()
    transport.protocol.pause_writing()
    await transport.talk([filled(WHOAMI, server)])

    assert close_overdue([transport.protocol], now + 4.9) == 0
    assert close_overdue([transport.protocol], now + 5.5) == 1
    assert transport.aborted


async def test_who_takes_them_after_all_is_not_cut() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    now = asyncio.get_running_loop().time()
    transport.protocol.pause_writing()
    transport.protocol.resume_writing()
    await transport.talk([filled(WHOAMI, server)])

    assert close_overdue([transport.protocol], now + 60) == 0


async def test_a_connection_that_does_not_end_by_being_closed_is_cut() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    now = asyncio.get_running_loop().time()
    await transport.talk([b"nonsense\r\n\r\n"])

    cuts = [close_overdue([transport.protocol], now + later) for later in (1, 3, 5.9, 6.1)]

    assert (transport.closed, transport.statuses(), cuts, transport.aborted) == (True, [400], [0, 0, 0, 1], True)


async def test_a_request_that_waited_has_its_time_from_its_turn_on() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await transport.talk([WHOAMI.encode() + ASKED.encode()[:-5]])

    waiting = close_overdue([transport.protocol], now + 60)
    await application.answer()

    assert (waiting, close_overdue([transport.protocol], now + 60)) == (0, 1)


@BOTH
@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(chunked("POST /check_user", AUTH, body=QUESTION)[:-2] + "x: y\r\n" * 9000, id="trailers"),
        pytest.param(chunked("POST /check_user", AUTH, body=QUESTION)[:-2] + "x: " + "y" * 50_000, id="a trailer"),
        pytest.param(
            message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1;" + "x" * 50_000, id="an extension"
        ),
        pytest.param("\r\n" * 25_000, id="line ends"),
        pytest.param("GET /auth/nginx HTTP/1.1\r\n" + "x: y\r\n" * 9000, id="headers"),
        pytest.param("GET /" + "x" * 50_000, id="a target"),
        pytest.param(
            message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + "1\r\nx\r\n" * 9000,
            id="sizes of chunks",
        ),
    ],
)
async def test_what_is_neither_head_nor_body_ends_too(endless: str, *, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    sent = filled(endless, server)

    await transport.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (transport.statuses(), transport.closed) == ([431], True)


@BOTH
async def test_a_long_body_in_small_chunks_is_read(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    body = QUESTION + " " * (65_536 - len(QUESTION))
    chunks = "".join(f"20\r\n{body[at : at + 32]}\r\n" for at in range(0, len(body), 32))
    sent = filled(message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + chunks + "0\r\n\r\n", server)

    await transport.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (transport.statuses(), transport.closed) == ([200], False)


@BOTH
@pytest.mark.parametrize("count", [127, 128])
async def test_a_head_has_so_many_headers_and_no_more(count: int, *, fast: bool) -> None:
    """Each takes a hundred times its bytes in memory: a thousand heads of empty ones took half a gigabyte."""
    transport = MemoryTransport(VerifierServer(), fast=fast)
    head = filled("GET /auth/forward HTTP/1.1\r\nHost: v\r\n" + "a:\r\n" * count, VerifierServer())

    await transport.talk([head, b"\r\n"])

    assert (transport.statuses(), transport.closed) == (([401], False) if count < 128 else ([431], True))


async def test_nothing_is_kept_of_the_body_of_who_may_not_ask() -> None:
    transport = MemoryTransport(VerifierServer(), fast=False)
    head = b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 65536\r\n\r\n"

    await transport.talk([head + b"x" * 60_000, b"x" * 5000])

    assert (transport.statuses(), transport.closed, transport.protocol.turns) == ([401], False, deque())
    assert transport.protocol.latest.body == b""


@BOTH
@pytest.mark.parametrize("first", [CHECK, WHOAMI], ids=["a check", "a request of the application"])
async def test_half_a_head_behind_an_answer_has_the_time_of_a_request(first: str, *, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)
    now = asyncio.get_running_loop().time()

    await transport.talk([filled(first, server) + b"GET /x HT"])

    assert (transport.statuses(), close_overdue([transport.protocol], now + 5.5), transport.closed) == ([200], 1, True)


async def test_who_waits_for_our_100_or_for_us_to_read_has_all_the_time_that_we_take() -> None:
    application = SlowApplication(reads=False)
    waiting, sending = (
        MemoryTransport(VerifierServer(), fast=False, app=application),
        MemoryTransport(VerifierServer(), fast=False, app=application),
    )
    now = asyncio.get_running_loop().time()
    await waiting.talk([message("POST /check_user", AUTH, "Expect: 100-continue", "Content-Length: 9").encode()])
    await sending.talk([message("POST /check_user", AUTH, "Content-Length: 300000").encode(), b"x" * 200_000])

    assert [close_overdue([transport.protocol], now + 6) for transport in (waiting, sending)] == [0, 0]


async def test_who_is_late_with_a_second_request_gets_the_answer_to_the_first() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await transport.talk([WHOAMI.encode() + ASKED.encode()[:20]])

    cut = close_overdue([transport.protocol], now + 60)
    await application.answer()

    assert (cut, transport.closings(), transport.closed) == (1, [True], True)


@BOTH
async def test_a_body_that_nobody_wants_ends(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast, limits=Limits(body_bytes=1024))
    head = filled("POST /auth/forward HTTP/1.1\r\nHost: v\r\nContent-Length: 99999999\r\n\r\n", server)

    await transport.talk([head, *[b"x" * 1000] * 30])

    assert (transport.statuses(), transport.closed) == ([401], True)


async def test_of_a_body_no_more_is_kept_than_may_be_read() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application, limits=Limits(body_bytes=1024))

    transport.feed(b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10):
        transport.feed(b"x" * 1000)

    assert len(transport.protocol.turns[0].body) <= 2048
    await application.answer()


async def test_an_end_of_the_process_lets_both_be_answered() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    await transport.talk([WHOAMI.encode() * 2])

    transport.port.drain()
    await application.answer(2)

    assert (transport.closings(), transport.closed) == ([False, True], True)


@BOTH
@pytest.mark.parametrize("said", [b"", b"GET /auth/nginx HTT"], ids=["idle", "a request has begun"])
async def test_who_makes_room_is_not_waited_for(said: bytes, *, fast: bool) -> None:
    transport = MemoryTransport(VerifierServer(), fast=fast)
    await transport.talk([said] if said else [])

    transport.protocol.turn_out()
    told_before_the_end = (transport.statuses(), transport.closed, transport.aborted)
    await settle()

    assert told_before_the_end == ([503] if said else [], True, False)
    assert transport.aborted  # what it left untaken would hold the descriptor, and no place is taken by it any more
