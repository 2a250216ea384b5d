"""The gateway's word for the client reaches the audit line of its own request, on both ways into the verifier."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.domain.verdict import IssuedToken, Refusal
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.early_answers import EarlyAnswers
from pharia_access.services.verifier.authorizer import Authorizer, Contract
from pharia_access.services.verifier.client_word import ClientWord
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.verifier_server import VerifierServer

CLIENTS = ["192.0.2.1", "192.0.2.2", "", "192.0.2.3"]


class Heard:
    """An auditor that keeps whom the gateway names."""

    def __init__(self, word: ClientWord) -> None:
        self.word = word
        self.clients: list[str] = []

    def refused(self, contract: Contract, reason: Refusal, *, token: IssuedToken | None, detail: str = "") -> None:
        self.clients.append(self.word.read())

    def accepted(self, contract: Contract, token: IssuedToken) -> None:
        self.clients.append(self.word.read())

    def inspected(self, contract: Contract, token: IssuedToken) -> None:
        self.clients.append(self.word.read())


def connected(*, fast: bool, keyring: bool = True) -> tuple[VerifierServer, MemoryTransport, Heard]:
    server, word = VerifierServer(keyring=keyring), ClientWord("X-Real-Ip")
    heard = Heard(word)
    server.authorizer = Authorizer(
        server.verifier, metrics=server.journal, auditor=heard, last_used=server.journal, monotonic=lambda: 0.0
    )
    early = EarlyAnswers(server.authorizer, BusyPoll(0, now=lambda: 0.0), client_word=word)
    return server, MemoryTransport(server, fast=fast, early=early), heard


def asked(server: VerifierServer, target: str = "/auth/nginx", *, times: int = 1) -> list[bytes]:
    token = server.issue()
    lines = [(f"X-Real-Ip: {client}",) if client else () for client in CLIENTS for _ in range(times)]
    return [request(token, target, *line) for line in lines]


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize("target", ["/auth/nginx", "/auth/nginx?role=admin", "/auth/envoy/any/-/v1", "/whoami"])
async def test_each_line_names_the_client_of_its_request(target: str, *, fast: bool) -> None:
    server, transport, heard = connected(fast=fast)

    await transport.talk(asked(server, target))

    assert list(dict.fromkeys(heard.clients)) == CLIENTS
    assert len(transport.statuses()) == len(CLIENTS)


async def test_repeated_requests_name_theirs_too() -> None:
    server, transport, heard = connected(fast=True)

    await transport.talk(asked(server, times=20))

    assert heard.clients == [client for client in CLIENTS for _ in range(20)]


@pytest.mark.parametrize("size", [1, 7, 50, 200])
async def test_packets_that_are_no_single_head_name_no_other_client(size: int) -> None:
    server, transport, heard = connected(fast=True)
    sent = b"".join(asked(server))

    await transport.talk([sent[start : start + size] for start in range(0, len(sent), size)])

    assert heard.clients == CLIENTS


async def test_a_check_by_argon2id_names_its_client() -> None:
    server, transport, heard = connected(fast=True, keyring=False)

    await transport.talk(asked(server)[:1])
    async with asyncio.timeout(5):
        while not heard.clients:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)

    assert heard.clients == CLIENTS[:1]


async def test_nothing_is_held_when_nobody_asks() -> None:
    server, transport, heard = connected(fast=True)

    await transport.talk(asked(server)[:2])

    assert heard.word.read() == ""
