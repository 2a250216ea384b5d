"""Checks that come in pieces, or while another waits: their order and their time."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.plain_requests import may_become_plain
from tests.support.verifier.memory_transport import MemoryTransport, read_replies, request
from tests.support.verifier.messages import AUTH, filled, message
from tests.support.verifier.plain_checks import PLAIN_ONES
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


@pytest.mark.parametrize("together", [False, True], ids=["alone", "behind another"])
async def test_a_check_that_must_wait_takes_no_connection_with_it(*, together: bool, mocker: MockerFixture) -> None:
    """Only Argon2id can tell of it, once."""
    server = VerifierServer()
    known = request(server.issue("known"))
    cold = request(server.issue("cold", mac=None, mac_key_id=None))
    transport = MemoryTransport(server)
    await transport.talk([known])
    await transport.talk([known + cold] if together else [known, cold])
    async with asyncio.timeout(10):
        while len(transport.statuses()) < 3:  # noqa: ASYNC110 - a thread of Argon2id's tells nobody here
            await asyncio.sleep(0.01)
    parse = mocker.spy(transport.protocol, "on_message_begin")

    transport.feed(cold)
    transport.feed(known)

    assert (transport.statuses(), parse.call_count) == ([200] * 5, 0)
    server.hash_verifier.close()


async def test_what_comes_while_a_check_waits_comes_behind_it() -> None:
    server = VerifierServer()
    known = request(server.issue("known"))
    cold = request(server.issue("cold", mac=None, mac_key_id=None), "/auth/envoy/any/-/")
    transport = MemoryTransport(server)

    transport.feed(cold)
    transport.feed(known)
    async with asyncio.timeout(10):
        while len(transport.statuses()) < 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    credentials = [reply.header("x-auth-credential") for reply in read_replies(transport.written)]
    assert credentials == ["finance/cold-bot", "finance/known-bot"]
    server.hash_verifier.close()


@pytest.mark.parametrize("cuts", [1, 2, 3, 4])
async def test_a_head_may_come_in_a_few_packets(cuts: int, mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("GET /auth/nginx", AUTH, "X: " + "y" * 3000), server)
    parse = mocker.spy(transport.protocol, "on_message_begin")
    step = len(raw) // cuts + 1

    await transport.talk([raw[at : at + step] for at in range(0, len(raw), step)] * 5)

    assert (transport.statuses(), parse.call_count, transport.closed) == ([200] * 5, 0, False)


@pytest.mark.parametrize("sent", PLAIN_ONES.values(), ids=PLAIN_ONES.keys())
def test_a_plain_head_is_waited_for_wherever_it_is_cut(sent: str) -> None:
    raw = filled(sent, VerifierServer())

    assert [at for at in range(len("OPTIONS /auth/envoy/"), len(raw)) if not may_become_plain(raw[:at])] == []
    assert not may_become_plain(raw)


def test_what_comes_behind_the_longest_head_does_not_count_for_it(mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("POST /auth/envoy/any/-/", "Content-Length: 0", AUTH), server)
    decided = mocker.spy(transport.protocol, "_answer")

    transport.feed(raw + b"\r\n" * Limits().head_bytes + b"content-length: 0\r\n")

    assert decided.call_count == 1


async def test_a_head_has_no_more_time_behind_a_check_that_came_in_two_packets_and_waited() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    cold = filled(message("GET /auth/none", AUTH), server)
    await transport.talk([cold[:30], cold[30:]])

    transport.feed(cold[:30])

    assert transport.statuses() == [404]
    assert transport.protocol.deadline <= asyncio.get_running_loop().time() + Limits().request_seconds


async def test_a_head_in_more_packets_has_no_more_time_than_another() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("GET /auth/nginx", AUTH), server)
    transport.feed(raw[:20])
    transport.protocol.deadline = 1.0

    for byte in raw[20:-1]:
        transport.feed(bytes([byte]))
    waited = transport.protocol.deadline
    transport.feed(raw[-1:])
    await transport.talk([])

    assert (waited, transport.statuses(), transport.protocol.deadline > 1.0) == (1.0, [200], True)


_door = VerifierServer()
_good, _other, _bad = _door.issue("a"), _door.issue("b"), _door.issue("c", revoked=True)
_REQUESTS = [
    request(_good),
    request(_other),
    request(_bad),
    request(_good, "/auth/forward"),
    request(_good, "/auth/envoy/any/-/x"),
    request(_other, "/auth/nginx?role=admin"),
    request(_good, "/auth/nginx", "x-forwarded-uri: /1"),
    b"\r\n" + request(_good),
    request(_good, "/auth/forward", "content-length: 3") + b"abc",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(_REQUESTS), min_size=1, max_size=12), st.data())
def test_however_requests_are_cut_into_packets_the_answers_are_the_same(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    starts = [sum(map(len, sent[:n])) for n in range(len(sent))]
    places = st.one_of(st.sampled_from(starts), st.integers(0, len(stream)))
    cuts = sorted({0, len(stream), *data.draw(st.lists(places, max_size=12))})

    async def talk(packets: list[bytes]) -> tuple[list[int], bool]:
        transport = MemoryTransport(_door)
        await transport.talk(packets)
        return transport.statuses(), transport.closed

    answers, closed = asyncio.run(talk([stream[start:end] for start, end in pairwise(cuts)]))
    expected, _ = asyncio.run(talk(sent))

    assert answers == expected[: len(answers)]
    assert len(answers) == len(expected) or closed  # a third that waits is one too many
