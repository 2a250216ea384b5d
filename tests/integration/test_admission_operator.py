"""Admission of what the operator does to Secrets: whatever RBAC gives it, it is held to those of its own types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.operators.unrestrained import unrestrained
from tools.control_plane.api import APPLY, JSON_PATCH, Api
from tools.control_plane.replies import Reply
from tools.control_plane.resources import KEYRING, ONE_TIME_TOKEN, secret

FOREIGN_TYPES = ["Opaque", "helm.sh/release.v1", "access.pharia.ai/other"]
NOT_ITS_SECRET = "the operator may delete, and by a dry run see, only Secrets of type access.pharia.ai/one-time-token"
NOT_TO_BE_CHANGED = "the operator may change only Secrets of its own types"
NO_SUCH_SECRET = "the operator may write only Secrets of its own types"
VALUE = "a-value-that-must-not-leak"

Json = dict[str, Any]


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return unrestrained(admin, namespace)


@pytest.fixture
def foreign(admin: Api, namespace: str) -> Json:
    """A Secret that somebody else made."""
    obj = secret(namespace, value=VALUE)
    assert admin.create(obj).ok
    return obj


def look(operator: Api, obj: Json) -> Reply:
    """A deletion that waits for dependents, as a dry run."""
    return operator.delete(obj, dryRun="All", propagationPolicy="Foreground")


def test_the_operator_makes_looks_at_and_deletes_one_time_secrets(operator: Api, namespace: str) -> None:
    own = secret(namespace, kind=ONE_TIME_TOKEN)

    made = operator.create(own)
    looked = look(operator, own)
    uid = made.body["metadata"]["uid"]
    other = operator.delete(own, options={"preconditions": {"uid": "another"}})
    gone = operator.delete(own, options={"preconditions": {"uid": uid}})
    missing = look(operator, own)

    assert looked.body["data"] == own["data"]
    assert [r.status for r in (made, looked, other, gone, missing)] == [201, 200, 409, 200, 404]


def test_the_operator_makes_and_replaces_a_keyring_and_deletes_none(operator: Api, namespace: str) -> None:
    own = secret(namespace, kind=KEYRING)

    made = operator.create(own)
    replaced = operator.replace({**own, "data": {"value": "AAAA"}})
    refused = [look(operator, own), operator.delete(own), operator.delete(own, dryRun="All")]

    assert [made.status, replaced.status] == [201, 200]
    assert [(reply.status, NOT_ITS_SECRET in reply.message) for reply in refused] == [(403, True)] * 3
    assert replaced.body["data"]["value"] not in json.dumps([reply.body for reply in refused])


def test_a_look_changes_nothing(operator: Api, admin: Api, namespace: str) -> None:
    """Whoever else waits for its end: what is there before is there after, to the last field."""
    plain, kept, leaving = (secret(namespace, name, kind=ONE_TIME_TOKEN) for name in ("plain", "kept", "leaving"))
    for obj in (kept, leaving):
        obj["metadata"]["finalizers"] = ["example.com/wait"]  # as a webhook may; nobody may add one later
    for obj in (plain, kept, leaving):
        assert operator.create(obj).ok
    assert admin.delete(leaving).ok

    for obj in (plain, kept, leaving):
        before = admin.read(obj).body
        looks = [look(operator, obj) for _ in range(3)]
        assert [(reply.status, reply.body["data"]) for reply in looks] == [(200, obj["data"])] * 3
        assert {reply.body["metadata"]["uid"] for reply in looks} == {before["metadata"]["uid"]}
        assert admin.read(obj).body == before
    assert "deletionTimestamp" in admin.read(leaving).body["metadata"]
    assert admin.patch(kept, {"metadata": {"finalizers": None}}).ok
    assert admin.patch(leaving, {"metadata": {"finalizers": None}}).ok


@pytest.mark.parametrize("kind", FOREIGN_TYPES)
def test_the_operator_makes_no_other_secret(operator: Api, namespace: str, kind: str) -> None:
    for query in ({}, {"dryRun": "All"}):
        reply = operator.create(secret(namespace, kind=kind), **query)
        assert (reply.status, NO_SUCH_SECRET in reply.message) == (403, True)


def test_the_operator_signs_in_as_nobody(operator: Api, namespace: str) -> None:
    """Kubernetes fills a Secret of this type with a token of the ServiceAccount that it names."""
    bait = secret(namespace, kind="kubernetes.io/service-account-token")
    bait["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "default"}

    assert operator.create(bait).status == 403


@pytest.mark.parametrize(
    ("method", "form", "body", "query"),
    [
        pytest.param("PATCH", "application/merge-patch+json", {}, "dryRun=All", id="the empty dry run"),
        pytest.param("PATCH", "application/merge-patch+json", {}, "", id="an empty patch"),
        pytest.param("PATCH", "application/strategic-merge-patch+json", {}, "dryRun=All", id="another form of it"),
        pytest.param("PATCH", JSON_PATCH, [], "dryRun=All", id="a JSON patch"),
        pytest.param(
            "PATCH", "application/merge-patch+json", {"type": ONE_TIME_TOKEN}, "", id="a patch to its own type"
        ),
        pytest.param(
            "PATCH",
            APPLY,
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "somebody"}},
            "fieldManager=operator&force=true&dryRun=All",
            id="a server-side apply",
        ),
        pytest.param("PUT", "application/json", None, "dryRun=All", id="a replacement"),
        pytest.param("DELETE", "application/json", None, "", id="a delete"),
        pytest.param(
            "DELETE",
            "application/json",
            None,
            "propagationPolicy=Foreground&dryRun=All",
            id="a foreground delete that answers with the object",
        ),
        pytest.param("GET", "application/json", None, "", id="a get"),
    ],
)
def test_the_operator_reads_and_touches_no_foreign_secret(
    operator: Api, admin: Api, foreign: Json, method: str, form: str, body: object, query: str
) -> None:
    path = f"/api/v1/namespaces/{foreign['metadata']['namespace']}/secrets/somebody"
    content = {**foreign, "type": "Opaque", "data": {}} if method == "PUT" else body
    parameters = dict(pair.split("=") for pair in query.split("&") if pair)

    reply = operator.request(method, path, body=content, form=form, query=parameters)

    assert not reply.ok
    assert foreign["data"]["value"] not in json.dumps(reply.body)
    assert admin.read(foreign).body["data"] == foreign["data"]


def test_the_operator_is_told_why_its_look_was_refused(operator: Api, foreign: Json) -> None:
    looked, patched = look(operator, foreign), operator.patch(foreign, {}, dryRun="All")

    assert (looked.status, NOT_ITS_SECRET in looked.message) == (403, True)
    assert (patched.status, NOT_TO_BE_CHANGED in patched.message) == (403, True)


def test_the_operator_learns_of_a_foreign_secret_that_it_is_there_and_its_uid(
    operator: Api, admin: Api, namespace: str, foreign: Json
) -> None:
    other = {"preconditions": {"uid": "another"}}

    missing = operator.delete(secret(namespace, "missing"), options=other)
    guessed = operator.delete(foreign, options=other)

    assert (missing.status, guessed.status) == (404, 409)
    assert admin.read(foreign).body["metadata"]["uid"] in guessed.message
    assert foreign["data"]["value"] not in json.dumps(guessed.body)


def test_the_operator_lists_and_watches_no_secrets(operator: Api, namespace: str, foreign: Json) -> None:
    assert operator.find("Secret", namespace).status == 403
    assert operator.find("Secret", namespace, watch="true").status == 403


def test_the_operator_deletes_no_collection_with_a_foreign_secret(
    operator: Api, admin: Api, namespace: str, foreign: Json
) -> None:
    reply = operator.delete_all("Secret", namespace)

    assert reply.status == 403
    assert foreign["data"]["value"] not in json.dumps(reply.body)
    assert admin.read(foreign).ok
