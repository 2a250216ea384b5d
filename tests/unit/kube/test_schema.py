"""Tokens from the wire are understood whole, or are malformed with the field that is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import (
    CredentialIdentity,
    Delivery,
    DeliveryState,
    Mac,
    ObjectKey,
    OwnerReference,
    Phase,
    TokenStatus,
)
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import invalid_object, to_token
from tests.support.builders.domain_objects import HASH, NOW, WINDOW, a_token
from tests.support.builders.stored_objects import MINTED_STATUS, stored_token, with_field, without_field

Json = dict[str, Any]

A_TOKEN = stored_token()
A_MINTED_TOKEN = stored_token(status=MINTED_STATUS)


def test_a_new_token_is_read_with_its_defaults() -> None:
    token = to_token(A_TOKEN, WINDOW)

    assert token == a_token(resource_version="7", created=datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
    assert token.spec.secret_name == "ci-token"
    assert token.spec.window == WINDOW
    assert token.status == TokenStatus()


def test_a_tokens_whole_spec_is_read() -> None:
    body = stored_token(
        ttl="720h",
        expiresAt="2027-01-31T01:00:00+01:00",
        revoked=True,
        delivery={"secretName": "elsewhere", "window": "90m"},
    )
    spec = to_token(body, WINDOW).spec

    assert spec.ttl == timedelta(days=30)
    assert spec.expires_at == datetime(2027, 1, 31, tzinfo=UTC)
    assert spec.revoked
    assert (spec.secret_name, spec.window) == ("elsewhere", timedelta(minutes=90))


def test_a_minted_tokens_status_is_read() -> None:
    status = to_token(A_MINTED_TOKEN, WINDOW).status

    assert status.phase is Phase.ACTIVE
    assert status.token_id == "aaaaaaaaaaaaaaaa"
    assert status.credential == CredentialIdentity("invoice-bot", "credential-1")
    assert (status.issued_at, status.expires_at) == (NOW, NOW + timedelta(days=30))
    assert status.hash == HASH
    assert status.mac == Mac("k20261123-abcdef", "0" * 64)
    assert status.delivery == Delivery("ci-token", "secret-1", NOW + WINDOW, DeliveryState.AVAILABLE)
    assert [(condition.type, condition.status) for condition in status.conditions] == [("Ready", "True")]


def test_a_tokens_metadata_is_read() -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y", "controller": True}
    body = with_field(A_TOKEN, "metadata.deletionTimestamp", "2026-11-23T12:00:00Z")
    body = with_field(body, "metadata.labels", {"a": "b"})
    body = with_field(body, "metadata.annotations", {"c": "d"})
    token = to_token(with_field(body, "metadata.ownerReferences", [owner]), WINDOW)

    assert token.deleting
    assert (token.labels, token.annotations) == ({"a": "b"}, {"c": "d"})
    assert token.owners == (OwnerReference("v1", "ConfigMap", "x", "y", controller=True),)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps(A_MINTED_TOKEN).encode(), id="bytes of JSON"),
        pytest.param(MappingProxyType(A_MINTED_TOKEN), id="a mapping that is no dict"),
    ],
)
def test_every_form_of_a_body_is_read_alike(body: Any) -> None:  # noqa: ANN401 - the forms are the case
    assert to_token(body, WINDOW) == to_token(A_MINTED_TOKEN, WINDOW)


def test_fields_of_a_later_version_are_ignored() -> None:
    body = with_field(with_field(A_MINTED_TOKEN, "status.later", {"x": 1}), "spec.later", [2])

    assert to_token(body, WINDOW) == to_token(A_MINTED_TOKEN, WINDOW)


def test_conditions_of_others_are_kept() -> None:
    theirs = {
        "type": "Audited",
        "status": "Unknown",
        "reason": "Whatever",
        "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }
    body = with_field(A_MINTED_TOKEN, "status.conditions", [theirs, *MINTED_STATUS["conditions"]])

    assert [condition.type for condition in to_token(body, WINDOW).status.conditions] == ["Audited", "Ready"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("metadata.name", "../escape", id="a name that is none"),
        pytest.param("metadata.uid", "", id="no identity"),
        pytest.param("metadata.creationTimestamp", "yesterday", id="a creation time that is none"),
        pytest.param("spec.credentialRef", None, id="no credential"),
        pytest.param("spec.credentialRef.name", 7, id="a credential's name that is no text"),
        pytest.param("spec.ttl", "30 days", id="a lifetime in words"),
        pytest.param("spec.ttl", "0s", id="a lifetime of nothing"),
        pytest.param("spec.ttl", 720, id="a lifetime that is a number"),
        pytest.param("spec.expiresAt", "2027-01-31", id="an end without a time of day"),
        pytest.param("spec.revoked", "true", id="a revocation as text"),
        pytest.param("spec.delivery.window", "1000h", id="a window beyond a day"),
        pytest.param("spec.delivery.secretName", "../x", id="a Secret's name that leads elsewhere"),
        pytest.param("status.phase", "Borrowed", id="a phase that nobody knows"),
        pytest.param("status.tokenID", "ABC", id="a token ID of the wrong form"),
        pytest.param("status.hash", "", id="an empty hash"),
        pytest.param("status.hash", "plain", id="a hash of the wrong form"),
        pytest.param("status.hash", ["x"], id="a hash that is no text"),
        pytest.param("status.mac.value", "", id="an empty check value"),
        pytest.param("status.expiresAt", "never", id="an end that is no time"),
        pytest.param("status.credential.uid", "", id="a credential without identity"),
        pytest.param("status.delivery.state", "Lost", id="a state of delivery that nobody knows"),
        pytest.param("status.delivery.deadline", None, id="a delivery without end"),
    ],
)
def test_a_token_that_is_not_understood_names_the_field(field: str, value: object) -> None:
    with pytest.raises(InvalidObjectError) as raised:
        to_token(with_field(A_MINTED_TOKEN, field, value), WINDOW)

    assert str(raised.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        pytest.param({"status": "Perhaps"}, "status.conditions[0].status: ", id="a status that is none"),
        pytest.param(
            {"lastTransitionTime": "x"}, "status.conditions[0].lastTransitionTime: ", id="a time that is none"
        ),
        pytest.param({"reason": "two words"}, "status.conditions: ", id="a reason of two words"),
    ],
)
def test_a_condition_that_is_not_understood_is_named(condition: Json, place: str) -> None:
    body = with_field(A_MINTED_TOKEN, "status.conditions", [{**MINTED_STATUS["conditions"][0], **condition}])

    with pytest.raises(InvalidObjectError) as raised:
        to_token(body, WINDOW)

    assert str(raised.value).startswith(place)


@pytest.mark.parametrize("missing", ["tokenID", "hash", "issuedAt", "expiresAt", "delivery", "credential"])
def test_a_part_of_a_mint_is_never_taken_for_none(missing: str) -> None:
    with pytest.raises(InvalidObjectError, match=rf"^status\.{missing}: missing"):
        to_token(without_field(A_MINTED_TOKEN, f"status.{missing}"), WINDOW)


def test_a_mint_without_a_fast_check_is_whole() -> None:
    assert to_token(without_field(A_MINTED_TOKEN, "status.mac"), WINDOW).minted


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"{}"])
def test_what_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(InvalidObjectError):
        to_token(body, WINDOW)


def test_a_complaint_shows_nothing_of_a_status() -> None:
    body = with_field(A_MINTED_TOKEN, "status.mac.value", {"k": "not-for-logs"})

    with pytest.raises(InvalidObjectError) as raised:
        to_token(body, WINDOW)

    assert "not-for-logs" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_malformed_object_is_identified() -> None:
    assert invalid_object("ApiToken", with_field(A_TOKEN, "spec", 7), "why") == InvalidObject(
        kind="ApiToken", key=ObjectKey("finance", "ci"), uid="token-1", resource_version="7", generation=1, why="why"
    )


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": {"name": 7, "generation": "x"}}])
def test_identifying_a_malformed_object_never_fails(body: Json) -> None:
    assert invalid_object("ApiRole", body, "why") == InvalidObject(
        kind="ApiRole", key=ObjectKey("", ""), uid="", resource_version="", generation=0, why="why"
    )
