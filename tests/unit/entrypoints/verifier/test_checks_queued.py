"""Gateways' checks that queue for a signature: each is answered once, in order, whatever happens meanwhile."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.verdict import CredentialRecord
from pharia_access.services.verifier.signature_queue import SignatureQueue
from tests.support.verifier.memory_transport import MemoryTransport, request, settle
from tests.support.verifier.service_account_tokens import PlayedIssuer, base64url, claims_of_pod
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

if TYPE_CHECKING:
    from collections.abc import Sequence


@cache
def issuer() -> PlayedIssuer:
    played = PlayedIssuer()
    played.were_just_read = True
    return played


@cache
def good(number: int) -> bytes:
    return asking(issuer().sign(claims_of_pod(jti=f"id-{number}")))


@cache
def forged(number: int) -> bytes:
    text = issuer().sign(claims_of_pod(jti=f"id-{number}"))
    return asking(text.rpartition(b".")[0] + b"." + base64url(b"\x01" * 256).encode())


def asking(text: bytes) -> bytes:
    return b"GET /auth/nginx HTTP/1.1\r\nhost: verifier\r\nauthorization: Bearer " + text + b"\r\n\r\n"


class Gateway:
    """Some connections to one verifier, in which one signature is verified in an iteration."""

    def __init__(self, connections: int) -> None:
        self.server = VerifierServer(service_accounts=issuer(), queue=SignatureQueue())
        held = CredentialRecord(
            "finance", "invoice-bot", SUBJECT, ("studio-user",), service_accounts={"invoice-bot": ""}
        )
        self.server.index.put_credential_record(held)
        first = MemoryTransport(self.server)
        others = [MemoryTransport(self.server, early=first.early) for _ in range(connections - 1)]
        self.connections = [first, *others]

    def feed_all(self, packets: Sequence[bytes]) -> None:
        for connection, packet in zip(self.connections, packets, strict=True):
            connection.feed(packet)

    @property
    def statuses(self) -> list[list[int]]:
        return [connection.statuses() for connection in self.connections]


async def test_one_is_answered_at_once_and_the_others_one_after_the_other() -> None:
    gateway = Gateway(4)

    gateway.feed_all([good(0), forged(1), good(2), forged(3)])
    at_once, reading = gateway.statuses, [connection.reading for connection in gateway.connections]
    await settle()

    assert (at_once, reading) == ([[200], [], [], []], [True, False, False, False])
    assert gateway.statuses == [[200], [401], [200], [401]]
    assert all(connection.reading for connection in gateway.connections)


async def test_who_needs_no_signature_does_not_wait() -> None:
    gateway = Gateway(4)
    own, known = gateway.connections[2:]
    known.feed(good(0))
    await settle()

    gateway.connections[0].feed(forged(1))
    gateway.connections[1].feed(forged(2))
    own.feed(request(gateway.server.issue()))
    known.feed(good(0))

    assert gateway.statuses == [[401], [], [200], [200, 200]]


async def test_who_leaves_the_queue_holds_up_nobody_and_gets_nothing() -> None:
    gateway = Gateway(5)
    _, lost, turned_out, overdue, last = gateway.connections
    gateway.feed_all([forged(0), good(1), good(2), good(3), good(4)])

    lost.protocol.connection_lost(None)
    turned_out.protocol.turn_out()
    overdue.protocol.close_if_overdue(overdue.protocol.deadline + 1)
    await settle()

    assert gateway.statuses == [[401], [], [503], [], [200]]
    assert overdue.closed
    assert last.reading


async def test_a_process_that_ends_answers_who_queues_and_nobody_else() -> None:
    gateway = Gateway(3)
    gateway.feed_all([forged(0), good(1), good(2)])

    for connection in gateway.connections:
        connection.port.draining = True
        connection.protocol.drain()
        connection.protocol.end_idle()
    await settle()

    assert gateway.statuses == [[401], [200], [200]]
    assert [connection.closed for connection in gateway.connections] == [True] * 3


_KINDS = {"good": (good, 200), "forged": (forged, 401)}


@given(
    sent=st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from([*_KINDS]), st.integers(0, 3), st.booleans(), st.integers(0, 1100)
        ),
        max_size=12,
    )
)
async def test_however_packets_come_each_connection_gets_its_answers_in_order(
    sent: list[tuple[int, str, int, bool, int]],
) -> None:
    """Two connections send in haste, also what they were not read for; packets are cut anywhere."""
    gateway = Gateway(3)
    expected: list[list[int]] = [[], [], []]

    for place, kind, number, waits, cut in sent:
        make, status = _KINDS[kind]
        if waits or not gateway.connections[place].reading:
            await settle()
        for part in (make(number)[:cut], make(number)[cut:]):
            gateway.connections[place].feed(part)
        expected[place].append(status)
    await settle()

    assert gateway.statuses == expected


@pytest.mark.parametrize(
    ("behind", "statuses"),
    [(good(0), [200]), (forged(0), [401]), (b"GET /auth", [])],
    ids=["a good one", "a forged one", "a beginning"],
)
async def test_what_comes_though_nothing_is_read_comes_behind(behind: bytes, statuses: list[int]) -> None:
    """As the memory of TLS may hold."""
    gateway = Gateway(2)
    gateway.feed_all([forged(0), good(1)])

    gateway.connections[1].feed(behind)
    await settle()
    await settle()

    assert gateway.statuses[1] == [200, *statuses]
