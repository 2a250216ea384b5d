"""Admission of status: the operator's alone, and the verifier's one field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.status_writers import RESTRAINED, status_writer
from tools.control_plane.api import APPLY, OPERATOR, VERIFIER, Api
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

REFUSED = "status is written by the operator alone: change spec instead, for example spec.revoked"

READY = {
    "type": "Ready",
    "status": "True",
    "reason": "Issued",
    "message": "The token was minted.",
    "lastTransitionTime": "2026-11-23T00:00:00Z",
    "observedGeneration": 1,
}
STATUS = {
    "observedGeneration": 1,
    "phase": "Active",
    "conditions": [READY],
    "tokenID": "q7c3abcdefghijkl",
    "credential": {"name": "invoice-bot", "uid": "7b0e"},
    "pendingSince": "2026-11-23T00:00:00Z",
    "issuedAt": "2026-11-23T00:00:00Z",
    "expiresAt": "2027-01-31T00:00:00Z",
    "hash": f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}",
    "mac": {"keyID": "k1", "value": "m" * 43},
    "delivery": {
        "secretName": "invoice-bot-ci-token",
        "secretUID": "9c1f",
        "deadline": "2026-11-23T01:00:00Z",
        "state": "Available",
    },
}

Json = dict[str, Any]


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return status_writer(admin, OPERATOR, namespace)


@pytest.fixture
def verifier(admin: Api, namespace: str) -> Api:
    return status_writer(admin, VERIFIER, namespace)


@pytest.fixture
def token(admin: Api, operator: Api, namespace: str) -> Json:
    """A token that the operator has minted."""
    obj = api_token(namespace)
    assert admin.create(obj).ok
    assert operator.patch(obj, {"status": STATUS}, subresource="status").message == ""
    return admin.read(obj).body


@pytest.fixture
def without_hash(admin: Api, operator: Api, namespace: str) -> Json:
    """A token of which the schema guards no field, so that the policy must."""
    obj = api_token(namespace, "without-hash")
    assert admin.create(obj).ok
    status = {name: value for name, value in STATUS.items() if name != "hash"}
    assert operator.patch(obj, {"status": status}, subresource="status").message == ""
    return obj


@pytest.fixture
def credential(admin: Api, namespace: str) -> Json:
    obj = api_credential(namespace)
    return admin.create(obj).body


def test_the_operator_writes_the_status_of_both_kinds(operator: Api, token: Json, credential: Json) -> None:
    counts = {"active": 1, "expired": 0, "revoked": 0, "pending": 0, "failed": 0}

    reply = operator.replace(
        {**credential, "status": {"observedGeneration": 1, "tokens": counts}}, subresource="status"
    )

    assert reply.body["status"]["tokens"] == counts
    assert token["status"] == STATUS


def test_a_cluster_administrator_writes_no_status(
    control_plane: ControlPlane, admin: Api, namespace: str, token: Json, credential: Json
) -> None:
    for obj in (token, credential):
        forged = {**obj, "status": {**obj["status"], "observedGeneration": 2}}
        ways = [
            admin.replace(forged, subresource="status"),
            admin.patch(obj, {"status": {"observedGeneration": 2}}, subresource="status"),
            admin.patch(obj, {"status": {"conditions": []}}, subresource="status", dryRun="All"),
        ]
        assert [(way.status, REFUSED in way.message) for way in ways] == [(403, True)] * 3

    patch = ("patch", "apitoken", "invoice-bot-ci", "-n", namespace, "--subresource=status", "--type=merge")
    told = control_plane.kubectl(*patch, "-p", '{"status":{"phase":"Revoked"}}', check=False).stderr
    assert REFUSED in told


def test_the_right_to_write_status_is_not_enough(admin: Api, namespace: str, token: Json) -> None:
    alice = status_writer(admin, "alice", namespace)
    applied = {**api_token(namespace), "status": {"phase": "Revoked"}}
    del applied["spec"]

    assert alice.patch(token, {"status": {"phase": "Active"}}, subresource="status").status == 403
    assert alice.patch(token, applied, subresource="status", form=APPLY, fieldManager="a", force="true").status == 403


def test_status_in_a_write_of_the_object_is_dropped(admin: Api, token: Json) -> None:
    assert admin.patch(token, {"status": {"phase": "Revoked"}}).ok
    assert admin.read(token).body["status"] == STATUS


def test_the_verifier_sets_and_moves_the_time_of_last_use(admin: Api, verifier: Api, token: Json) -> None:
    for moment in ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"):
        change = {"status": {"lastUsedTime": moment}}
        assert verifier.patch(token, change, subresource="status").message == ""
        assert admin.read(token).body["status"] == {**STATUS, "lastUsedTime": moment}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"observedGeneration": 2}, id="observedGeneration"),
        pytest.param({"phase": "Expired"}, id="phase"),
        pytest.param({"conditions": [{**READY, "reason": "Other"}]}, id="a condition"),
        pytest.param({"conditions": []}, id="no conditions"),
        pytest.param({"credential": {"name": "invoice-bot", "uid": "other"}}, id="the credential's UID"),
        pytest.param({"pendingSince": "2026-11-24T00:00:00Z"}, id="pendingSince"),
        pytest.param({"issuedAt": "2026-11-24T00:00:00Z"}, id="issuedAt"),
        pytest.param({"expiresAt": "2199-01-31T00:00:00Z"}, id="expiresAt"),
        pytest.param({"expiresAt": None}, id="no expiresAt"),
        pytest.param({"mac": {"keyID": "k2"}}, id="the key's ID"),
        pytest.param({"mac": None}, id="no MAC"),
        pytest.param({"delivery": {"state": "Collected"}}, id="delivery"),
        pytest.param({"delivery": {"state": None}}, id="a part of delivery less"),
        pytest.param({"phase": "Expired", "lastUsedTime": "2026-11-24T00:00:00Z"}, id="phase with lastUsedTime"),
    ],
)
def test_the_verifier_changes_nothing_else(verifier: Api, without_hash: Json, change: Json) -> None:
    reply = verifier.patch(without_hash, {"status": change}, subresource="status")

    assert (reply.status, RESTRAINED in reply.message) == (403, True)


def test_the_verifier_adds_no_field(admin: Api, verifier: Api, namespace: str) -> None:
    fresh = api_token(namespace, "fresh")
    assert admin.create(fresh).ok

    for field in set(STATUS) - {"observedGeneration"}:
        reply = verifier.patch(fresh, {"status": {field: STATUS[field]}}, subresource="status")
        assert (field, reply.status) == (field, 403)


def test_the_verifier_removes_no_status(verifier: Api, credential: Json, token: Json) -> None:
    fresh = {**token, "status": {"lastUsedTime": "2026-11-24T00:00:00Z"}}

    assert not verifier.replace(fresh, subresource="status").ok
    assert verifier.patch(credential, {"status": {"observedGeneration": 1}}, subresource="status").status == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"tokenID": "q7c3abcdefghijkm"}, "tokenID", id="another ID"),
        pytest.param({"tokenID": None}, "tokenID", id="no ID"),
        pytest.param({"hash": f"$argon2id$v=19$m=8,t=1,p=1${'x' * 22}${'y' * 43}"}, "hash", id="another hash"),
        pytest.param({"hash": None}, "hash", id="no hash"),
        pytest.param({"credential": {"name": "admin"}}, "credential", id="another credential"),
        pytest.param({"credential": {"uid": "another"}}, "credential", id="another credential of the name"),
        pytest.param({"issuedAt": "2026-11-24T00:00:00Z"}, "issuedAt", id="another beginning"),
        pytest.param({"expiresAt": "2027-02-28T00:00:00Z"}, "expiresAt", id="another end"),
        pytest.param({"expiresAt": None}, "expiresAt", id="no end"),
        pytest.param({"mac": {"value": "x" * 43}}, "mac", id="another MAC"),
        pytest.param({"mac": None}, "mac", id="no MAC"),
    ],
)
def test_not_even_the_operator_changes_what_was_minted(operator: Api, token: Json, change: Json, field: str) -> None:
    reply = operator.patch(token, {"status": change}, subresource="status")

    assert reply.status == 422
    assert re.search(rf"{field} cannot be .*: a token is minted once per ApiToken", reply.message)


def test_not_even_the_operator_records_a_credential_that_the_spec_does_not_name(
    admin: Api, operator: Api, namespace: str
) -> None:
    fresh = api_token(namespace, "fresh", credentialRef={"name": "humble"})
    assert admin.create(fresh).ok

    reply = operator.patch(fresh, {"status": STATUS}, subresource="status")

    assert reply.status == 422
    assert "status.credential must be the credential that spec.credentialRef names" in reply.message


def test_a_status_that_breaks_the_schema_is_refused(operator: Api, token: Json) -> None:
    for change in ({"phase": "Ready"}, {"hash": "$2b$12$x"}, {"tokenID": "SHORT"}, {"conditions": [{"type": "A"}]}):
        assert operator.patch(token, {"status": change}, subresource="status").status == 422


def test_rules_about_spec_stop_no_status_of_a_token_that_has_ended(admin: Api, operator: Api, namespace: str) -> None:
    ended = api_token(
        namespace, "ended", revoked=True, ttl="1h", expiresAt="2027-01-31T01:00:00+14:00", delivery={"window": "1m"}
    )
    assert admin.create(ended).ok

    assert operator.patch(ended, {"status": {"phase": "Revoked"}}, subresource="status").message == ""
