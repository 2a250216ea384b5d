"""Admission of the Secrets of WorkloadTokens: what they hold is the operator's, and all else is anybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.stored_workload import third_text
from tests.support.operators.unrestrained import unrestrained
from tests.support.operators.writes import WAYS
from tests.support.security.unguarded import unguarded
from tools.control_plane.api import JSON_PATCH, Api, rule
from tools.control_plane.resources import WORKLOAD_TOKEN, kept_secret, secret

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

REVISION = "access.pharia.ai/revision"
RESERVED = "only the operator changes the token in a Secret of type access.pharia.ai/workload-token, its annotation"
REMEDY = "delete the Secret, and a new token is written"


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return unrestrained(admin, namespace)


@pytest.fixture
def kept(operator: Api, workload: Json) -> Json:
    return third_text(operator, workload)


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    admin.grant("alice", namespace, rule("", "secrets", "get", "create", "update", "patch", "delete"))
    return admin.as_user("alice")


def test_nobody_else_makes_a_secret_of_that_type(admin: Api, alice: Api, workload: Json) -> None:
    """Nor a tool that puts back a backup: the WorkloadToken has a new token minted."""
    for somebody in (admin, alice):
        for query in ({}, {"dryRun": "All"}):
            reply = somebody.create(kept_secret(workload), **query)
            assert (reply.status, "only the operator creates Secrets of type" in reply.message) == (403, True)


OF_ITS_TOKEN = [
    pytest.param({"data": {"value": "AAAA"}}, id="the text"),
    pytest.param({"data": {"more": "AAAA"}}, id="one more entry"),
    pytest.param({"metadata": {"annotations": {REVISION: "1"}}}, id="an earlier revision"),
    pytest.param({"metadata": {"annotations": {REVISION: "9"}}}, id="a later revision"),
    pytest.param({"metadata": {"annotations": {REVISION: "three"}}}, id="a revision that is none"),
    pytest.param({"immutable": True}, id="immutable"),
]


def secret_ways() -> dict[str, Callable[[Api, Json, Json], Any]]:
    return {way: WAYS[way] for way in ("replace", "merge patch")}


@pytest.mark.parametrize("change", OF_ITS_TOKEN)
def test_nobody_else_changes_what_it_holds(admin: Api, alice: Api, kept: Json, change: Json) -> None:
    for somebody in (admin, alice):
        for way, write in secret_ways().items():
            reply = write(somebody, kept, change)
            assert (way, reply.status, RESERVED in reply.message, REMEDY in reply.message) == (way, 403, True, True)
    assert admin.read(kept).body == kept


@pytest.mark.parametrize(
    "path", ["/data/value", "/metadata/annotations/access.pharia.ai~1revision", "/metadata/annotations"]
)
def test_nobody_else_takes_away_what_it_holds(admin: Api, kept: Json, path: str) -> None:
    reply = admin.patch(kept, [{"op": "remove", "path": path}], form=JSON_PATCH)

    assert (reply.status, RESERVED in reply.message) == (403, True)


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"team": "finance"}},
        {"annotations": {"reloader.stakater.com/match": "true"}},
        {"ownerReferences": None},
        {"finalizers": ["example.com/x"]},
    ],
    ids=str,
)
def test_other_metadata_is_anybodys_and_so_is_deleting_it(alice: Api, kept: Json, metadata: Json) -> None:
    assert alice.patch(kept, {"metadata": metadata}).message == ""
    assert alice.patch(kept, {"metadata": {"finalizers": None}}).ok
    assert alice.delete(kept).ok


def test_other_types_are_not_concerned(admin: Api, alice: Api, namespace: str) -> None:
    assert alice.create(secret(namespace)).ok
    assert alice.patch(secret(namespace), {"data": {"value": "AAAA"}, "immutable": True}).ok
    assert admin.patch(secret(namespace), {"type": WORKLOAD_TOKEN}).status == 422


def test_without_the_reservation_anybody_changes_the_text(admin: Api, alice: Api, kept: Json) -> None:
    def passes() -> bool:
        return alice.patch(kept, {"data": {"value": "AAAA"}}, dryRun="All").ok

    with unguarded(admin, "reserve-workload-secrets", passes=passes):
        assert alice.patch(kept, {"data": {"value": "BBBB"}}).ok
