"""Requests that come while another is answered: one waits, and offers to upgrade wait like any other."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.messages import AUTH, QUESTION, SMUGGLED, filled, message
from tests.support.verifier.slow_application import SlowApplication
from tests.support.verifier.verifier_server import VerifierServer

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
WHOAMI = message("GET /whoami", AUTH)
CHECK = message("GET /auth/nginx", AUTH)
ASKED = message("POST /check_user", AUTH, body=QUESTION)


@BOTH
async def test_a_third_request_closes_the_connection_behind_the_second(*, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)

    await transport.talk([filled(WHOAMI * 5, server)])

    assert (transport.closings(), transport.closed) == ([False, True], True)


async def test_two_that_wait_in_one_packet_are_answered_and_the_connection_stays() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)

    await transport.talk([filled(WHOAMI * 2, server)] * 3)

    assert (transport.closings(), transport.closed) == ([False] * 6, False)


async def test_a_packet_full_of_requests_is_not_parsed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    server, begun = VerifierServer(), 0
    transport = MemoryTransport(server, fast=False)
    original = type(transport.protocol).on_header

    def counted(self: object, name: bytes, value: bytes) -> None:
        nonlocal begun
        begun += 1
        original(self, name, value)

    monkeypatch.setattr(type(transport.protocol), "on_header", counted)
    transport = MemoryTransport(server, fast=False)
    await transport.talk([filled(message("GET /x") * 10_000, server)])

    assert (transport.statuses(), begun <= 4) == ([404, 404], True)


async def test_the_fast_path_answers_so_many_of_one_read_and_no_more() -> None:
    server = VerifierServer()
    transport, fifteen = MemoryTransport(server), MemoryTransport(server)

    await transport.talk([filled(CHECK * 2000, server)])
    await fifteen.talk([filled(CHECK * 15, server)] * 10)

    assert (transport.closings(), transport.closed) == ([False] * 15 + [True], True)
    assert (fifteen.closings(), fifteen.closed) == ([False] * 150, False)


async def test_a_third_behind_a_check_that_waits_is_one_too_many_on_the_fast_path_too() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)

    await transport.talk([filled(WHOAMI + CHECK * 8, server)])

    assert (transport.statuses(), transport.closings()) == ([200, 200], [False, True])


async def test_nothing_is_read_while_a_request_waits() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)

    await transport.talk([WHOAMI.encode() + ASKED.encode()[:-5]])
    held = transport.reading
    await application.answer()
    freed = transport.reading
    await transport.talk([ASKED.encode()[-5:]])
    await application.answer()

    assert (held, freed, transport.statuses(), transport.closed) == (False, True, [200, 200], False)


async def test_the_one_being_answered_reads_its_body_and_wakes_no_reading() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)

    await transport.talk([ASKED.encode() + WHOAMI.encode()])

    assert (application.begun, transport.reading) == (1, False)


async def test_a_client_that_has_sent_all_gets_its_answers() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    await transport.talk([WHOAMI.encode() * 2])

    stays = transport.protocol.eof_received()
    await application.answer(2)

    assert (stays, transport.closings(), transport.closed) == (True, [False, True], True)


async def test_a_client_that_ends_in_the_midst_of_a_request_gets_what_came_before() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    await transport.talk([WHOAMI.encode() + ASKED.encode()[:-5]])

    stays = transport.protocol.eof_received()
    await application.answer(2)

    assert (stays, transport.statuses(), transport.closed, application.begun) == (True, [200], True, 1)


async def test_an_application_that_waits_for_a_body_is_told_that_no_more_will_come() -> None:
    application = SlowApplication()
    transport = MemoryTransport(VerifierServer(), fast=False, app=application)
    await transport.talk([ASKED.encode()[:-5]])

    stays = transport.protocol.eof_received()
    await application.answer()

    assert (stays, transport.written, transport.closed) == (False, b"", True)
    assert application.told[-1] == "http.disconnect"


async def test_offers_one_after_the_other_are_read_one_after_the_other() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=False)
    offered = message("POST /auth/forward", "Connection: upgrade", "Upgrade: x", body=SMUGGLED)

    await transport.talk([filled(offered * 2, server)] * 3)
    many = MemoryTransport(server)
    await many.talk([filled(offered * 3000, server)])

    assert (transport.statuses(), transport.closed) == ([401] * 6, False)
    assert (many.statuses(), many.closed) == ([401, 401], True)


async def test_reading_an_offer_again_gives_nobody_more_time() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    now = asyncio.get_running_loop().time()
    head = filled(message("POST /check_user", AUTH, "Connection: upgrade", "Upgrade: x", body=QUESTION), server)
    transport.feed(head[:20])
    transport.protocol.deadline = now + 1

    await transport.talk([head[20:-5]])

    assert transport.protocol.deadline == now + 1
