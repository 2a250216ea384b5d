"""Admission of the times at which ServiceAccounts last used a credential: the verifier's one field there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.security.status_writers import RESTRAINED, status_writer
from tools.control_plane.api import OPERATOR, VERIFIER, Api
from tools.control_plane.resources import api_credential, api_token

MOMENT = "2026-11-24T00:00:00Z"
LATER = "2026-11-25T00:00:00Z"
READY = {"type": "Ready", "status": "True", "reason": "A", "message": "a", "lastTransitionTime": MOMENT}

Json = dict[str, Any]


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return status_writer(admin, OPERATOR, namespace)


@pytest.fixture
def verifier(admin: Api, namespace: str) -> Api:
    return status_writer(admin, VERIFIER, namespace)


@pytest.fixture
def credential(admin: Api, namespace: str) -> Json:
    return admin.create(api_credential(namespace)).body


@pytest.fixture
def token(admin: Api, namespace: str) -> Json:
    return admin.create(api_token(namespace)).body


def test_the_verifier_sets_and_moves_when_a_holder_last_used_a_credential(
    admin: Api, verifier: Api, credential: Json
) -> None:
    for moment in (MOMENT, LATER):
        change = {"status": {"lastUsedTimes": {"worker": moment}}}
        assert verifier.patch(credential, change, subresource="status").message == ""
        assert admin.read(credential).body["status"] == {**credential["status"], "lastUsedTimes": {"worker": moment}}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"lastUsedTime": MOMENT, "observedGeneration": 1}, id="observedGeneration"),
        pytest.param({"lastUsedTimes": {"worker": MOMENT}, "rolesSummary": "a"}, id="one more"),
        pytest.param({"tokens": {"active": 1}}, id="tokens"),
        pytest.param({"conditions": [READY]}, id="a condition"),
    ],
)
def test_the_verifier_changes_nothing_else_of_a_credential(verifier: Api, credential: Json, change: Json) -> None:
    reply = verifier.patch(credential, {"status": change}, subresource="status")

    assert (reply.status, RESTRAINED in reply.message) == (403, True)


def test_a_token_has_no_times_of_holders_and_a_credential_no_time_of_its_own(
    admin: Api, verifier: Api, credential: Json, token: Json
) -> None:
    verifier.patch(token, {"status": {"lastUsedTimes": {"worker": MOMENT}}}, subresource="status")
    verifier.patch(credential, {"status": {"lastUsedTime": MOMENT}}, subresource="status")

    assert "lastUsedTimes" not in admin.read(token).body["status"]
    assert "lastUsedTime" not in admin.read(credential).body["status"]


def test_a_credential_keeps_sixteen_times_and_no_text_that_is_none(operator: Api, credential: Json) -> None:
    times = {f"worker-{number}": MOMENT for number in range(17)}

    for refused in (times, {"worker": "yesterday"}, {"worker": 7}):
        assert operator.patch(credential, {"status": {"lastUsedTimes": refused}}, subresource="status").status == 422
