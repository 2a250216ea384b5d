"""Admission of what the operator does to our kinds: it takes owner references off, and deletes tokens; no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.earlier_owners import reference_to
from tests.support.operators.unrestrained import unrestrained
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.resources import (
    api_credential,
    api_role,
    api_token,
    secret,
    workload_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OURS = "access.pharia.ai"
ONLY_OWNERS = "of an ApiToken the operator may change the owner references and nothing else"
NOT_ITS_KINDS = "the operator may not write ApiCredentials, ApiRoles or WorkloadTokens"

Json = dict[str, Any]


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return unrestrained(admin, namespace)


@pytest.fixture
def token(admin: Api, namespace: str) -> Json:
    obj = api_token(namespace)
    reply = admin.create(obj)
    assert reply.ok
    return obj


@pytest.fixture
def owned(admin: Api, namespace: str, token: Json) -> Json:
    """A token that is owned by its credential, as versions up to 0.2.0 left it, and by somebody else's object."""
    app = admin.create(secret(namespace, "app")).body["metadata"]
    theirs = {"apiVersion": "v1", "kind": "Secret", "name": "app", "uid": app["uid"]}
    ours = reference_to(admin.create(api_credential(namespace)).body)
    reply = admin.patch(token, {"metadata": {"ownerReferences": [theirs, ours]}, "spec": {"revoked": True}})
    assert reply.message == ""
    return reply.body


def test_the_operator_takes_off_a_reference_to_a_credential(admin: Api, operator: Api, owned: Json) -> None:
    theirs, _ = owned["metadata"]["ownerReferences"]

    assert operator.patch(owned, {"metadata": {"ownerReferences": [theirs]}}).message == ""
    assert admin.read(owned).body["metadata"]["ownerReferences"] == [theirs]
    assert operator.delete(owned).ok


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _, ours: [ours], id="takes off another's"),
        pytest.param(lambda *_: None, id="takes off all"),
        pytest.param(lambda theirs, _: [{**theirs, "controller": True}], id="makes another the controller"),
        pytest.param(lambda theirs, ours: [theirs, {**ours, "controller": False}], id="changes that to a credential"),
        pytest.param(
            lambda theirs, ours: [theirs, ours, {**ours, "uid": "x", "controller": False}],
            id="adds one to a credential",
        ),
        pytest.param(lambda theirs, ours: [theirs, ours, {**theirs, "uid": "x"}], id="adds one to something else"),
    ],
)
def test_the_operator_does_nothing_else_to_owner_references(
    operator: Api, owned: Json, change: Callable[[Json, Json], list[Json] | None]
) -> None:
    theirs, ours = owned["metadata"]["ownerReferences"]

    reply = operator.patch(owned, {"metadata": {"ownerReferences": change(theirs, ours)}})

    assert (reply.status, "owner references the operator may take off" in reply.message) == (403, True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": {"revoked": True}}, id="revoked"),
        pytest.param({"spec": {"expiresAt": "2027-01-31T00:00:00Z"}}, id="expiresAt"),
        pytest.param({"spec": {"description": "new"}}, id="description"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, id="a label"),
        pytest.param({"metadata": {"annotations": {"a": "b"}}}, id="an annotation"),
        pytest.param({"metadata": {"finalizers": ["access.pharia.ai/x"]}}, id="a finalizer"),
    ],
)
def test_the_operator_changes_nothing_else_of_a_token(operator: Api, token: Json, change: Json) -> None:
    reply = operator.patch(token, change)

    assert (reply.status, ONLY_OWNERS in reply.message) == (403, True)


def test_the_operator_removes_no_label_that_a_person_set(admin: Api, operator: Api, token: Json) -> None:
    assert admin.patch(token, {"metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}).ok

    assert ONLY_OWNERS in operator.patch(token, {"metadata": {"labels": None}}).message
    assert ONLY_OWNERS in operator.patch(token, {"metadata": {"annotations": {"c": "e"}}}).message


def test_the_operator_makes_no_credentials_and_no_workload_tokens(operator: Api, namespace: str) -> None:
    for obj in (api_credential(namespace, "new"), workload_token(namespace, "new")):
        reply = operator.create(obj)
        assert (reply.status, NOT_ITS_KINDS in reply.message) == (403, True)


@pytest.mark.parametrize("change", [{"rotate": "now"}, {"suspended": True}, {"ttl": "1h"}], ids=str)
def test_the_operator_changes_and_deletes_no_workload_token(operator: Api, workload: Json, change: Json) -> None:
    replies = [operator.patch(workload, {"spec": change}), operator.delete(workload)]

    assert [(reply.status, NOT_ITS_KINDS in reply.message) for reply in replies] == [(403, True)] * 2


def test_the_operator_changes_and_deletes_no_credential(admin: Api, operator: Api, namespace: str) -> None:
    credential = api_credential(namespace)
    assert admin.create(credential).ok

    for reply in (operator.patch(credential, {"spec": {"roles": ["admin"]}}), operator.delete(credential)):
        assert (reply.status, NOT_ITS_KINDS in reply.message) == (403, True)


@pytest.fixture
def role(admin: Api, namespace: str) -> Iterator[Json]:
    """A role of this test's own, which the operator may edit as far as RBAC goes."""
    obj = api_role(f"role-{namespace}"[:63].rstrip("-"))
    name = f"edit-{namespace}"
    assert admin.create(obj).ok
    admin.grant_everywhere(OPERATOR, name, rule(OURS, "apiroles", "create", "patch", "delete"))
    yield obj
    admin.revoke_everywhere(name)
    assert admin.delete(obj).ok


def test_the_operator_changes_no_role(operator: Api, role: Json) -> None:
    replies = [
        operator.patch(role, {"spec": {"allowedNamespaces": ["other"]}}),
        operator.create(api_role("new")),
        operator.delete(role),
    ]

    assert [(reply.status, NOT_ITS_KINDS in reply.message) for reply in replies] == [(403, True)] * 3
