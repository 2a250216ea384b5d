"""The schema of WorkloadToken on a real API server: what is accepted, what is refused, and what may change later."""

from __future__ import annotations

from typing import Any

import pytest

from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.resources import workload_token

HALF = "renewBefore must be at most half of ttl"
KEPT = "cannot be set, changed or removed after creation"
TTL = "must be a duration from 1s to 8784h (366 days) in hours, minutes and seconds, such as"
SECRET = {"name": "bot", "key": "PHARIA_TOKEN", "labels": {"a": "b"}, "annotations": {"c": "d"}}
CURRENT = {
    "revision": 1,
    "name": "invoice-bot-app-1",
    "uid": "u",
    "tokenID": "a" * 16,
    "deliveredAt": "2026-11-23T12:00:00Z",
    "issuedAt": "2026-11-23T12:00:00Z",
    "expiresAt": "2026-12-23T12:00:00Z",
}

Json = dict[str, Any]


def try_to_create(admin: Api, obj: Json) -> str:
    """What a person is told who creates the object; empty if it is accepted."""
    return admin.create(obj, dryRun="All", fieldValidation="Strict").message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="only a credential"),
        pytest.param({"secret": {}}, id="an empty secret"),
        pytest.param({"secret": SECRET}, id="a whole secret"),
        pytest.param({"ttl": "720h", "renewBefore": "360h"}, id="half of the life"),
        pytest.param({"renewBefore": "8784h"}, id="an overlap alone"),
        pytest.param({"rotate": "2026-11-29", "suspended": True}, id="asked and paused"),
    ],
)
def test_a_workload_token_is_accepted(admin: Api, spec: Json) -> None:
    assert try_to_create(admin, workload_token("default", **spec)) == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"credentialRef": None}, "spec.credentialRef: Required value", id="no credential"),
        pytest.param({"ttl": "30d"}, TTL, id="a ttl in days"),
        pytest.param({"ttl": "8785h"}, TTL, id="a ttl of more than a year"),
        pytest.param({"renewBefore": "0s"}, TTL, id="no overlap"),
        pytest.param({"ttl": "720h", "renewBefore": "360h1s"}, HALF, id="more than half of the life"),
        pytest.param({"secret": {"name": "../x"}}, "must be a name for a Secret", id="a name that is none"),
        pytest.param({"secret": {"key": "a/b"}}, "spec.secret.key", id="a key that is none"),
        pytest.param({"secret": {"labels": {str(n): "" for n in range(17)}}}, "spec.secret.labels", id="17 labels"),
        pytest.param({"rotate": "x" * 257}, "spec.rotate", id="a long text"),
        pytest.param({"surprise": 1}, "unknown field", id="an unknown field"),
    ],
)
def test_a_workload_token_is_refused(admin: Api, spec: Json, message: str) -> None:
    assert message in try_to_create(admin, workload_token("default", **spec))


def test_a_name_leaves_room_for_ten_digits(admin: Api) -> None:
    said = [try_to_create(admin, workload_token("default", "x" * length)) for length in (52, 53)]

    assert said[0] == ""
    assert "use at most 52 characters" in said[1]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param({}, {"credentialRef": {"name": "other"}}, "credentialRef cannot be changed", id="the credential"),
        pytest.param({}, {"secret": SECRET}, "secret cannot be set or removed", id="a secret that appears"),
        pytest.param({"secret": SECRET}, {"secret": None}, "secret cannot be set or removed", id="one that vanishes"),
        pytest.param({"secret": SECRET}, {"secret": {"name": "x"}}, f"name {KEPT}", id="its name"),
        pytest.param({"secret": SECRET}, {"secret": {"key": "x"}}, f"key {KEPT}", id="its key"),
        pytest.param({"secret": {}}, {"secret": {"key": "x"}}, f"key {KEPT}", id="a key that appears"),
        pytest.param({"secret": SECRET}, {"secret": {"labels": {"e": "f"}}}, "", id="its labels"),
        pytest.param({"ttl": "720h"}, {"ttl": None, "renewBefore": "1h", "rotate": "now"}, "", id="what mints"),
    ],
)
def test_what_may_change_later(admin: Api, namespace: str, before: Json, after: Json, message: str) -> None:
    assert admin.create(workload_token(namespace, **before)).message == ""

    said = admin.patch(workload_token(namespace), {"spec": after}).message

    assert message in said
    assert bool(message) == bool(said)


def test_a_revision_never_falls(admin: Api, namespace: str) -> None:
    workload = workload_token(namespace)
    admin.create(workload)
    admin.grant(OPERATOR, namespace, rule("access.pharia.ai", "workloadtokens/status", "patch"))
    operator = admin.as_user(OPERATOR)

    said = [
        operator.patch(workload, {"status": status}, subresource="status").message
        for status in ({"revision": 2, "current": CURRENT}, {"revision": 1}, {"revision": None}, {"revision": 3})
    ]

    assert (said[0], said[3]) == ("", "")
    assert all("revision cannot be lowered or removed" in each for each in said[1:3])
