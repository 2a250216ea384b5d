"""Admission of holders: who lets a ServiceAccount hold a credential is who may mint under it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.operators.writes import WAYS
from tests.support.security.unguarded import unguarded
from tests.support.security.unminted_tokens import OURS, mints
from tools.control_plane.api import Api, rule
from tools.control_plane.resources import api_credential

Json = dict[str, Any]

EDITS = rule(OURS, "apicredentials", "get", "list", "create", "update", "patch", "delete")
BINDS = rule(OURS, "apiroles", "bind")
FIRST: Json = {"name": "first", "uid": "uid-1"}
SECOND: Json = {"name": "second"}


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    """Somebody who edits credentials, with any role, and mints nothing."""
    admin.grant("alice", namespace, EDITS, BINDS)
    return admin.as_user("alice")


def held(namespace: str, *holders: Json, name: str = "invoice-bot") -> Json:
    return api_credential(namespace, name, serviceAccounts=list(holders))


@pytest.mark.parametrize(
    ("granted", "refused"),
    [
        pytest.param((), True, id="without the right"),
        pytest.param(("invoice-bot",), False, id="under the credential"),
        pytest.param(("other",), True, id="under another credential"),
    ],
)
def test_to_create_a_credential_with_a_holder_needs_the_right_to_mint(
    admin: Api, alice: Api, namespace: str, granted: tuple[str, ...], *, refused: bool
) -> None:
    if granted:
        admin.grant("alice", namespace, mints(*granted))

    reply = alice.create(held(namespace, FIRST))

    said = (
        "to let the ServiceAccount first hold the credential invoice-bot you need the verb create on"
        f" apicredentials.access.pharia.ai/token with resource name invoice-bot in namespace {namespace}"
    )
    assert (reply.ok, said in reply.message) == (not refused, refused)


def test_a_credential_without_holders_needs_no_such_right(alice: Api, namespace: str) -> None:
    assert alice.create(held(namespace)).message == ""
    assert alice.create(api_credential(namespace, "none")).message == ""


ADDS = {
    "one": [FIRST, SECOND, {"name": "third"}],
    "another name": [FIRST, {"name": "third"}],
    "another UID": [FIRST | {"uid": "uid-2"}, SECOND],
    "no UID": [{"name": "first"}, SECOND],
    "a UID": [FIRST, SECOND | {"uid": "uid-2"}],
    "two changed places": [FIRST | {"name": "second"}, {"name": "first"}],
}
KEEPS = {"the same": [FIRST, SECOND], "in another order": [SECOND, FIRST], "one less": [SECOND], "none": []}


@pytest.mark.parametrize("holders", ADDS.values(), ids=ADDS)
def test_to_add_or_widen_a_holder_needs_the_right_in_every_way_of_writing(
    admin: Api, alice: Api, namespace: str, holders: list[Json]
) -> None:
    assert admin.create(held(namespace, FIRST, SECOND)).message == ""
    before = admin.read(held(namespace)).body
    change: Json = {"spec": {"serviceAccounts": holders}}

    refused = {
        way for way, write in WAYS.items() if "you need the verb create on" in write(alice, before, change).message
    }

    # Server-side apply leaves a UID where it is that another manager wrote, so it may change nothing.
    assert refused >= WAYS.keys() - {"server-side apply"}
    assert admin.read(held(namespace)).body["spec"] == before["spec"]
    admin.grant("alice", namespace, mints("invoice-bot"))
    assert WAYS["merge patch"](alice, before, change).message == ""


@pytest.mark.parametrize("holders", KEEPS.values(), ids=KEEPS)
def test_to_keep_or_take_away_holders_needs_no_such_right(
    admin: Api, alice: Api, namespace: str, holders: list[Json]
) -> None:
    assert admin.create(held(namespace, FIRST, SECOND)).message == ""
    before = admin.read(held(namespace)).body

    change: Json = {"spec": {"serviceAccounts": holders, "description": "edited"}}

    assert WAYS["merge patch"](alice, before, change).message == ""


def test_without_the_policy_an_editor_would_add_one(admin: Api, alice: Api, namespace: str) -> None:
    with unguarded(admin, "hold-credentials", passes=lambda: alice.create(held(namespace, FIRST), dryRun="All").ok):
        assert alice.create(held(namespace, FIRST)).message == ""
