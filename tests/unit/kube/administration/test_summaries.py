"""What the command line shows of an object, whatever is in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.kube.administration.summaries import credential_summary, role_summary, token_summary

CREATED = "2026-11-23T12:00:00Z"
METADATA = {"name": "it", "namespace": "finance", "uid": "uid-1", "creationTimestamp": CREATED}
WHEN = datetime(2026, 11, 23, 12, tzinfo=UTC)

junk = st.sampled_from([None, True, 3, "x", [], [None], ["x", 3], {}, {"x": 1}, {"name": 3}])
parts = st.fixed_dictionaries(
    {},
    optional={
        "metadata": junk | st.fixed_dictionaries({}, optional={"name": junk, "creationTimestamp": junk}),
        "spec": junk | st.fixed_dictionaries({}, optional={"roles": junk, "credentialRef": junk, "permissions": junk}),
        "status": junk | st.fixed_dictionaries({}, optional={"conditions": junk, "delivery": junk, "tokens": junk}),
    },
)


def test_a_token_is_summed_up() -> None:
    summary = token_summary(
        {
            "metadata": METADATA | {"labels": {"access.pharia.ai/replaces": "ci"}},
            "spec": {
                "credentialRef": {"name": "bot"},
                "description": "CI",
                "expiresAt": "2026-12-01T00:00:00Z",
                "delivery": {"window": "20m"},
            },
            "status": {
                "tokenID": "abc",
                "phase": "Active",
                "conditions": [
                    {"type": "Ready", "status": "True", "reason": "Issued", "message": "done"},
                    {"type": "Stalled", "status": "True"},
                ],
                "issuedAt": CREATED,
                "expiresAt": "2027-01-01T00:00:00Z",
                "lastUsedTime": CREATED,
                "mac": {"keyID": "k1"},
                "delivery": {"secretName": "s", "secretUID": "u", "state": "Available", "deadline": CREATED},
            },
        }
    )

    assert summary == TokenSummary(
        key=ObjectKey("finance", "it"),
        uid="uid-1",
        credential="bot",
        created=WHEN,
        token_id="abc",
        phase="Active",
        ready="True",
        stalled=True,
        reason="Issued",
        message="done",
        description="CI",
        issued=WHEN,
        ends=datetime(2026, 12, 1, tzinfo=UTC),
        minted_until=datetime(2027, 1, 1, tzinfo=UTC),
        window=timedelta(minutes=20),
        replaces="ci",
        last_used=WHEN,
        secret_name="s",
        secret_uid="u",
        delivery="Available",
        deadline=WHEN,
        mac_key="k1",
    )


def test_a_credential_is_summed_up() -> None:
    summary = credential_summary(
        {
            "metadata": METADATA,
            "spec": {"roles": ["a", 3], "displayName": "It", "suspended": True, "tokenPolicy": {"maxTTL": "1h"}},
            "status": {"tokens": {"active": 2, "expired": "x"}, "conditions": [{"type": "Ready", "status": "False"}]},
        }
    )

    assert summary == CredentialSummary(
        key=ObjectKey("finance", "it"),
        uid="uid-1",
        created=WHEN,
        roles=("a",),
        display_name="It",
        suspended=True,
        ready="False",
        counts={"active": 2},
        policy={"maxTTL": "1h"},
        longest_life=timedelta(hours=1),
    )


@pytest.mark.parametrize(
    ("spec", "understood"),
    [
        pytest.param({"allowedNamespaces": ["*"], "permissions": [{"permission": "AccessStudio"}]}, True, id="good"),
        pytest.param({"permissions": 3}, False, id="broken"),
    ],
)
def test_a_role_that_cannot_be_understood_is_shown_and_grants_nothing(spec: dict[str, Any], understood: bool) -> None:  # noqa: FBT001
    body = {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiRole",
        "metadata": METADATA | {"resourceVersion": "1", "generation": 1},
        "spec": spec,
    }

    summary = role_summary(body)

    assert (summary.name, summary.role is not None) == ("it", understood)


@given(body=parts)
def test_nothing_in_an_object_stops_the_list(body: dict[str, Any]) -> None:
    assert isinstance(token_summary(body), TokenSummary)
    assert isinstance(credential_summary(body), CredentialSummary)
    assert isinstance(role_summary(body), RoleSummary)
