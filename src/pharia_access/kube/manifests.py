"""Builds what the operator sends: status patches, Secrets, Events, the Lease. Pure functions, without I/O.

Statuses and owner references are JSON merge patches (RFC 7386) with the resourceVersion that was read. A patch writes
the known fields whole, keeps unknown fields, and removes a field by a null.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pharia_access.domain.api_values import EventMessage, LeaseRecord
from pharia_access.domain.model import (
    Credential,
    CredentialStatus,
    ObjectKey,
    OwnerReference,
    Token,
    TokenStatus,
)
from pharia_access.domain.times import format_time
from pharia_access.domain.token import TokenText
from pharia_access.kube.json_parts import API_VERSION, LABELS, as_read, condition_fields, owner_fields
from pharia_access.kube.later_fields import mac_fields

__all__ = [
    "KEYRING_TYPE",
    "ONE_TIME_TOKEN_TYPE",
    "Reporter",
    "credential_status_patch",
    "delete_options",
    "event",
    "keyring_secret",
    "lease",
    "one_time_secret",
    "owners_patch",
    "secret_data",
    "token_status_patch",
]

Json = dict[str, Any]

ONE_TIME_TOKEN_TYPE = "access.pharia.ai/one-time-token"  # noqa: S105 - the type of a Secret
KEYRING_TYPE = "access.pharia.ai/keyring"

_MOST_EVENT_PREFIX = 200  # with the suffix it must stay a DNS subdomain, of 253 characters
_MOST_EVENT_MESSAGE = 1024  # k8s.io/kubernetes pkg/apis/core/validation/events.go


def token_status_patch(token: Token, status: TokenStatus) -> Json:
    """Set the token's status, if the token has not changed since it was read."""
    credential, mac, delivery = status.credential, status.mac, status.delivery
    fields = {
        "observedGeneration": status.observed_generation,
        "phase": status.phase,
        "conditions": [condition_fields(condition) for condition in status.conditions],
        "tokenID": status.token_id,
        "credential": credential and {"name": credential.name, "uid": credential.uid},
        "pendingSince": _time(status.pending_since),
        "issuedAt": _time(status.issued_at),
        "expiresAt": _time(status.expires_at),
        "endsAt": _time(status.ends_at),
        "hash": status.hash,
        "mac": mac and mac_fields(mac),
        "delivery": delivery
        and {
            "secretName": delivery.secret_name,
            "secretUID": delivery.secret_uid,
            "deadline": _time(delivery.deadline),
            "state": delivery.state,
        },
    }
    return {"metadata": as_read(token.uid, token.resource_version), "status": fields}


def credential_status_patch(credential: Credential, status: CredentialStatus) -> Json:
    """Set the credential's status, if the credential has not changed since it was read."""
    counts = status.tokens
    fields = {
        "observedGeneration": status.observed_generation,
        "conditions": [condition_fields(condition) for condition in status.conditions],
        "tokens": counts
        and {
            "active": counts.active,
            "expired": counts.expired,
            "revoked": counts.revoked,
            "pending": counts.pending,
            "failed": counts.failed,
        },
        "rolesSummary": status.roles_summary,
    }
    return {"metadata": as_read(credential.uid, credential.resource_version), "status": fields}


def owners_patch(token: Token, owners: Iterable[OwnerReference]) -> Json:
    """Set the token's owners, if the token has not changed since it was read."""
    references = [owner_fields(owner) for owner in owners]
    return {"metadata": {**as_read(token.uid, token.resource_version), "ownerReferences": references or None}}


def one_time_secret(token: Token, text: TokenText) -> Json:
    """Build the Secret that delivers a token's text: immutable, and deleted with the ApiToken.

    Copies no labels and annotations of the ApiToken: a GitOps tool would take the Secret for its own.
    """
    owner = OwnerReference(
        API_VERSION, "ApiToken", token.key.name, token.uid, controller=True, block_owner_deletion=False
    )
    data = {
        "token": text.reveal(),
        "tokenID": text.token_id,
        "tokenUID": token.uid,
        "tokenName": token.key.name,
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": token.spec.secret_name,
            "namespace": token.key.namespace,
            "labels": LABELS,
            "ownerReferences": [owner_fields(owner)],
        },
        "type": ONE_TIME_TOKEN_TYPE,
        "immutable": True,
        "data": {name: _base64(value.encode("ascii")) for name, value in data.items()},
    }


def keyring_secret(key: ObjectKey, data: Mapping[str, bytes]) -> Json:
    """Build the Secret with the MAC keys. Not immutable, since keys change."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": key.name, "namespace": key.namespace, "labels": LABELS},
        "type": KEYRING_TYPE,
        "data": secret_data(data),
    }


def secret_data(data: Mapping[str, bytes]) -> dict[str, str]:
    """Encode a Secret's `data`."""
    return {name: _base64(value) for name, value in data.items()}


def delete_options(uid: str, *, resource_version: str = "") -> Json:
    """Delete only the object with this UID, and its dependents in the background; only as it was read, if given."""
    as_read = {"resourceVersion": resource_version} if resource_version else {}
    only = {"preconditions": {"uid": uid, **as_read}, "propagationPolicy": "Background"}
    return {"apiVersion": "v1", "kind": "DeleteOptions", **only}


def lease(record: LeaseRecord, key: ObjectKey) -> Json:
    """Build the Lease of this record. A record without resource_version creates the Lease."""
    version = {"resourceVersion": record.resource_version} if record.resource_version else {}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": key.name, "namespace": key.namespace, **version},
        "spec": {
            "holderIdentity": record.holder,
            "leaseDurationSeconds": record.duration_seconds,
            "acquireTime": _micro_time(record.acquired),
            "renewTime": _micro_time(record.renewed),
            "leaseTransitions": record.transitions,
        },
    }


@dataclass(frozen=True, slots=True)
class Reporter:
    """The source of an Event: the names of the controller and the replica."""

    component: str
    instance: str


def event(notice: EventMessage, reporter: Reporter, now: datetime) -> Json:
    """Build a core/v1 Event. Its content determines its name, so an Event that is sent twice exists once.

    The Event of a cluster-scoped object is in `default`, as in Kubernetes.
    """
    namespace = notice.key.namespace or "default"
    moment = format_time(now)
    content = repr((notice.uid, notice.reason, notice.message, moment))
    suffix = hashlib.sha256(content.encode()).hexdigest()[:16]
    involved = {"apiVersion": API_VERSION, "kind": notice.kind, "name": notice.key.name, "uid": notice.uid}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{notice.key.name[:_MOST_EVENT_PREFIX].rstrip('-.')}.{suffix}", "namespace": namespace},
        "involvedObject": {**involved, **({"namespace": notice.key.namespace} if notice.key.namespace else {})},
        "type": "Warning" if notice.warning else "Normal",
        "reason": notice.reason,
        "message": notice.message[:_MOST_EVENT_MESSAGE],
        "source": {"component": reporter.component},
        "reportingComponent": reporter.component,
        "reportingInstance": reporter.instance[:128],
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def _micro_time(moment: datetime) -> str:
    """Format a metav1.MicroTime: all six decimals, even if they are zero."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
