"""One connection takes little: one request waits, who does not take answers is not read from, and all has an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.verifier.guarded import Limits, cut_slow_clients
from tests.support.http_door import Door
from tests.support.messages import AUTH, QUESTION, SMUGGLED, chunked, filled, message
from tests.support.wires import Wire, read_replies, settle

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
WHOAMI = message("GET /whoami", AUTH)
CHECK = message("GET /auth/nginx", AUTH)
ASKED = message("POST /check_user", AUTH, body=QUESTION)


class SlowApplication:
    """Answers each request when it is told to, after reading it."""

    def __init__(self) -> None:
        self.begun = 0
        self.told: list[str] = []
        self._may_answer = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        received: Message = {"more_body": True}
        while received.get("more_body"):
            received = await receive()
            self.told.append(received["type"])
        await self._may_answer.acquire()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def answer(self, count: int = 1) -> None:
        for _ in range(count):
            self._may_answer.release()
        await settle()


def closings(wire: Wire) -> list[bool]:
    """Of each answer, whether it says that it is the last."""
    return [reply.header("connection") == "close" for reply in read_replies(wire.written)]


@BOTH
async def test_a_third_request_closes_the_connection_behind_the_second(*, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)

    await wire.talk([filled(WHOAMI * 5, door)])

    assert (closings(wire), wire.closed) == ([False, True], True)


async def test_two_that_wait_in_one_packet_are_answered_and_the_connection_stays() -> None:
    door = Door()
    wire = Wire(door)

    await wire.talk([filled(WHOAMI * 2, door)] * 3)

    assert (closings(wire), wire.closed) == ([False] * 6, False)


async def test_a_packet_full_of_requests_is_not_parsed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    door, begun = Door(), 0
    wire = Wire(door, fast=False)
    original = type(wire.protocol).on_header

    def counted(self: object, name: bytes, value: bytes) -> None:
        nonlocal begun
        begun += 1
        original(self, name, value)

    monkeypatch.setattr(type(wire.protocol), "on_header", counted)
    wire = Wire(door, fast=False)
    await wire.talk([filled(message("GET /x") * 10_000, door)])

    assert (wire.statuses(), begun <= 4) == ([404, 404], True)


async def test_the_fast_path_answers_so_many_of_one_read_and_no_more() -> None:
    door = Door()
    wire, fifteen = Wire(door), Wire(door)

    await wire.talk([filled(CHECK * 2000, door)])
    await fifteen.talk([filled(CHECK * 15, door)] * 10)

    assert (closings(wire), wire.closed) == ([False] * 15 + [True], True)
    assert (closings(fifteen), fifteen.closed) == ([False] * 150, False)


async def test_a_third_behind_a_check_that_waits_is_one_too_many_on_the_fast_path_too() -> None:
    door = Door()
    wire = Wire(door)

    await wire.talk([filled(WHOAMI + CHECK * 8, door)])

    assert (wire.statuses(), closings(wire)) == ([200, 200], [False, True])


async def test_nothing_is_read_while_a_request_waits() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)

    await wire.talk([WHOAMI.encode() + ASKED.encode()[:-5]])
    held = wire.reading
    await application.answer()
    freed = wire.reading
    await wire.talk([ASKED.encode()[-5:]])
    await application.answer()

    assert (held, freed, wire.statuses(), wire.closed) == (False, True, [200, 200], False)


async def test_the_one_being_answered_reads_its_body_and_wakes_no_reading() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)

    await wire.talk([ASKED.encode() + WHOAMI.encode()])

    assert (application.begun, wire.reading) == (1, False)


async def test_a_client_that_has_sent_all_gets_its_answers() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    await wire.talk([WHOAMI.encode() * 2])

    stays = wire.protocol.eof_received()
    await application.answer(2)

    assert (stays, closings(wire), wire.closed) == (True, [False, True], True)


async def test_a_client_that_ends_in_the_midst_of_a_request_gets_what_came_before() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    await wire.talk([WHOAMI.encode() + ASKED.encode()[:-5]])

    stays = wire.protocol.eof_received()
    await application.answer(2)

    assert (stays, wire.statuses(), wire.closed, application.begun) == (True, [200], True, 1)


async def test_an_application_that_waits_for_a_body_is_told_that_no_more_will_come() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    await wire.talk([ASKED.encode()[:-5]])

    stays = wire.protocol.eof_received()
    await application.answer()

    assert (stays, wire.written, wire.closed) == (False, b"", True)
    assert application.told[-1] == "http.disconnect"


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

    for task in list(wire.protocol.tasks):
        task.cancel()
    await settle()

    assert (wire.written, caplog.records, len(wire.protocol.tasks)) == (b"", [], 0)


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

    assert cut_slow_clients([wire.protocol], now + 4.9) == 0
    assert cut_slow_clients([wire.protocol], now + 5.5) == 1
    assert wire.aborted


async def test_who_takes_them_after_all_is_not_cut() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    wire.protocol.pause_writing()
    wire.protocol.resume_writing()
    await wire.talk([filled(WHOAMI, door)])

    assert cut_slow_clients([wire.protocol], now + 60) == 0


async def test_a_connection_that_does_not_end_by_being_closed_is_cut() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    await wire.talk([b"nonsense\r\n\r\n"])

    cuts = [cut_slow_clients([wire.protocol], now + later) for later in (1, 3, 5.9, 6.1)]

    assert (wire.closed, wire.statuses(), cuts, wire.aborted) == (True, [400], [0, 0, 0, 1], True)


async def test_a_request_that_waited_has_its_time_from_its_turn_on() -> None:
    application = SlowApplication()
    wire = Wire(Door(), fast=False, app=application)
    now = asyncio.get_running_loop().time()
    await wire.talk([WHOAMI.encode() + ASKED.encode()[:-5]])

    waiting = cut_slow_clients([wire.protocol], now + 60)
    await application.answer()

    assert (waiting, cut_slow_clients([wire.protocol], now + 60)) == (0, 1)


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
    ],
)
async def test_what_is_neither_head_nor_body_ends_too(endless: str, *, fast: bool) -> None:
    door = Door()
    wire = Wire(door, fast=fast)
    sent = filled(endless, door)

    await wire.talk([sent[at : at + 4096] for at in range(0, len(sent), 4096)])

    assert (wire.statuses(), wire.closed) == ([431], True)


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

    wire.protocol.shutdown()
    await application.answer(2)

    assert (closings(wire), wire.closed) == ([False, True], True)


async def test_offers_one_after_the_other_are_read_one_after_the_other() -> None:
    door = Door()
    wire = Wire(door, fast=False)
    offered = message("POST /auth/forward", "Connection: upgrade", "Upgrade: x", body=SMUGGLED)

    await wire.talk([filled(offered * 2, door)] * 3)
    many = Wire(door)
    await many.talk([filled(offered * 3000, door)])

    assert (wire.statuses(), wire.closed) == ([401] * 6, False)
    assert (many.statuses(), many.closed) == ([401, 401], True)


async def test_reading_an_offer_again_gives_nobody_more_time() -> None:
    door = Door()
    wire = Wire(door)
    now = asyncio.get_running_loop().time()
    head = filled(message("POST /check_user", AUTH, "Connection: upgrade", "Upgrade: x", body=QUESTION), door)
    wire.feed(head[:20])
    wire.protocol.deadline = now + 1

    await wire.talk([head[20:-5]])

    assert wire.protocol.deadline == now + 1


async def test_a_request_with_an_offer_is_not_remembered() -> None:
    door = Door()
    wire = Wire(door)
    offered = filled(message("GET /auth/nginx", AUTH, "Connection: upgrade", "Upgrade: x"), door)

    await wire.talk([offered] * 3)

    assert (wire.statuses(), len(wire.familiar)) == ([200] * 3, 0)
