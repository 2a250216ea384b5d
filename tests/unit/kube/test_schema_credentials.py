"""Credentials and roles from the wire are understood whole, or are malformed with the field that is wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.model import Credential, CredentialStatus, ObjectKey, TokenCounts, TokenPolicy
from pharia_access.domain.permissions import Permission, Role
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.schema import to_credential, to_role
from tests.support.builders.stored_objects import stored_credential, stored_role, with_field, without_field


def test_a_credential_is_read() -> None:
    status = {"observedGeneration": 2, "tokens": {"active": 3, "failed": 1}}
    body = stored_credential(
        status=status,
        roles=["studio-user", "admin"],
        suspended=True,
        tokenPolicy={"defaultTTL": "24h", "maxTTL": "48h", "maxTokens": 5},
    )

    assert to_credential(body) == Credential(
        key=ObjectKey("finance", "invoice-bot"),
        uid="credential-1",
        resource_version="7",
        generation=1,
        roles=("studio-user", "admin"),
        suspended=True,
        policy=TokenPolicy(default_ttl=timedelta(days=1), max_ttl=timedelta(days=2), max_tokens=5),
        status=CredentialStatus(observed_generation=2, tokens=TokenCounts(active=3, failed=1)),
    )


def test_a_credential_says_little_by_default() -> None:
    credential = to_credential(without_field(stored_credential(), "status"))

    assert (credential.suspended, credential.policy, credential.status) == (False, TokenPolicy(), CredentialStatus())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("spec.roles", None, id="no roles"),
        pytest.param("spec.roles", "studio-user", id="roles that are no list"),
        pytest.param("spec.suspended", "no", id="a suspension as text"),
        pytest.param("spec.tokenPolicy.maxTokens", 0, id="room for no token"),
        pytest.param("spec.tokenPolicy.maxTTL", "1y", id="a lifetime that is none"),
        pytest.param("status.tokens.active", "3", id="a count as text"),
    ],
)
def test_a_credential_that_is_not_understood_names_the_field(field: str, value: object) -> None:
    with pytest.raises(InvalidObjectError) as raised:
        to_credential(with_field(stored_credential(), field, value))

    assert str(raised.value).startswith(f"{field}: ")


def test_a_role_is_read() -> None:
    permissions = [{"permission": "AccessStudio"}, {"permission": "AccessModel", "fields": {"model": "*"}}]

    assert to_role(stored_role(allowedNamespaces=["a", "b"], permissions=permissions)) == Role(
        name="studio-user",
        allowed_namespaces=frozenset({"a", "b"}),
        permissions=(Permission("AccessStudio"), Permission.of("AccessModel", model="*")),
    )


def test_a_role_without_permissions_grants_nothing() -> None:
    assert to_role(stored_role()).permissions == ()


def test_a_role_that_is_not_understood_names_the_field() -> None:
    with pytest.raises(InvalidObjectError, match=r"^spec\.permissions\[0\]\.fields\.model: "):
        to_role(stored_role(permissions=[{"permission": "AccessModel", "fields": {"model": 7}}]))
