"""Who may pass, and who is told of it."""

from __future__ import annotations

import pytest

from pharia_access.domain.verdict import Refusal
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import Allowed, Denied, Unverified
from tests.support.verifier.verifier_server import VerifierServer


def header(token: str) -> bytes:
    return token.encode()


def test_an_accepted_request_is_counted_and_noted_as_a_use() -> None:
    server = VerifierServer()
    text = server.issue()

    decision = server.authorizer.authorize_nowait(Contract.NGINX, header(text.reveal()))

    assert isinstance(decision, Allowed)
    assert server.journal.decided_ == [("nginx", "ok")]
    assert server.journal.used_ == [text.token_id]
    assert server.journal.refused_ == []


def test_a_refused_request_is_counted_and_written_down_and_is_no_use() -> None:
    server = VerifierServer()
    text = server.issue()

    decision = server.authorizer.authorize_nowait(Contract.FORWARD, header(text.reveal()), "role=admin")

    assert isinstance(decision, Denied)
    assert decision.refusal is Refusal.INSUFFICIENT_SCOPE
    assert server.journal.decided_ == [("forward", "insufficient-scope")]
    assert server.journal.refused_ == [("forward", "insufficient-scope", "role=admin")]
    assert server.journal.used_ == []


async def test_an_inspection_is_written_down_and_is_no_use() -> None:
    server = VerifierServer()
    text = server.issue()

    decision = await server.authorizer.authorize(Contract.WHOAMI, header(text.reveal()))

    assert isinstance(decision, Allowed)
    assert server.journal.decided_ == [("whoami", "ok")]
    assert server.journal.inspected_ == [(decision.token,), (Contract.WHOAMI, decision.token)]
    assert server.journal.used_ == []


@pytest.mark.parametrize("contract", [contract for contract in Contract if contract is not Contract.WHOAMI])
async def test_every_other_question_is_a_use(contract: Contract) -> None:
    server = VerifierServer()
    text = server.issue()

    await server.authorizer.authorize(contract, header(text.reveal()))

    assert (server.journal.used_, server.journal.inspected_) == ([text.token_id], [])


def test_a_requirement_that_is_wrong_is_explained_in_the_log() -> None:
    server = VerifierServer()

    server.authorizer.authorize_nowait(Contract.FORWARD, header(server.issue().reveal()), "rolle=x")

    (refused,) = server.journal.refused_
    assert refused[1] == "malformed-requirement"
    assert "unknown requirement 'rolle'" in refused[2]


def test_what_needs_argon2_is_left_and_counted_by_nobody_yet() -> None:
    server = VerifierServer(keyring=False)

    found = server.authorizer.authorize_nowait(Contract.NGINX, header(server.issue().reveal()))

    assert isinstance(found, Unverified)
    assert server.journal.decided_ == []


async def test_the_slow_way_decides_alike() -> None:
    server = VerifierServer(keyring=False)
    text = server.issue().reveal()

    good = await server.authorizer.authorize(Contract.NGINX, header(text), "role=studio-user")
    none = await server.authorizer.authorize(Contract.NGINX, Refusal.NO_CREDENTIALS)
    by_body = await server.authorizer.authorize_text(Contract.INTROSPECT, text.encode())
    server.hash_verifier.close()

    assert isinstance(good, Allowed)
    assert none == Denied(Refusal.NO_CREDENTIALS)
    assert isinstance(by_body, Allowed)
    assert [reason for _, reason in server.journal.decided_] == ["ok", "no-credentials", "ok"]


@pytest.mark.parametrize("keyring", [True, False], ids=["at once", "by Argon2id"])
async def test_long_work_rests_for_checks_that_pass_and_for_no_others(*, keyring: bool) -> None:
    """Else a stranger who asks thirty times a second would slow everybody's long requests a hundredfold."""
    server = VerifierServer(keyring=keyring)
    text = server.issue().reveal()
    none: bytes | Refusal = Refusal.NO_CREDENTIALS
    refused = [(none, ""), (header("pharia_x"), ""), (header(text), "role=admin"), (header(text), "rolle=x")]

    for presented, requirement in refused:
        if isinstance(server.authorizer.authorize_nowait(Contract.NGINX, presented, requirement), Unverified):
            await server.authorizer.authorize(Contract.NGINX, presented, requirement)
    noted_of_refused = server.authorizer.checks
    await server.authorizer.authorize(Contract.NGINX, header(text))

    assert len(server.journal.decided_) == len(refused) + 1
    assert (noted_of_refused, server.authorizer.checks) == (0, 1)
