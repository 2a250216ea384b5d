"""Bodies of objects as the administration reads and writes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.times import format_time
from tests.support.builders.domain_objects import NOW, TEXT

if TYPE_CHECKING:
    from datetime import datetime


__all__ = ["FIELDS", "Json", "an_active_token", "merge_patch", "minted_status", "place_of", "selected"]

Json = dict[str, Any]

FIELDS = {
    "spec.credentialRef.name": lambda body: body["spec"]["credentialRef"]["name"],
    "status.phase": lambda body: body.get("status", {}).get("phase", ""),
    "status.tokenID": lambda body: body.get("status", {}).get("tokenID"),
}


def an_active_token(body: Json, *, left: timedelta = timedelta(days=10), **status: object) -> Json:
    """The token as it is once it was minted, thirty days before its end."""
    end = NOW + left
    minted = {"phase": "Active", "issuedAt": format_time(end - timedelta(days=30)), "expiresAt": format_time(end)}
    return {**body, "status": {**minted, **status}}


def minted_status(now: datetime, secret_name: str, secret_uid: str) -> Json:
    return {
        "phase": "Active",
        "issuedAt": format_time(now),
        "expiresAt": format_time(now + timedelta(days=90)),
        "tokenID": TEXT.token_id,
        "conditions": [{"type": "Ready", "status": "True", "reason": "Issued", "message": ""}],
        "delivery": {
            "state": "Available",
            "secretName": secret_name,
            "secretUID": secret_uid,
            "deadline": format_time(now + timedelta(hours=1)),
        },
    }


def selected(body: Json, fields: str) -> bool:
    """Whether a field selector of these fields takes the object."""
    terms = [term.rpartition("=") for term in fields.split(",") if term]
    return all((FIELDS[name.removesuffix("!")](body) == value) is not name.endswith("!") for name, _, value in terms)


def merge_patch(old: Json, patch: Json) -> Json:
    """RFC 7386."""
    merged = dict(old)
    for name, value in patch.items():
        if isinstance(value, dict):
            merged[name] = merge_patch(merged.get(name) or {}, value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def place_of(body: Json) -> tuple[str, str, str]:
    return body["kind"], body["metadata"].get("namespace", ""), body["metadata"]["name"]
