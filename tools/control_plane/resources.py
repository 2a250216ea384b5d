"""Builders of the project's objects as they go over the wire, so that a test shows only what matters to it."""

from __future__ import annotations

import base64
from typing import Any

__all__ = [
    "KEYRING",
    "ONE_TIME_TOKEN",
    "WORKLOAD_LABEL",
    "WORKLOAD_TOKEN",
    "api_credential",
    "api_role",
    "api_token",
    "child_token",
    "keeper",
    "kept_secret",
    "secret",
    "workload_token",
]

ONE_TIME_TOKEN = "access.pharia.ai/one-time-token"
KEYRING = "access.pharia.ai/keyring"
WORKLOAD_TOKEN = "access.pharia.ai/workload-token"
WORKLOAD_LABEL = "access.pharia.ai/workload-token"

_VERSION = "access.pharia.ai/v1alpha1"

Json = dict[str, Any]


def api_role(name: str = "studio-user", **spec: object) -> Json:
    """An ApiRole that every namespace may hold, unless `allowedNamespaces` says otherwise."""
    return _object("ApiRole", {"name": name}, {"allowedNamespaces": ["*"], **spec})


def api_credential(namespace: str, name: str = "invoice-bot", **spec: object) -> Json:
    """An ApiCredential that holds studio-user, unless `roles` says otherwise."""
    return _object("ApiCredential", {"name": name, "namespace": namespace}, {"roles": ["studio-user"], **spec})


def api_token(namespace: str, name: str = "invoice-bot-ci", **spec: object) -> Json:
    """An ApiToken under invoice-bot, unless `credentialRef` says otherwise."""
    metadata = {"name": name, "namespace": namespace}
    return _object("ApiToken", metadata, {"credentialRef": {"name": "invoice-bot"}, **spec})


def workload_token(namespace: str, name: str = "invoice-bot-app", **spec: object) -> Json:
    """A WorkloadToken under invoice-bot, unless `credentialRef` says otherwise."""
    metadata = {"name": name, "namespace": namespace}
    return _object("WorkloadToken", metadata, {"credentialRef": {"name": "invoice-bot"}, **spec})


def keeper(stored: Json) -> Json:
    """What names a WorkloadToken as the controller of what it made."""
    metadata = stored["metadata"]
    return {
        "apiVersion": _VERSION,
        "kind": "WorkloadToken",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }


def child_token(stored: Json, revision: int = 1, **spec: object) -> Json:
    """The ApiToken that the operator makes for a WorkloadToken."""
    name, namespace = stored["metadata"]["name"], stored["metadata"]["namespace"]
    token = api_token(namespace, f"{name}-{revision}", credentialRef=stored["spec"]["credentialRef"], **spec)
    token["metadata"] |= {"labels": {WORKLOAD_LABEL: name}, "ownerReferences": [keeper(stored)]}
    return token


def kept_secret(stored: Json, revision: object = 1, *, name: str = "invoice-bot", value: str = "s3cret") -> Json:
    """The Secret that the operator writes for a WorkloadToken."""
    made = secret(stored["metadata"]["namespace"], name, kind=WORKLOAD_TOKEN, value=value)
    made["metadata"] |= {
        "annotations": {"access.pharia.ai/revision": f"{revision}"},
        "ownerReferences": [keeper(stored)],
    }
    return made


def secret(namespace: str, name: str = "somebody", *, kind: str = "Opaque", value: str = "s3cret") -> Json:
    """A Secret of type `kind` with one entry, `value`; immutable if it is a one-time Secret, as the operator's."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": kind,
        "immutable": kind == ONE_TIME_TOKEN,
        "data": {"value": base64.b64encode(value.encode()).decode()},
    }


def _object(kind: str, metadata: Json, spec: Json) -> Json:
    return {"apiVersion": _VERSION, "kind": kind, "metadata": metadata, "spec": spec}
