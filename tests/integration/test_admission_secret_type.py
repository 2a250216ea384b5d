"""Admission of Secrets that look like the operator's: the type of the one-time Secret is reserved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.unguarded import HOLD, unguarded
from tools.control_plane.api import APPLY, JSON_PATCH, OPERATOR, Api, rule
from tools.control_plane.processes import wait_until
from tools.control_plane.replies import Reply
from tools.control_plane.resources import KEYRING, ONE_TIME_TOKEN, secret

if TYPE_CHECKING:
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

EVERYTHING = rule("*", "*", "*")


@pytest.fixture
def alice(admin: Api) -> Api:
    """A user without any right but those that a test grants her."""
    return admin.as_user("alice")


def test_nobody_else_makes_a_secret_of_the_one_time_type(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EVERYTHING)
    reserved = "only the operator creates Secrets of type access.pharia.ai/one-time-token: create an ApiToken"

    for somebody in (admin, alice):
        reply = somebody.create(secret(namespace, kind=ONE_TIME_TOKEN))
        assert (reply.status, reserved in reply.message) == (403, True)
        assert somebody.create(secret(namespace, kind=ONE_TIME_TOKEN), dryRun="All").status == 403


@pytest.mark.parametrize("kind", ["Opaque", KEYRING])
def test_other_types_are_not_reserved(admin: Api, namespace: str, kind: str) -> None:
    assert admin.create(secret(namespace, kind=kind)).ok


def test_no_secret_turns_into_one_of_the_one_time_type(admin: Api, namespace: str) -> None:
    assert admin.create(secret(namespace)).ok

    reply = admin.patch(secret(namespace), {"type": ONE_TIME_TOKEN})

    assert "type: Invalid value" in reply.message


def test_a_one_time_secret_is_read_and_deleted_but_not_changed(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant(OPERATOR, namespace, rule("", "secrets", "create"))
    admin.grant("alice", namespace, rule("", "secrets", "get", "patch", "delete"))
    delivered = secret(namespace, kind=ONE_TIME_TOKEN)
    assert admin.as_user(OPERATOR).create(delivered).ok

    assert alice.read(delivered).ok
    assert "immutable" in alice.patch(delivered, {"data": {"value": "AAAA"}}).message
    assert alice.delete(delivered).ok


# Finalizers: what keeps a delivery standing after it is deleted.

TAKES_NONE = "takes no finalizer"


@pytest.fixture
def delivered(admin: Api, namespace: str) -> Json:
    """A one-time Secret as the operator makes it."""
    admin.grant(OPERATOR, namespace, rule("", "secrets", "create", "update", "patch", "delete"))
    reply = admin.as_user(OPERATOR).create(secret(namespace, kind=ONE_TIME_TOKEN))
    assert reply.ok
    return reply.body


def with_finalizers(body: Json, *names: str) -> Json:
    """The Secret with these finalizers, and whatever version it has."""
    metadata = {name: value for name, value in body["metadata"].items() if name != "resourceVersion"}
    return {**body, "metadata": {**metadata, "finalizers": list(names)}}


def applied(body: Json, *names: str) -> Json:
    """What a server-side apply says of it."""
    metadata = {"name": body["metadata"]["name"], "namespace": body["metadata"]["namespace"], "finalizers": list(names)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


Move = Callable[[Api, Json], Reply]

ADDITIONS: dict[str, Move] = {
    "PUT": lambda who, body: who.replace(with_finalizers(body, HOLD)),
    "merge patch": lambda who, body: who.patch(body, {"metadata": {"finalizers": [HOLD]}}),
    "strategic merge patch": lambda who, body: who.patch(
        body, {"metadata": {"finalizers": [HOLD]}}, form="application/strategic-merge-patch+json"
    ),
    "JSON patch": lambda who, body: who.patch(
        body, [{"op": "add", "path": "/metadata/finalizers", "value": [HOLD]}], form=JSON_PATCH
    ),
    "apply": lambda who, body: who.patch(body, applied(body, HOLD), form=APPLY, fieldManager="x"),
    "forced apply": lambda who, body: who.patch(body, applied(body, HOLD), form=APPLY, fieldManager="x", force="true"),
    "beside garbage collection's": lambda who, body: who.patch(body, {"metadata": {"finalizers": ["orphan", HOLD]}}),
    "one that looks like garbage collection's": lambda who, body: who.patch(
        body, {"metadata": {"finalizers": ["kubernetes.io/foregroundDeletion"]}}
    ),
    "as a dry run": lambda who, body: who.patch(body, {"metadata": {"finalizers": [HOLD]}}, dryRun="All"),
}


@pytest.mark.parametrize("way", ADDITIONS)
def test_nobody_adds_a_finalizer_to_a_one_time_secret(admin: Api, alice: Api, delivered: Json, way: str) -> None:
    namespace = delivered["metadata"]["namespace"]
    admin.grant("alice", namespace, rule("", "secrets", "get", "update", "patch"))

    for somebody in (admin, alice, admin.as_user(OPERATOR)):
        reply = ADDITIONS[way](somebody, delivered)
        assert (reply.status, TAKES_NONE in reply.message) == (403, True)
    assert "finalizers" not in admin.read(delivered).body["metadata"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"team": "finance"}},
        {"annotations": {"seen": "yes"}},
        {"ownerReferences": None},
        {"finalizers": ["foregroundDeletion"]},
        {"finalizers": ["orphan"]},
        {"finalizers": []},
    ],
    ids=str,
)
def test_other_metadata_of_a_one_time_secret_stays_anybodys(admin: Api, delivered: Json, metadata: Json) -> None:
    assert admin.patch(delivered, {"metadata": metadata}).ok

    gone = admin.as_user(OPERATOR).delete(delivered, options={"propagationPolicy": "Background"})

    assert (gone.status, gone.body["kind"], admin.read(delivered).status) == (200, "Status", 404)


def test_a_finalizer_that_comes_with_the_creation_stops_no_mint(admin: Api, delivered: Json) -> None:
    made = with_finalizers(secret(delivered["metadata"]["namespace"], "mutated", kind=ONE_TIME_TOKEN), HOLD)

    assert admin.as_user(OPERATOR).create(made).ok
    assert admin.patch(made, {"metadata": {"finalizers": None}}).ok


def test_other_secrets_take_finalizers(admin: Api, namespace: str) -> None:
    assert admin.create(secret(namespace)).ok

    assert admin.patch(secret(namespace), {"metadata": {"finalizers": [HOLD]}}).ok
    assert admin.patch(secret(namespace), {"metadata": {"finalizers": None}}).ok


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
def test_garbage_collection_goes_on_with_its_own_finalizers(admin: Api, delivered: Json, policy: str) -> None:
    assert admin.delete(delivered, options={"propagationPolicy": policy}).ok

    wait_until(lambda: admin.read(delivered).status == 404, what="the Secret is gone")


@pytest.mark.parametrize("which", ["ApiToken", "ApiCredential"])
@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
def test_what_a_one_time_secret_goes_with_is_deleted_in_every_way(
    workspace: Workspace, operator: RunningOperator, which: str, policy: str
) -> None:
    assert operator.process.running
    credential = workspace.credential()
    token = workspace.issued()

    workspace.delete(token if which == "ApiToken" else credential, policy=policy)

    workspace.until_gone("ApiToken", "ci")
    workspace.until_gone("Secret", "ci-token")


def test_finalizers_from_before_the_policy_are_taken_off_one_by_one(admin: Api, delivered: Json) -> None:
    def passes() -> bool:
        return admin.patch(delivered, {"metadata": {"finalizers": ["x.example/try"]}}, dryRun="All").ok

    with unguarded(admin, "reserve-one-time-secrets", passes=passes):
        held = admin.patch(delivered, {"metadata": {"finalizers": [HOLD, "x.example/more"]}})
        assert held.ok
    assert TAKES_NONE in admin.patch(delivered, {"metadata": {"finalizers": [HOLD, "x.example/new"]}}).message
    assert admin.delete(delivered).body["kind"] == "Secret"
    assert admin.patch(delivered, {"metadata": {"finalizers": [HOLD]}}).ok
    assert admin.patch(delivered, {"metadata": {"finalizers": None}}).ok

    assert admin.read(delivered).status == 404


def test_a_namespace_with_a_one_time_secret_goes(admin: Api, delivered: Json) -> None:
    name = f"{delivered['metadata']['namespace'][:50]}-going"
    assert admin.create({"kind": "Namespace", "metadata": {"name": name}}).ok
    admin.grant(OPERATOR, name, rule("", "secrets", "create"))
    assert admin.as_user(OPERATOR).create(secret(name, kind=ONE_TIME_TOKEN)).ok

    assert admin.delete({"kind": "Namespace", "metadata": {"name": name}}).ok

    gone = {"kind": "Namespace", "metadata": {"name": name}}
    wait_until(lambda: admin.read(gone).status == 404, what=f"namespace {name} is gone", timeout=60)
