"""A request that came before is answered without parsing; what only looks like one is read as any other."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.familiar import LONGEST, Familiar, FamiliarRequests
from pharia_access.services.gate import Contract
from pharia_access.services.verifier import Accepted
from tests.support.http_door import Door, Reply, open_door
from tests.support.wires import Wire, request

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from pharia_access.domain.token import TokenText


def familiar(door: Door, token: TokenText) -> Familiar:
    accepted = door.verifier.check(token.reveal().encode())
    assert isinstance(accepted, Accepted)
    return Familiar(Contract.NGINX, accepted, b"yes")


class TestFamiliarRequests:
    def test_what_was_remembered_is_found_by_exactly_its_bytes(self) -> None:
        door = Door()
        known, requests = familiar(door, door.issue()), FamiliarRequests()

        requests.remember(requests.digest(b"one"), known)

        assert requests.find(requests.digest(b"one")) is known
        assert requests.find(requests.digest(b"one ")) is None

    def test_two_verifiers_have_different_digests(self) -> None:
        assert FamiliarRequests().digest(b"one") != FamiliarRequests().digest(b"one")

    def test_it_never_holds_more_than_two_generations(self) -> None:
        door = Door()
        known, requests = familiar(door, door.issue()), FamiliarRequests(most=10)

        for number in range(1000):
            requests.remember(b"%d" % number, known)

        assert len(requests) <= 20
        assert requests.find(b"999") is known
        assert requests.find(b"0") is None

    def test_what_is_asked_for_stays_while_others_come_and_go(self) -> None:
        door = Door()
        known, requests = familiar(door, door.issue()), FamiliarRequests(most=10)
        requests.remember(b"asked for", known)

        for number in range(1000):
            requests.remember(b"%d" % number, known)
            assert requests.find(b"asked for") is known


def test_a_familiar_request_is_not_parsed_again(mocker: MockerFixture) -> None:
    door = Door()
    token = door.issue()
    wire = Wire(door)
    first = wire.send(request(token))
    checks = mocker.spy(door.verifier, "check")

    second = wire.send(request(token))

    assert (second, checks.call_count) == (first, 0)
    assert door.journal.decided_ == [("nginx", "ok")] * 2
    assert door.journal.used_ == [token.token_id] * 2


def test_nothing_of_a_request_is_kept() -> None:
    door = Door()
    token, shared = door.issue(), FamiliarRequests()

    Wire(door, shared).send(request(token))

    assert len(shared) == 1
    assert token.reveal() not in repr(vars(shared))


def test_a_familiar_request_among_very_many_strangers_is_found_again() -> None:
    door = Door()
    token = door.issue()
    wire = Wire(door)
    for number in range(1500):
        wire.feed(request(token, "/auth/nginx", f"x-forwarded-uri: /{number}"))
    looks: list[bytes] = []

    def digest(presented: bytes) -> bytes:
        looks.append(presented)
        return b"the same"

    wire.familiar.digest = digest

    for _ in range(40):
        wire.feed(request(token))

    assert wire.familiar.find(b"the same") is not None
    assert 20 < len(looks) < 40
    assert len(door.journal.decided_) == 1540


def test_it_is_familiar_on_every_connection() -> None:
    door = Door()
    token = door.issue()
    shared = FamiliarRequests()
    Wire(door, shared).send(request(token))

    assert shared.find(shared.digest(request(token))) is not None
    assert Wire(door, shared).send(request(token)).status == 200


@pytest.mark.parametrize(
    "lines",
    [("connection: close",), ("content-length: 0",), ("expect: 100-continue",), (f"x-filler: {'x' * LONGEST}",)],
    ids=["closes", "announces a body", "waits", "is long"],
)
def test_a_request_that_is_not_plain_is_not_remembered(lines: tuple[str, ...]) -> None:
    door = Door()
    token, shared = door.issue(), FamiliarRequests()

    async def ask() -> None:
        Wire(door, shared).feed(request(token, "/auth/forward", *lines))

    asyncio.run(ask())

    assert len(shared) == 0


def test_a_refused_request_is_not_remembered() -> None:
    door = Door()
    shared = FamiliarRequests()

    assert Wire(door, shared).send(request(Door().issue())).status == 401
    assert len(shared) == 0


@pytest.mark.parametrize(
    ("end", "status"),
    [(b"", 403), (b"1\r\nx-more: ", 403), (b"1\r\n", 400)],
    ids=["in a header", "in another", "after a header"],
)
def test_familiar_bytes_inside_of_a_request_are_no_request_of_their_own(end: bytes, status: int) -> None:
    door = Door()
    token = door.issue()
    wire = Wire(door)
    wire.send(request(token))

    wire.feed(b"GET /auth/nginx?role=admin HTTP/1.1\r\nhost: verifier\r\nx-beginning: " + end)
    wire.feed(request(token))

    assert [reply.status for reply in wire.replies()] == [status]


@pytest.mark.parametrize("announced", ["content-length: {length}", "transfer-encoding: chunked"])
async def test_a_body_of_familiar_bytes_is_a_body(announced: str) -> None:
    async with open_door() as door:
        known = request(door.issue())
        head = f"POST /check_user HTTP/1.1\r\nhost: v\r\n{announced.format(length=len(known))}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(known)
        assert Reply.read(await reader.readuntil(b"\r\n\r\n")).status == 200

        writer.write(head)
        await asyncio.sleep(0.05)
        writer.write(known)
        writer.write_eof()
        rest = await asyncio.wait_for(reader.read(), 10)
        writer.close()

    assert b"HTTP/1.1 200" not in rest


_door = Door()
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
    request(_good) + b"\r\n",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(_REQUESTS), min_size=1, max_size=12), st.data())
def test_however_requests_are_cut_into_packets_the_answers_are_the_same(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    starts = [sum(map(len, sent[:n])) for n in range(len(sent))]
    places = st.one_of(st.sampled_from(starts), st.integers(0, len(stream)))
    cuts = sorted({0, len(stream), *data.draw(st.lists(places, max_size=12))})
    remembering, forgetful = Wire(_door), Wire(_door)

    for start, end in pairwise(cuts):
        remembering.feed(stream[start:end])
    for one in sent:
        forgetful.familiar = FamiliarRequests()
        forgetful.feed(one)

    assert remembering.written == forgetful.written
