"""Whatever changes for a token, its credential or its role counts for the next familiar request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Role
from tests.support.http_door import Door
from tests.support.wires import Wire, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.domain.token import TokenText


def revoked(door: Door, token: TokenText) -> None:
    _replace(door, token, "revoked", value=True)


def being_deleted(door: Door, token: TokenText) -> None:
    _replace(door, token, "deleting", value=True)


def brought_forward(door: Door, token: TokenText) -> None:
    _replace(door, token, "ends_at", value=door.now)


def gone(door: Door, _: TokenText) -> None:
    door.index.drop("ApiToken", "finance/ci")


def claimed_twice(door: Door, token: TokenText) -> None:
    found = door.index.find(token.token_id)
    assert found is not None
    door.index.put_token(replace(found, key="finance/copy", uid="uid-copy"))


def expired(door: Door, _: TokenText) -> None:
    door.now = 2_000_000_000.0


def suspended(door: Door, _: TokenText) -> None:
    door.index.put_credential_record(replace(_credential(door), suspended=True))


def credential_gone(door: Door, _: TokenText) -> None:
    door.index.drop("ApiCredential", "finance/ci-bot")


def credential_replaced(door: Door, _: TokenText) -> None:
    door.index.put_credential_record(replace(_credential(door), uid="another"))


def role_taken_away(door: Door, _: TokenText) -> None:
    door.index.put_credential_record(replace(_credential(door), roles=("other",)))


def role_gone(door: Door, _: TokenText) -> None:
    door.index.drop("ApiRole", "studio-user")


def role_not_for_this_namespace(door: Door, _: TokenText) -> None:
    door.index.put_role(Role("studio-user", frozenset({"elsewhere"}), ()))


def view_too_old(door: Door, _: TokenText) -> None:
    door.boottime += 301


def _replace(door: Door, token: TokenText, field: str, *, value: object) -> None:
    found = door.index.find(token.token_id)
    assert found is not None
    door.index.put_token(replace(found, **{field: value}))  # type: ignore[arg-type] # one of the fields above


def _credential(door: Door):  # type: ignore[no-untyped-def] # noqa: ANN202 - as the index has it
    credential = door.index.credential("finance/ci-bot")
    assert credential is not None
    return credential


CHANGES: dict[Callable[[Door, TokenText], None], int] = {
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
def test_a_change_counts_for_the_next_familiar_request(change: Callable[[Door, TokenText], None], status: int) -> None:
    door = Door()
    token = door.issue()
    wire = Wire(door)
    assert [wire.send(request(token)).status for _ in range(3)] == [200, 200, 200]

    change(door, token)

    assert [wire.send(request(token)).status for _ in range(2)] == [status, status]
    assert len(door.journal.decided_) == 5


def test_other_roles_are_told_at_once() -> None:
    door = Door()
    token = door.issue()
    door.index.put_role(Role("auditor", frozenset({"*"}), ()))
    wire = Wire(door)
    wire.send(request(token))

    door.index.put_credential_record(replace(_credential(door), roles=("auditor", "studio-user")))

    assert wire.send(request(token)).header("x-auth-roles") == "auditor,studio-user"
