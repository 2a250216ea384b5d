"""Whatever changes for a token, its credential or its role counts for the next familiar request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Role
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.domain.token import TokenText


def revoked(server: VerifierServer, token: TokenText) -> None:
    _replace(server, token, "revoked", value=True)


def being_deleted(server: VerifierServer, token: TokenText) -> None:
    _replace(server, token, "deleting", value=True)


def brought_forward(server: VerifierServer, token: TokenText) -> None:
    _replace(server, token, "ends_at", value=server.now)


def gone(server: VerifierServer, _: TokenText) -> None:
    server.index.drop("ApiToken", "finance/ci")


def claimed_twice(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    assert found is not None
    server.index.put_token(replace(found, key="finance/copy", uid="uid-copy"))


def expired(server: VerifierServer, _: TokenText) -> None:
    server.now = 2_000_000_000.0


def suspended(server: VerifierServer, _: TokenText) -> None:
    server.index.put_credential_record(replace(_credential(server), suspended=True))


def credential_gone(server: VerifierServer, _: TokenText) -> None:
    server.index.drop("ApiCredential", "finance/ci-bot")


def credential_replaced(server: VerifierServer, _: TokenText) -> None:
    server.index.put_credential_record(replace(_credential(server), uid="another"))


def role_taken_away(server: VerifierServer, _: TokenText) -> None:
    server.index.put_credential_record(replace(_credential(server), roles=("other",)))


def role_gone(server: VerifierServer, _: TokenText) -> None:
    server.index.drop("ApiRole", "studio-user")


def role_not_for_this_namespace(server: VerifierServer, _: TokenText) -> None:
    server.index.put_role(Role("studio-user", frozenset({"elsewhere"}), ()))


def view_too_old(server: VerifierServer, _: TokenText) -> None:
    server.boottime += 301


def _replace(server: VerifierServer, token: TokenText, field: str, *, value: object) -> None:
    found = server.index.find(token.token_id)
    assert found is not None
    server.index.put_token(replace(found, **{field: value}))  # type: ignore[arg-type] # one of the fields above


def _credential(server: VerifierServer):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the index has it
    credential = server.index.credential("finance/ci-bot")
    assert credential is not None
    return credential


CHANGES: dict[Callable[[VerifierServer, TokenText], None], int] = {
    revoked: 401,
    being_deleted: 401,
    brought_forward: 401,
    gone: 401,
    claimed_twice: 401,
    expired: 401,
    suspended: 401,
    credential_gone: 401,
    credential_replaced: 401,
    role_taken_away: 403,
    role_gone: 403,
    role_not_for_this_namespace: 403,
    view_too_old: 503,
}


@pytest.mark.parametrize(("change", "status"), CHANGES.items(), ids=[change.__name__ for change in CHANGES])
def test_a_change_counts_for_the_next_familiar_request(
    change: Callable[[VerifierServer, TokenText], None], status: int
) -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    assert [transport.send(request(token)).status for _ in range(3)] == [200, 200, 200]

    change(server, token)

    assert [transport.send(request(token)).status for _ in range(2)] == [status, status]
    assert len(server.journal.decided_) == 5


def test_other_roles_are_told_at_once() -> None:
    server = VerifierServer()
    token = server.issue()
    server.index.put_role(Role("auditor", frozenset({"*"}), ()))
    transport = MemoryTransport(server)
    transport.send(request(token))

    server.index.put_credential_record(replace(_credential(server), roles=("auditor", "studio-user")))

    assert transport.send(request(token)).header("x-auth-roles") == "auditor,studio-user"
