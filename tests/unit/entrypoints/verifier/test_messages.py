"""Where a message ends, and what follows it: each case in one packet, in two, byte by byte, on both ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.message_cases import CASES, Case
from tests.support.verifier.messages import END, filled
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def in_one(sent: bytes) -> list[bytes]:
    return [sent]


def between_head_and_body(sent: bytes) -> list[bytes]:
    at = sent.index(b"\r\n\r\n") + 4
    return [sent[:at], sent[at:]]


def by_byte(sent: bytes) -> list[bytes]:
    return [sent[at : at + 1] for at in range(len(sent))]


def heard(transport: MemoryTransport) -> tuple[int, ...]:
    return (*transport.statuses(), END) if transport.closed else tuple(transport.statuses())


CUTS = pytest.mark.parametrize("cut", [in_one, between_head_and_body, by_byte])


@EACH
@CUTS
@BOTH
async def test_a_message_is_read_as_what_it_is_however_it_comes(
    case: Case, cut: Callable[[bytes], list[bytes]], *, fast: bool
) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)

    await transport.talk(cut(filled(case.sent, server)))

    assert heard(transport) == case.statuses


@EACH
@BOTH
async def test_a_message_is_read_as_what_it_is_however_fast_it_comes(case: Case, *, fast: bool) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server, fast=fast)

    await transport.talk(by_byte(filled(case.sent, server)), in_haste=True)

    assert heard(transport) == case.statuses


@EACH
async def test_a_message_may_be_cut_at_any_place(case: Case) -> None:
    server = VerifierServer()
    sent = filled(case.sent, server)
    answers = {}
    for at in range(1, len(sent)):
        transport = MemoryTransport(server)
        await transport.talk([sent[:at], sent[at:]])
        answers[at] = heard(transport)

    assert {at: found for at, found in answers.items() if found != case.statuses} == {}
