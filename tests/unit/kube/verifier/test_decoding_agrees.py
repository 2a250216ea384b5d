"""The operator and the verifier read the same objects by two libraries: neither may take for good what the other does
not, where it counts.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pharia_access.domain.keyring import key_reference
from pharia_access.domain.model import Token
from pharia_access.domain.verdict import CredentialRecord, IssuedToken
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import to_credential, to_role, to_token
from pharia_access.kube.verifier import decoding
from tests.support.builders.stored_objects import (
    MINTED_STATUS,
    stored_credential,
    stored_role,
    stored_token,
    with_field,
    without_field,
)

Json = dict[str, Any]

TOKEN = stored_token(status={**MINTED_STATUS, "lastUsedTime": "2026-11-24T00:00:00Z"})
CREDENTIAL = stored_credential(roles=["studio-user", "reader"], suspended=True)
ROLE = stored_role(permissions=[{"permission": "AccessModel", "fields": {"model": "*"}}, {"permission": "Kernel"}])

PLACES = (
    "metadata.deletionTimestamp",
    "metadata.name",
    "metadata.uid",
    "spec.expiresAt",
    "spec.revoked",
    "status",
    "status.credential",
    "status.credential.name",
    "status.credential.uid",
    "status.expiresAt",
    "status.hash",
    "status.issuedAt",
    "status.mac",
    "status.mac.keyFingerprint",
    "status.mac.keyID",
    "status.mac.value",
    "status.tokenID",
)
VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    "",
    [],
    {},
    "x",
    "a" * 16,
    "a" * 600,
    "finance\n",
    "0" * 64,
    "Ü",
    "2026-12-01T00:00:00Z",
    "2026-12-01T00:00:00.999999999+14:00",
    "2028-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
)


def raw(body: Json) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(body).encode())


def the_operators(body: Json) -> Token | None:
    """What the operator takes for a minted token."""
    try:
        token = to_token(body, timedelta(hours=1))
    except InvalidObjectError:
        return None
    return token if token.status.hash is not None else None


def the_verifiers(body: Json) -> IssuedToken | None:
    """What the verifier takes for one."""
    try:
        return decoding.read_token(raw(body))
    except InvalidObjectError:
        return None


def assert_alike(ours: IssuedToken, theirs: Token) -> None:
    status, spec = theirs.status, theirs.spec
    assert status.credential is not None
    assert status.issued_at is not None
    assert status.expires_at is not None
    end = min(status.expires_at, spec.expires_at or status.expires_at).replace(microsecond=0)
    assert (ours.key, ours.uid, ours.token_id) == (str(theirs.key), theirs.uid, status.token_id)
    assert (ours.credential_key, ours.credential_uid) == (
        f"{theirs.key.namespace}/{status.credential.name}",
        status.credential.uid,
    )
    assert (ours.issued_at, ours.ends_at) == (status.issued_at.timestamp(), end.timestamp())
    assert ours.ends_text == f"{end:%Y-%m-%dT%H:%M:%SZ}"
    assert (ours.revoked, ours.deleting, ours.hash) == (spec.revoked, theirs.deleting, status.hash)
    expected = (
        None
        if status.mac is None
        else (
            key_reference(status.mac.key_id, status.mac.fingerprint),
            bytes.fromhex(status.mac.value),
        )
    )
    assert (None if ours.mac is None else (ours.mac_key_id, ours.mac)) == expected


@given(changes=st.dictionaries(st.sampled_from(PLACES), st.sampled_from(VALUES), max_size=2))
@example(changes={})
@example(changes={"spec.expiresAt": "2026-12-01T00:00:00.999999999+14:00"})
def test_a_token_means_the_same_to_both_or_nothing_to_one(changes: dict[str, object]) -> None:
    body = TOKEN
    for place, value in sorted(changes.items()):
        if not any(place.startswith(f"{above}.") for above in changes):
            body = with_field(body, place, value)
    ours, theirs = the_verifiers(body), the_operators(body)

    if ours is not None and theirs is not None:
        assert_alike(ours, theirs)
    if not changes:
        assert ours is not None
        assert theirs is not None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_the_operator_does_not_understand_the_verifier_does_not_believe(place: str, value: object) -> None:
    body = with_field(TOKEN, place, value)
    # Only for a proof is the verifier's own reader of Argon2 hashes as strict as the operator's pattern.
    if the_operators(body) is None and place != "status.hash":
        assert the_verifiers(body) is None


@pytest.mark.parametrize("place", ["status.credential", "status.expiresAt", "status.hash", "status.issuedAt"])
def test_a_mint_that_lost_a_part_is_none_to_either(place: str) -> None:
    body = without_field(TOKEN, place)

    assert the_operators(body) is None
    assert the_verifiers(body) is None


@pytest.mark.parametrize("suspended", [None, True, False])
def test_a_credential_means_the_same_to_both(suspended: object) -> None:
    body = with_field(CREDENTIAL, "spec.suspended", suspended)
    theirs = to_credential(body)

    assert decoding.read_credential(raw(body)) == CredentialRecord(
        theirs.key.namespace, theirs.key.name, theirs.uid, theirs.roles, theirs.suspended, theirs.deleting
    )


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param("spec.permissions", None, id="no permissions"),
        pytest.param("spec.permissions", [], id="an empty list"),
        pytest.param("spec.permissions", [{"permission": "A", "fields": None}], id="fields that are null"),
        pytest.param("spec.allowedNamespaces", [], id="for nobody"),
        pytest.param("spec.allowedNamespaces", ["*", "finance", "finance"], id="for all"),
    ],
)
def test_a_role_means_the_same_to_both(place: str, value: object) -> None:
    body = with_field(ROLE, place, value)

    assert decoding.read_role(raw(body)) == to_role(body)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param("spec.permissions", [{}], id="a permission without a name"),
        pytest.param("spec.permissions", [{"permission": ""}], id="an empty one"),
        pytest.param("spec.permissions", [{"permission": "A", "fields": {"model": 1}}], id="a number for a value"),
        pytest.param("spec.permissions", {}, id="no list"),
        pytest.param("spec.allowedNamespaces", None, id="nothing said of namespaces"),
        pytest.param("metadata.name", "Admin", id="a name out of form"),
    ],
)
def test_a_role_that_one_does_not_understand_the_other_does_not_either(place: str, value: object) -> None:
    body = with_field(ROLE, place, value)

    with pytest.raises(InvalidObjectError):
        decoding.read_role(raw(body))
    with pytest.raises(InvalidObjectError):
        to_role(body)


def test_a_body_deeper_than_any_is_malformed() -> None:
    deep = b'{"unread":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    with pytest.raises(InvalidObjectError, match="not JSON"):
        decoding.read_token(msgspec.Raw(deep))
