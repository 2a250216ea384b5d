"""One connection takes little: who takes no answers is not read from, what comes has bounds, and all has an end."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from pharia_access.entrypoints.verifier.connection import close_overdue
from pharia_access.entrypoints.verifier.limits import Limits
from tests.support.http_door import Door
from tests.support.messages import AUTH, QUESTION, chunked, filled, message
from tests.support.slow_application import SlowApplication
from tests.support.wires import Wire, settle

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
WHOAMI = message("GET /whoami", AUTH)
CHECK = message("GET /auth/nginx", AUTH)
ASKED = message("POST /check_user", AUTH, body=QUESTION)


async def test_who_goes_away_leaves_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    await wire.talk([WHOAMI.encode() * 2])

    wire.close()
    wire.protocol.connection_lost(None)
    await application.answer(5)

    assert (wire.written, caplog.records) == (b"", [])


async def test_where_the_process_ends_nothing_is_answered_and_nothing_logged(caplog: pytest.LogCaptureFixture) -> None:
    wire = Wire(Door(), fast=False, app=SlowApplication())
    await wire.talk([WHOAMI.encode()])

    for task in list(wire.port.tasks):
        task.cancel()
    await settle()

    assert (wire.written, caplog.records, len(wire.port.tasks)) == (b"", [], 0)


@BOTH
async def test_who_had_its_last_answer_is_waited_for_a_second_and_no_more(*, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)
    wire.can_write_eof = lambda: True  # type: ignore[method-assign] # as a socket without TLS
    wire.write_eof = lambda: None  # type: ignore[method-assign] # the same
    now = asyncio.get_running_loop().time()
    await wire.talk([filled(CHECK, door)])
    wire.port.drain()
    await wire.talk([filled(CHECK, door)])

    cuts = [close_overdue([wire.protocol], now + later) for later in (0.5, 1.5)]

    assert (wire.closings(), cuts, wire.closed) == ([False, True], [0, 1], True)


@BOTH
async def test_while_answers_are_not_taken_nothing_is_read(*, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)
    wire.protocol.pause_writing()

    await wire.talk([filled(CHECK * 2, door)])
    held, unsaid = wire.reading, wire.written
    wire.protocol.resume_writing()
    await settle()

    assert (held, unsaid) == (False, b"")
    assert (wire.reading, wire.statuses()) == (True, [200, 200])


async def test_who_does_not_take_its_answers_is_cut_also_where_its_request_is_whole() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    wire.protocol.pause_writing()
    await wire.talk([filled(WHOAMI, door)])

    assert close_overdue([wire.protocol], now + 4.9) == 0
    assert close_overdue([wire.protocol], now + 5.5) == 1
    assert wire.aborted


async def test_who_takes_them_after_all_is_not_cut() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    wire.protocol.pause_writing()
    wire.protocol.resume_writing()
    await wire.talk([filled(WHOAMI, door)])

    assert close_overdue([wire.protocol], now + 60) == 0


async def test_a_connection_that_does_not_end_by_being_closed_is_cut() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    await wire.talk([b"nonsense\r\n\r\n"])

    cuts = [close_overdue([wire.protocol], now + later) for later in (1, 3, 5.9, 6.1)]

    assert (wire.closed, wire.statuses(), cuts, wire.aborted) == (True, [400], [0, 0, 0, 1], True)


async def test_a_request_that_waited_has_its_time_from_its_turn_on() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await wire.talk([WHOAMI.encode() + ASKED.encode()[:-5]])

    waiting = close_overdue([wire.protocol], now + 60)
    await application.answer()

    assert (waiting, close_overdue([wire.protocol], now + 60)) == (0, 1)


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
    door = Door()
    wire = Wire(door, fast=fast)
    sent = filled(endless, door)

    await wire.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (wire.statuses(), wire.closed) == ([431], True)


@BOTH
async def test_a_long_body_in_small_chunks_is_read(*, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)
    body = QUESTION + " " * (65_536 - len(QUESTION))
    chunks = "".join(f"20\r\n{body[at : at + 32]}\r\n" for at in range(0, len(body), 32))
    sent = filled(message("POST /check_user", AUTH, "Transfer-Encoding: chunked") + chunks + "0\r\n\r\n", door)

    await wire.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (wire.statuses(), wire.closed) == ([200], False)


@BOTH
@pytest.mark.parametrize("count", [127, 128])
async def test_a_head_has_so_many_headers_and_no_more(count: int, *, fast: bool) -> None:
    """Each takes a hundred times its bytes in memory: a thousand heads of empty ones took half a gigabyte."""
    wire = Wire(Door(), fast=fast)
    head = filled("GET /auth/forward HTTP/1.1\r\nHost: v\r\n" + "a:\r\n" * count, Door())

    await wire.talk([head, b"\r\n"])

    assert (wire.statuses(), wire.closed) == (([401], False) if count < 128 else ([431], True))


async def test_nothing_is_kept_of_the_body_of_who_may_not_ask() -> None:
    wire = Wire(Door(), fast=False)
    head = b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 65536\r\n\r\n"

    await wire.talk([head + b"x" * 60_000, b"x" * 5000])

    assert (wire.statuses(), wire.closed, wire.protocol.turns) == ([401], False, deque())
    assert wire.protocol.latest.body == b""


@BOTH
@pytest.mark.parametrize("first", [CHECK, WHOAMI], ids=["a check", "a request of the application"])
async def test_half_a_head_behind_an_answer_has_the_time_of_a_request(first: str, *, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)
    now = asyncio.get_running_loop().time()

    await wire.talk([filled(first, door) + b"GET /x HT"])

    assert (wire.statuses(), close_overdue([wire.protocol], now + 5.5), wire.closed) == ([200], 1, True)


async def test_who_waits_for_our_100_or_for_us_to_read_has_all_the_time_that_we_take() -> None:
    application = SlowApplication(reads=False)
    waiting, sending = Wire(Door(), fast=False, app=application), Wire(Door(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await waiting.talk([message("POST /check_user", AUTH, "Expect: 100-continue", "Content-Length: 9").encode()])
    await sending.talk([message("POST /check_user", AUTH, "Content-Length: 300000").encode(), b"x" * 200_000])

    assert [close_overdue([wire.protocol], now + 6) for wire in (waiting, sending)] == [0, 0]


async def test_who_is_late_with_a_second_request_gets_the_answer_to_the_first() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await wire.talk([WHOAMI.encode() + ASKED.encode()[:20]])

    cut = close_overdue([wire.protocol], now + 60)
    await application.answer()

    assert (cut, wire.closings(), wire.closed) == (1, [True], True)


@BOTH
async def test_a_body_that_nobody_wants_ends(*, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast, limits=Limits(body_bytes=1024))
    head = filled("POST /auth/forward HTTP/1.1\r\nHost: v\r\nContent-Length: 99999999\r\n\r\n", door)

    await wire.talk([head, *[b"x" * 1000] * 30])

    assert (wire.statuses(), wire.closed) == ([401], True)


async def test_of_a_body_no_more_is_kept_than_may_be_read() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application, limits=Limits(body_bytes=1024))

    wire.feed(b"POST /check_user HTTP/1.1\r\nHost: v\r\nContent-Length: 10000\r\n\r\n")
    for _ in range(10):
        wire.feed(b"x" * 1000)

    assert len(wire.protocol.turns[0].body) <= 2048
    await application.answer()


async def test_an_end_of_the_process_lets_both_be_answered() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    await wire.talk([WHOAMI.encode() * 2])

    wire.port.drain()
    await application.answer(2)

    assert (wire.closings(), wire.closed) == ([False, True], True)


@BOTH
@pytest.mark.parametrize("said", [b"", b"GET /auth/nginx HTT"], ids=["idle", "a request has begun"])
async def test_who_makes_room_is_not_waited_for(said: bytes, *, fast: bool) -> None:
    wire = Wire(Door(), fast=fast)
    await wire.talk([said] if said else [])

    wire.protocol.turn_out()
    told_before_the_end = (wire.statuses(), wire.closed, wire.aborted)
    await settle()

    assert told_before_the_end == ([503] if said else [], True, False)
    assert wire.aborted  # what it left untaken would hold the descriptor, and no place is taken by it any more
