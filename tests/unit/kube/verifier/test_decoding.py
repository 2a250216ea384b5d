"""What the verifier reads of an object: only what is wholly understood, and never a value in a complaint."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verdict import CredentialRecord
from pharia_access.errors import InvalidObjectError
from pharia_access.kube import list_decoding
from pharia_access.kube.schema import to_credential, to_role, to_token
from pharia_access.kube.verifier import decoding

Json = dict[str, Any]

HASH = "$argon2id$v=19$m=8,t=1,p=1$" + "A" * 22 + "$" + "B" * 43
MAC = "0f" * 32
TOKEN: Json = {
    "apiVersion": "access.pharia.ai/v1alpha1",
    "kind": "ApiToken",
    "metadata": {
        "name": "ci",
        "namespace": "finance",
        "uid": "uid-1",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-11-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    },
    "spec": {"credentialRef": {"name": "invoice-bot"}, "description": "CI"},
    "status": {
        "phase": "Active",
        "tokenID": "abcdefghij234567",
        "credential": {"name": "invoice-bot", "uid": "uid-c"},
        "issuedAt": "2026-11-01T00:00:01Z",
        "expiresAt": "2027-11-01T00:00:01Z",
        "hash": HASH,
        "mac": {"keyID": "k1", "value": MAC},
        "delivery": {
            "secretName": "ci-token",
            "secretUID": "uid-s",
            "deadline": "2026-11-01T01:00:01Z",
            "state": "Collected",
        },
        "lastUsedTime": "2026-11-02T00:00:00Z",
    },
}
CREDENTIAL: Json = {
    "metadata": {
        "name": "invoice-bot",
        "namespace": "finance",
        "uid": "uid-c",
        "resourceVersion": "8",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    },
    "spec": {"roles": ["studio-user", "reader"], "suspended": True},
}
ROLE: Json = {
    "metadata": {
        "name": "studio-user",
        "uid": "uid-r",
        "resourceVersion": "9",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    },
    "spec": {
        "allowedNamespaces": ["finance", "*"],
        "permissions": [{"permission": "AccessModel", "fields": {"model": "*"}}, {"permission": "AccessStudio"}],
    },
}
GONE = object()


def changed(original: Json, path: str, value: object) -> msgspec.Raw:
    """The object with one field set, or removed."""
    body = copy.deepcopy(original)
    *parents, last = path.split(".")
    place = body
    for part in parents:
        place = place.setdefault(part, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return raw(body)


def raw(body: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(body).encode())


def test_a_token_is_read_as_the_operator_reads_it() -> None:
    token, theirs = decoding.read_token(raw(TOKEN)), to_token(TOKEN, timedelta(hours=1))

    assert token is not None
    assert theirs.status.issued_at is not None
    assert theirs.status.expires_at is not None
    assert theirs.status.mac is not None
    assert (token.key, token.uid, token.token_id) == (str(theirs.key), theirs.uid, theirs.status.token_id)
    assert (token.credential_key, token.credential_uid) == ("finance/invoice-bot", "uid-c")
    assert token.issued_at == theirs.status.issued_at.timestamp()
    assert token.ends_at == theirs.status.expires_at.timestamp()
    assert token.ends_text == "2027-11-01T00:00:01Z"
    assert (token.hash, token.mac_key_id, token.mac) == (theirs.status.hash, "k1", bytes.fromhex(MAC))
    assert (token.revoked, token.deleting, token.own_mac) == (False, False, None)
    assert token.last_used > token.issued_at


def test_a_token_never_shows_its_proof() -> None:
    assert "argon2" not in repr(decoding.read_token(raw(TOKEN)))
    assert "0f0f" not in repr(decoding.read_token(raw(TOKEN)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("status", GONE, id="no status"),
        pytest.param("status", None, id="a status that is null"),
        pytest.param("status.tokenID", GONE, id="no ID"),
        pytest.param("status.hash", GONE, id="no hash"),
        pytest.param("status.credential", GONE, id="no credential"),
    ],
)
def test_what_is_not_minted_is_no_token(path: str, value: object) -> None:
    assert decoding.read_token(changed(TOKEN, path, value)) is None


@pytest.mark.parametrize(
    ("path", "value", "attribute", "expected"),
    [
        pytest.param("spec.revoked", True, "revoked", True, id="revoked"),
        pytest.param("metadata.deletionTimestamp", "2026-11-03T00:00:00Z", "deleting", True, id="being deleted"),
        pytest.param(
            "spec.expiresAt", "2026-12-01T00:00:00.9Z", "ends_text", "2026-12-01T00:00:00Z", id="brought forward"
        ),
        pytest.param("spec.expiresAt", "2028-12-01T00:00:00Z", "ends_text", "2027-11-01T00:00:01Z", id="not postponed"),
        pytest.param("status.mac", GONE, "mac", None, id="minted without a keyring"),
        pytest.param("status.lastUsedTime", GONE, "last_used", 0.0, id="never used"),
        pytest.param("status.lastUsedTime", "yesterday", "last_used", 0.0, id="an unreadable last use"),
        pytest.param("status.lastUsedTime", 7, "last_used", 0.0, id="a last use that is a number"),
    ],
)
def test_what_the_object_says_counts(path: str, value: object, attribute: str, expected: object) -> None:
    token = decoding.read_token(changed(TOKEN, path, value))

    assert getattr(token, attribute) == expected


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        pytest.param("status.expiresAt", GONE, "status.expiresAt is missing", id="no end"),
        pytest.param("status.issuedAt", GONE, "status.issuedAt is missing", id="no beginning"),
        pytest.param("status.expiresAt", "soon", "status.expiresAt: 'soon' is not a time", id="an end that is no time"),
        pytest.param("spec.expiresAt", "0000-01-01T00:00:00Z", "spec.expiresAt", id="a year that is none"),
        pytest.param("spec.revoked", "yes", "spec.revoked", id="a word for a flag"),
        pytest.param("status.tokenID", "../../etc", "status.tokenID", id="an ID out of form"),
        pytest.param("status.hash", "s3cret" * 100, "status.hash", id="an overlong hash"),
        pytest.param("status.mac.value", "s3cret", "status.mac.value", id="a MAC out of form"),
        pytest.param("status.mac.value", "s3cret" + "g" * 58, "status.mac.value", id="a MAC of other letters"),
        pytest.param("status.mac.value", "ab " * 21 + "a", "status.mac.value", id="a MAC with blanks"),
        pytest.param(
            "status.mac.value", "0f " * 16 + " " * 16, "status.mac.value", id="a MAC too short for its length"
        ),
        pytest.param("status.credential.uid", "a\r\nx-admin: yes", "status.credential.uid", id="a header in a UID"),
        pytest.param("metadata.name", "ci\n", "metadata.name", id="a line break in a name"),
    ],
)
def test_a_token_that_cannot_be_understood_is_malformed(path: str, value: object, why: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        decoding.read_token(changed(TOKEN, path, value))

    assert why in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_credential_is_read_as_the_operator_reads_it() -> None:
    holder, theirs = decoding.read_credential(raw(CREDENTIAL)), to_credential(CREDENTIAL)

    assert holder == CredentialRecord("finance", "invoice-bot", "uid-c", ("studio-user", "reader"), suspended=True)
    assert (holder.key, holder.uid, holder.roles) == (str(theirs.key), theirs.uid, theirs.roles)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("spec.roles", ["a, b"], id="a role that would forge a list"),
        pytest.param("spec.suspended", 0, id="a number for a flag"),
        pytest.param("metadata.uid", "", id="no UID"),
    ],
)
def test_a_credential_that_cannot_be_understood_is_malformed(path: str, value: object) -> None:
    with pytest.raises(InvalidObjectError):
        decoding.read_credential(changed(CREDENTIAL, path, value))


def test_a_credential_may_be_on_its_way_out() -> None:
    assert decoding.read_credential(changed(CREDENTIAL, "metadata.deletionTimestamp", "2026-11-03T00:00:00Z")).deleting


def test_a_role_is_read_as_the_operator_reads_it() -> None:
    assert decoding.read_role(raw(ROLE)) == to_role(ROLE)
    assert decoding.read_role(raw(ROLE)) == Role(
        "studio-user",
        frozenset({"finance", "*"}),
        (Permission.of("AccessModel", model="*"), Permission("AccessStudio")),
    )
    assert decoding.read_role(changed(ROLE, "spec.permissions", GONE)).permissions == ()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"metadata":{}}', b"\xff", b'{"metadata":{"resourceVersion":""},"items":[]}']
)
def test_what_is_no_list_is_malformed(body: bytes) -> None:
    with pytest.raises(InvalidObjectError):
        list_decoding.read_listing(body)


def test_a_key_is_a_name_with_its_namespace_if_it_has_one() -> None:
    assert list_decoding.read_key(raw(TOKEN)) == ("finance/ci", "7")
    assert list_decoding.read_key(raw(ROLE)) == ("studio-user", "9")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b'{"type":"ERROR","object":{"code":410,"reason":"Expired"}}', "the watch ended with ERROR 410 Expired"),
        (b'{"type":"ERROR","object":"?"}', "the watch ended with ERROR 0"),
        (b'{"type":"NEWS","object":{}}', "the watch ended with NEWS 0"),
    ],
)
def test_an_event_that_is_no_event_says_how_the_watch_ended(line: bytes, text: str) -> None:
    assert str(list_decoding.error_of(list_decoding.read_event(line))) == text
