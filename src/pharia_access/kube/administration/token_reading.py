"""Sums up tokens by the ten thousand: with msgspec, and what many tokens have in common is in memory once.

Says of an object exactly what `summaries.token_summary` says; one that is not as the schema has it is left to that.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from sys import intern
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType, field

from pharia_access.domain.administration.gitops import declared
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.durations import parse_duration
from pharia_access.domain.model import REPLACES, ObjectKey
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.administration.summaries import revocation_of, token_summary
from pharia_access.kube.list_decoding import Struct, decoded

__all__ = ["read_token"]

_MOST_TIMES: Final = 4096


class _Manager(Struct):
    manager: str = ""


class _Owner(Struct):
    kind: str = ""
    name: str = ""
    controller: bool = False


class _Metadata(Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    creation_timestamp: str = ""
    deletion_timestamp: str | UnsetType | None = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    annotations: dict[str, msgspec.Raw] | UnsetType = UNSET
    managed_fields: list[_Manager] | UnsetType = UNSET
    owner_references: list[_Owner] = field(default_factory=list)


class _CredentialRef(Struct):
    name: str = ""


class _Window(Struct):
    window: str = ""


class _Spec(Struct):
    credential_ref: _CredentialRef = field(default_factory=_CredentialRef)
    revoked: bool = False
    expires_at: str = ""
    description: str = ""
    delivery: _Window = field(default_factory=_Window)


class _Condition(Struct):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""


class _Recorded(Struct):
    uid: str = ""


class _Mac(Struct):
    key_id: str = field(default="", name="keyID")
    key_fingerprint: str = ""


class _Delivery(Struct):
    state: str = ""
    secret_name: str = ""
    secret_uid: str = field(default="", name="secretUID")
    deadline: str = ""


class _Status(Struct):
    token_id: str = field(default="", name="tokenID")
    hash: str = ""
    phase: str = ""
    issued_at: str = ""
    expires_at: str = ""
    ends_at: str = ""
    last_used_time: str = ""
    last_inspected_time: str = ""
    credential: dict[str, Any] | UnsetType = UNSET
    mac: _Mac = field(default_factory=_Mac)
    delivery: _Delivery = field(default_factory=_Delivery)
    conditions: list[_Condition] = field(default_factory=list)


class _Token(Struct):
    metadata: _Metadata = field(default_factory=_Metadata)
    spec: _Spec = field(default_factory=_Spec)
    status: _Status = field(default_factory=_Status)


_tokens: Final = msgspec.json.Decoder(_Token)
_objects: Final = msgspec.json.Decoder(dict[str, Any])
_NO_CONDITION: Final = _Condition()


def read_token(body: bytes | msgspec.Raw) -> TokenSummary:
    """Sum up an ApiToken. Raises InvalidObjectError if it is not a JSON object; whatever is in it, it can be listed."""
    try:
        return _summary(decoded(_tokens.decode, body), body)
    except InvalidObjectError:
        return token_summary(decoded(_objects.decode, body))


def _summary(token: _Token, body: bytes | msgspec.Raw) -> TokenSummary:
    metadata, spec, status = token.metadata, token.spec, token.status
    conditions = {each.type: each for each in reversed(status.conditions)}  # of several of a type the first counts
    ready, active = conditions.get("Ready", _NO_CONDITION), conditions.get("Active", _NO_CONDITION)
    delivered, delivery = conditions.get("Delivered", _NO_CONDITION), status.delivery
    recorded = {} if status.credential is UNSET else status.credential
    uid = recorded.get("uid")
    minted_until, asked = _time(status.expires_at), _time(spec.expires_at)
    return TokenSummary(
        key=ObjectKey(intern(metadata.namespace), metadata.name),
        uid=metadata.uid,
        credential=intern(spec.credential_ref.name),
        created=_time(metadata.creation_timestamp),
        token_id=status.token_id,
        phase=intern(status.phase),
        deleting=metadata.deletion_timestamp is not UNSET,
        revoked=spec.revoked,
        minted=bool(status.token_id and status.hash and recorded),
        credential_uid=intern(uid) if isinstance(uid, str) else "",
        noted=intern(active.status),
        noted_why=_shared((active.reason, active.message)),
        ready=intern(ready.status),
        stalled="Stalled" in conditions and conditions["Stalled"].status == "True",
        reason=intern(ready.reason),
        message=intern(ready.message),
        description=spec.description,
        issued=_time(status.issued_at),
        ends=min(minted_until, asked) if minted_until and asked else minted_until or asked,
        noted_end=_time(status.ends_at),
        minted_until=minted_until,
        window=_duration(spec.delivery.window),
        replaces="" if metadata.labels is UNSET else metadata.labels.get(REPLACES, ""),
        keeper=next((owner.name for owner in metadata.owner_references if _keeps(owner)), ""),
        last_used=_time(status.last_used_time),
        last_inspected=_time(status.last_inspected_time),
        revocation=revocation_of(decoded(_objects.decode, body)) if spec.revoked else None,
        secret_name=delivery.secret_name,
        secret_uid=delivery.secret_uid,
        delivery=intern(delivery.state),
        deadline=_time(delivery.deadline),
        collected=_time(delivered.last_transition_time) if delivered.reason == "Collected" else None,
        mac_key=intern(status.mac.key_id),
        mac_fingerprint=intern(status.mac.key_fingerprint),
        git=_git(metadata),
    )


def _keeps(owner: _Owner) -> bool:
    return owner.controller and owner.kind == "WorkloadToken"


def _git(metadata: _Metadata) -> str:
    marks = {
        **({} if metadata.labels is UNSET else metadata.labels),
        **({} if metadata.annotations is UNSET else metadata.annotations),
    }
    entries = [] if metadata.managed_fields is UNSET else metadata.managed_fields
    return declared(marks, (entry.manager for entry in entries))


@lru_cache(_MOST_TIMES)
def _time(text: str) -> datetime | None:
    try:
        return parse_time(text) if text else None
    except InvalidObjectError:
        return None


@lru_cache(_MOST_TIMES)
def _duration(text: str) -> timedelta | None:
    try:
        return parse_duration(text) if text else None
    except InvalidObjectError:
        return None


@lru_cache(_MOST_TIMES)
def _shared(texts: tuple[str, str]) -> tuple[str, str]:
    """The same one for all that are equal."""
    return texts
