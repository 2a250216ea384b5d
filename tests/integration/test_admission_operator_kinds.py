"""Admission of what the operator does to our kinds: it sets owner references, and deletes tokens; no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.api import OPERATOR, Api, rule
from tests.support.resources import api_credential, api_role, api_token
from tests.support.unrestrained import unrestrained

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "access.pharia.ai"
ONLY_OWNERS = "of an ApiToken the operator may change the owner references and nothing else"
NOT_ITS_KINDS = "the operator may not create ApiTokens, nor write ApiCredentials or ApiRoles"

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


def test_the_operator_sets_and_removes_an_owner_reference(
    admin: Api, operator: Api, namespace: str, token: Json
) -> None:
    owner = admin.create(api_credential(namespace)).body["metadata"]
    reference = {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiCredential",
        "name": owner["name"],
        "uid": owner["uid"],
        "controller": True,
        "blockOwnerDeletion": False,
    }

    assert operator.patch(token, {"metadata": {"ownerReferences": [reference]}}).message == ""
    assert admin.read(token).body["metadata"]["ownerReferences"] == [reference]
    assert operator.patch(token, {"metadata": {"ownerReferences": None}}).message == ""
    assert operator.delete(token).ok


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


def test_the_operator_makes_no_tokens_and_no_credentials(operator: Api, namespace: str) -> None:
    for obj in (api_token(namespace, "new"), api_credential(namespace, "new")):
        reply = operator.create(obj)
        assert (reply.status, NOT_ITS_KINDS in reply.message) == (403, True)


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
