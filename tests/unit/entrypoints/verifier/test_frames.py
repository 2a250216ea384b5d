"""Requests that differ in their token alone: read once, and answered as if each were read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import Role
from pharia_access.entrypoints.verifier import checks
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_mock import MockerFixture

    from pharia_access.domain.token import TokenText

TARGET = "/auth/nginx?role=studio-user"
OTHER_TARGET = "/auth/forward?role=admin"
LINES = ("x-real-ip: 192.0.2.1", "accept: */*")


class Framed:
    """A connection that has seen twelve tokens in turn, some times."""

    def __init__(self) -> None:
        self.server = VerifierServer()
        self.tokens = [self.server.issue(f"t{number}") for number in range(12)]
        self.wire = MemoryTransport(self.server)
        for token in self.tokens * 3:
            assert self.wire.send(request(token, TARGET, *LINES)).status == 200

    @property
    def is_handed_over(self) -> bool:
        """Whether the connection waits for the rest of a request, or leaves what follows to the application."""
        protocol = self.wire.protocol
        return bool(protocol.half_read or protocol.turns or protocol._handed_over)

    def agrees(self, data: bytes) -> bool:
        """Whether this connection answers, and closes, as a connection of a verifier that remembers nothing."""
        fresh = MemoryTransport(self.server)
        before = len(self.wire.written)
        self.wire.feed(data)
        fresh.feed(data)
        return (self.wire.written[before:], self.wire.closed) == (fresh.written, fresh.closed)


def test_tokens_in_turn_are_read_once(mocker: MockerFixture) -> None:
    framed = Framed()
    read = mocker.spy(framed.wire.protocol, "_match")

    replies = [framed.wire.send(request(token, TARGET, *LINES)) for token in framed.tokens]

    assert [reply.header("x-auth-credential") for reply in replies] == [f"finance/t{n}-bot" for n in range(12)]
    assert read.call_count == 0
    assert len(framed.server.journal.decided_) == 48


def test_nobody_tries_each_time_whether_requests_differ_in_their_token_alone(mocker: MockerFixture) -> None:
    framed = Framed()
    tried = mocker.spy(framed.wire.protocol, "_answer_framed")

    for number in range(2500):
        framed.wire.feed(request(framed.tokens[number % 12], TARGET, f"x-forwarded-uri: /{number}"))

    assert tried.call_count == 3


def test_a_long_request_is_not_kept_and_no_token_ever() -> None:
    framed = Framed()
    server, tokens = framed.server, framed.tokens
    transport = MemoryTransport(server)
    for token in tokens * 2:
        transport.feed(request(token, TARGET, f"x-long: {'x' * checks._MAX_FRAME_BYTES}"))

    assert transport.protocol._before == b""
    assert framed.wire.protocol._before != b""
    assert not any(token.reveal() in repr(vars(framed.wire.protocol)) for token in tokens)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"0 ", id="a mark"),
        pytest.param(b"\r\nX: ", id="another header"),
        pytest.param(b"Bearer ", id="another scheme before"),
        pytest.param(b"\t ", id="blanks"),
        pytest.param(b"\n", id="a bare line end"),
    ],
)
def test_what_stands_before_a_token_counts(value: bytes) -> None:
    framed = Framed()
    plain = request(framed.tokens[0], TARGET, *LINES)

    assert framed.agrees(plain.replace(b"Bearer", value + b"Bearer"))
    assert framed.is_handed_over or framed.agrees(plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"studio-user", b"studio-usex", id="another requirement"),
        pytest.param(b"/auth/nginx?", b"/auth/ngin/?", id="another path"),
        pytest.param(b"GET", b"PUT", id="another method"),
        pytest.param(b"authorization", b"authorizatiox", id="another header"),
        pytest.param(b"accept: */*", b"expect: */*", id="an expectation"),
        pytest.param(b"HTTP/1.1", b"HTTP/1.0", id="another version"),
    ],
)
def test_every_byte_around_a_token_counts(old: bytes, new: bytes) -> None:
    framed = Framed()
    plain = request(framed.tokens[0], TARGET, *LINES)

    assert len(old) == len(new)
    assert framed.agrees(plain.replace(old, new))


def test_two_requests_in_one_packet_are_two() -> None:
    framed = Framed()
    first, second = (request(token, TARGET, *LINES) for token in framed.tokens[:2])

    assert framed.agrees(first + second)
    assert framed.wire.statuses()[-2:] == [200, 200]


def revoke(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    if found is not None:
        server.index.put_token(replace(found, revoked=not found.revoked))


def shorten(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    if found is not None:
        server.index.put_token(replace(found, ends_at=server.now + 5))


def suspend(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    credential = None if found is None else server.index.credential(found.credential_key)
    if credential is not None:
        server.index.put_credential_record(replace(credential, suspended=not credential.suspended))


def delete(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    if found is not None:
        server.index.drop("ApiToken", found.key)


def change_role(server: VerifierServer, _: TokenText) -> None:
    server.index.put_role(Role("studio-user", frozenset({"*"}), ()))


def wait(server: VerifierServer, _: TokenText) -> None:
    server.now += 1
    server.boottime += 100


CHANGES = (revoke, shorten, suspend, delete, change_role, wait)
CUTS = st.tuples(st.integers(0, 250), st.integers(0, 250), st.binary(max_size=3))


STEPS = st.tuples(
    st.none() | st.tuples(st.sampled_from(CHANGES), st.integers(0, 11)),
    st.integers(0, 11),
    st.none() | CUTS,
    st.sampled_from([TARGET, TARGET, OTHER_TARGET]),
)


@given(st.lists(STEPS, min_size=1, max_size=20))
def test_a_request_is_answered_as_by_a_verifier_that_remembers_nothing(
    steps: list[
        tuple[tuple[Callable[[VerifierServer, TokenText], None], int] | None, int, tuple[int, int, bytes] | None, str]
    ],
) -> None:
    """Whatever changes between two requests, and whatever bytes stand in place of others."""
    framed = Framed()

    for change, number, cut, target in steps:
        if change is not None:
            change[0](framed.server, framed.tokens[change[1]])
        data = request(framed.tokens[number], target, *LINES)
        if cut is not None:
            start, length, instead = cut
            data = data[:start] + instead + data[start + length :]
        if framed.wire.closed or framed.is_handed_over or not data:
            break
        assert framed.agrees(data)
