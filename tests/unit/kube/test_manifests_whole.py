"""What is sent whole: Secrets, the Lease, Events."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pharia_access.domain.api_values import EventMessage, LeaseRecord
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.token import parse
from pharia_access.kube import manifests
from tests.support.builders.domain_objects import NOW, TEXT, TOKEN, WINDOW, a_token

NOTICE = EventMessage(kind="ApiToken", key=TOKEN, uid="token-1", reason="Issued", message="The token can be used.")
REPORTER = manifests.Reporter("pharia-access-operator", "replica-1")


def test_a_one_time_secret_delivers_the_token() -> None:
    token = a_token(labels={"argocd.argoproj.io/instance": "x"}, annotations={"a": "b"})
    secret = manifests.one_time_secret(token, TEXT)
    data = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}

    assert (secret["type"], secret["immutable"]) == ("access.pharia.ai/one-time-token", True)
    assert parse(data.pop("token")) == TEXT
    assert data == {"tokenID": TEXT.token_id, "tokenUID": "token-1", "tokenName": "ci"}
    assert secret["metadata"] == {
        "name": "ci-token",
        "namespace": "finance",
        "labels": {"app.kubernetes.io/managed-by": "pharia-access"},
        "ownerReferences": [
            {
                "apiVersion": "access.pharia.ai/v1alpha1",
                "kind": "ApiToken",
                "name": "ci",
                "uid": "token-1",
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }


def test_a_keyring_is_written_as_it_is() -> None:
    data = {"current": b"k1", "k1": bytes(range(32))}
    secret = manifests.keyring_secret(ObjectKey("system", "keyring"), data)

    assert secret["type"] == "access.pharia.ai/keyring"
    assert {name: base64.b64decode(value) for name, value in secret["data"].items()} == data


def test_a_lease_has_six_decimals_also_where_they_are_zero() -> None:
    record = LeaseRecord("me", 15, NOW, NOW + timedelta(microseconds=5), 3, "9")
    lease = manifests.lease(record, ObjectKey("system", "operator"))

    assert lease["metadata"] == {"name": "operator", "namespace": "system", "resourceVersion": "9"}
    assert lease["spec"] == {
        "holderIdentity": "me",
        "leaseDurationSeconds": 15,
        "acquireTime": "2026-11-23T12:00:00.000000Z",
        "renewTime": "2026-11-23T12:00:00.000005Z",
        "leaseTransitions": 3,
    }


def test_a_lease_not_yet_created_has_no_version() -> None:
    lease = manifests.lease(LeaseRecord("me", 15, NOW, NOW, 0), ObjectKey("system", "operator"))

    assert "resourceVersion" not in lease["metadata"]


def test_an_event_tells_about_an_object() -> None:
    event = manifests.event(replace(NOTICE, warning=True), REPORTER, NOW)

    assert event["involvedObject"] == {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiToken",
        "namespace": "finance",
        "name": "ci",
        "uid": "token-1",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Warning", "Issued", NOTICE.message)
    assert (event["reportingComponent"], event["reportingInstance"]) == ("pharia-access-operator", "replica-1")
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-11-23T12:00:00Z"


def test_an_event_sent_twice_has_one_name() -> None:
    def name(notice: EventMessage, moment: datetime = NOW) -> Any:  # noqa: ANN401 - JSON
        return manifests.event(notice, REPORTER, moment)["metadata"]["name"]

    assert name(NOTICE) == name(replace(NOTICE))
    assert name(NOTICE) != name(replace(NOTICE, reason="Revoked"))
    assert name(NOTICE) != name(NOTICE, NOW + WINDOW)


def test_an_events_name_and_message_fit_the_api() -> None:
    event = manifests.event(replace(NOTICE, key=ObjectKey("finance", "x" * 253), message="m" * 5000), REPORTER, NOW)

    assert len(event["metadata"]["name"]) <= 253
    assert len(event["message"]) == 1024


def test_what_is_in_no_namespace_is_told_in_default() -> None:
    event = manifests.event(replace(NOTICE, kind="ApiRole", key=ObjectKey("", "studio-user")), REPORTER, NOW)

    assert event["metadata"]["namespace"] == "default"
    assert "namespace" not in event["involvedObject"]
