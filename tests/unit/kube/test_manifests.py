"""What is sent as a patch: statuses and owners; a patch keeps what it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.conditions import Condition
from pharia_access.domain.model import (
    CredentialIdentity,
    CredentialStatus,
    Delivery,
    DeliveryState,
    Mac,
    OwnerReference,
    Phase,
    TokenCounts,
    TokenStatus,
)
from pharia_access.kube import manifests
from pharia_access.kube.schema import to_credential, to_token
from tests.support.builders.domain_objects import HASH, NOW, WINDOW, a_token
from tests.support.builders.stored_objects import (
    MINTED_STATUS,
    merge_patched,
    stored_credential,
    stored_token,
    with_field,
)

times = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
texts = st.text(max_size=40)
names = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
conditions = st.lists(
    st.builds(
        Condition,
        type=st.from_regex("[A-Z][A-Za-z]{0,20}", fullmatch=True),
        status=st.sampled_from(["True", "False", "Unknown"]),
        reason=st.from_regex("[A-Z][A-Za-z]{0,20}", fullmatch=True),
        message=texts,
        observed_generation=st.integers(0, 9),
        last_transition_time=times,
    ),
    max_size=6,
    unique_by=lambda condition: condition.type,
).map(tuple)
identities = st.builds(CredentialIdentity, name=names, uid=names)
pending = st.builds(
    TokenStatus,
    observed_generation=st.integers(-1, 9),
    phase=st.none() | st.sampled_from(Phase),
    conditions=conditions,
    credential=st.none() | identities,
    pending_since=st.none() | times,
)
minted = st.builds(
    TokenStatus,
    observed_generation=st.integers(-1, 9),
    phase=st.sampled_from(Phase),
    conditions=conditions,
    token_id=st.from_regex("[a-z2-7]{16}", fullmatch=True),
    credential=identities,
    pending_since=st.none() | times,
    issued_at=times,
    expires_at=times,
    hash=st.just(HASH),
    mac=st.none() | st.builds(Mac, key_id=names, value=names),
    delivery=st.builds(
        Delivery, secret_name=names, secret_uid=names, deadline=times, state=st.sampled_from(DeliveryState)
    ),
)


@given(before=pending | minted, after=pending | minted)
def test_a_written_token_status_is_read_back(before: TokenStatus, after: TokenStatus) -> None:
    token = to_token(stored_token(), WINDOW)
    first = merge_patched(stored_token(), manifests.token_status_patch(token, before))
    second = merge_patched(first, manifests.token_status_patch(token, after))

    assert to_token(second, WINDOW) == replace(token, status=after)


@given(
    status=st.builds(
        CredentialStatus,
        observed_generation=st.integers(-1, 9),
        conditions=conditions,
        tokens=st.none() | st.builds(TokenCounts, *[st.integers(0, 9)] * 5),
    )
)
def test_a_written_credential_status_is_read_back(status: CredentialStatus) -> None:
    credential = to_credential(stored_credential())
    patched = merge_patched(stored_credential(), manifests.credential_status_patch(credential, status))

    assert to_credential(patched) == replace(credential, status=status)


def test_a_status_patch_holds_only_if_the_object_is_as_read() -> None:
    patch = manifests.token_status_patch(a_token(uid="u", resource_version="42"), TokenStatus())

    assert patch["metadata"] == {"uid": "u", "resourceVersion": "42"}


def test_a_status_write_keeps_the_fields_of_others() -> None:
    body = stored_token(status={**MINTED_STATUS, "lastUsedTime": "2026-11-23T12:30:00Z", "later": {"x": 1}})
    body = with_field(body, "status.delivery.later", "y")
    token = to_token(body, WINDOW)
    status = replace(token.status, phase=Phase.REVOKED)
    patched = merge_patched(body, manifests.token_status_patch(token, status))

    assert patched["status"] == {**body["status"], "phase": "Revoked"}


def test_a_field_that_is_none_is_removed() -> None:
    body = stored_token(status={"phase": "Pending", "pendingSince": "2026-11-23T12:00:00Z"})
    patched = merge_patched(body, manifests.token_status_patch(to_token(body, WINDOW), TokenStatus()))

    assert patched["status"] == {"observedGeneration": -1, "conditions": []}


def test_a_condition_fits_the_crd() -> None:
    long = Condition("Ready", "True", "Issued", "x" * 40000, 1, NOW)
    patch = manifests.token_status_patch(a_token(), TokenStatus(conditions=(long,)))

    assert len(patch["status"]["conditions"][0]["message"]) == 32768


@pytest.mark.parametrize(
    ("owners", "expected"),
    [
        pytest.param((), None, id="none: the field goes"),
        pytest.param(
            (
                OwnerReference("v1", "X", "x", "u", controller=True),
                OwnerReference("v1", "X", "y", "v", block_owner_deletion=False),
            ),
            [
                {"apiVersion": "v1", "kind": "X", "name": "x", "uid": "u", "controller": True},
                {"apiVersion": "v1", "kind": "X", "name": "y", "uid": "v", "blockOwnerDeletion": False},
            ],
            id="two, each with what it had",
        ),
    ],
)
def test_owners_are_written_whole(owners: tuple[OwnerReference, ...], expected: object) -> None:
    patch = manifests.owners_patch(a_token(uid="u", resource_version="42"), owners)

    assert patch == {"metadata": {"uid": "u", "resourceVersion": "42", "ownerReferences": expected}}
