"""Tokens without a mint, in each state; and edits of them, refused and allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tools.control_plane.api import Api, rule
from tools.control_plane.resources import api_token

__all__ = [
    "ALLOWED",
    "MARK",
    "MINTED",
    "OURS",
    "OWNER",
    "REFUSED",
    "REMOVALS",
    "STATES",
    "Json",
    "a_token",
    "mints",
    "told",
]

OURS = "access.pharia.ai"
MARK = "velero.io/restore-name"
LATER, SOONER = "2027-01-31T00:00:00Z", "2027-01-30T00:00:00Z"
HASH = f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "somebody", "uid": "0a1b"}
FROZEN = "2026-11-23T00:00:00Z"

Json = dict[str, Any]

MINTED: Json = {
    "phase": "Active",
    "tokenID": "q7c3abcdefghijkl",
    "credential": {"name": "invoice-bot", "uid": "7b0e"},
    "issuedAt": FROZEN,
    "expiresAt": LATER,
    "hash": HASH,
}


def judged(phase: str, reason: str, **more: object) -> Json:
    """The status of a token without a mint."""
    ready = {"type": "Ready", "status": "False", "reason": reason, "message": "Words.", "lastTransitionTime": FROZEN}
    return {"observedGeneration": 1, "phase": phase, "conditions": [ready], **more}


STATES: dict[str, Json] = {
    "new": {},
    "waiting": judged("Pending", "CredentialSuspended", pendingSince=FROZEN),
    "in the way of a Secret": judged("Pending", "SecretConflict", pendingSince=FROZEN),
    "restored": judged("Pending", "Restored"),
    "malformed": judged("Pending", "InvalidSpec"),
    "failed": judged("Failed", "TTLTooLong"),
    "expired": judged("Expired", "Expired"),
}
"""Statuses without a hash."""


def mints(*credentials: str) -> Json:
    return rule(OURS, "apicredentials/token", "create", names=credentials)


def a_token(admin: Api, operator: Api, namespace: str, status: Json, name: str = "invoice-bot-ci") -> Json:
    """A token with a label, an annotation and an end, of which the operator said this."""
    body = api_token(namespace, name, expiresAt=LATER)
    body["metadata"] |= {"labels": {MARK: "nightly", "team": "a"}, "annotations": {"note": "a"}}
    assert admin.create(body).ok
    if status:
        assert operator.patch(body, {"status": status}, subresource="status").message == ""
    return admin.read(body).body


def told(namespace: str) -> str:
    return (
        "to change spec, labels or annotations of an ApiToken that is not minted under the credential invoice-bot you"
        " need the verb create on apicredentials.access.pharia.ai/token with resource name invoice-bot in namespace"
        f" {namespace}: ask an administrator of the namespace for it; revoking and deleting it needs no such right"
    )


REFUSED = [
    pytest.param({"spec": {"description": "new"}}, id="a description"),
    pytest.param({"spec": {"expiresAt": SOONER}}, id="an end brought forward"),
    pytest.param({"spec": {"expiresAt": "2020-01-01T00:00:00Z"}}, id="an end in the past"),
    pytest.param({"spec": {"revoked": False}}, id="no revocation, said"),
    pytest.param({"metadata": {"labels": {"team": "b"}}}, id="a label changed"),
    pytest.param({"metadata": {"labels": {MARK: ""}}}, id="the mark of a restore emptied"),
    pytest.param({"metadata": {"labels": {"backup.example.com/restored": "x"}}}, id="a label added"),
    pytest.param({"metadata": {"annotations": {"note": "b"}}}, id="an annotation changed"),
    pytest.param({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}, id="an annotation added"),
    pytest.param({"spec": {"description": "new"}, "status": MINTED}, id="a status that would say it is minted"),
    pytest.param(
        {"metadata": {"labels": {"team": "b"}, "finalizers": ["example.com/x"], "ownerReferences": [OWNER]}},
        id="with an owner and a finalizer",
    ),
]
REMOVALS = [
    pytest.param({"metadata": {"labels": {MARK: None}}}, id="the mark of a restore"),
    pytest.param({"metadata": {"labels": None}}, id="all labels"),
    pytest.param({"metadata": {"annotations": {"note": None}}}, id="an annotation"),
    pytest.param({"metadata": {"annotations": None}}, id="all annotations"),
]
ALLOWED = [
    pytest.param({}, id="nothing"),
    pytest.param({"spec": {"revoked": True}}, id="a revocation"),
    pytest.param(
        {"spec": {"revoked": True, "description": "leaked"}, "metadata": {"annotations": {"note": "b"}}},
        id="a revocation with all that an apply changes",
    ),
    pytest.param({"metadata": {"finalizers": ["example.com/x"]}}, id="a finalizer"),
    pytest.param({"metadata": {"ownerReferences": [OWNER]}}, id="an owner reference"),
    pytest.param({"status": MINTED}, id="a status, which is dropped"),
]
