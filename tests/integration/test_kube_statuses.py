"""What the Kubernetes edge writes on a status, on a real API server: over nothing later, and on no other object."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.model import (
    CredentialIdentity,
    CredentialStatus,
    Delivery,
    DeliveryState,
    Mac,
    ObjectKey,
    Phase,
    Token,
    TokenCounts,
    TokenStatus,
)
from pharia_access.domain.times import whole_seconds
from pharia_access.errors import ConflictError, InvalidError, NotFoundError
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Connection, Request
from pharia_access.kube.schema import invalid_object
from tests.support.builders.domain_objects import HASH
from tests.support.operators.live_tokens import WINDOW, a_live_token, stored
from tools.control_plane.api import VERIFIER, rule
from tools.control_plane.resources import api_credential, api_token
from tools.control_plane.workspace import Workspace, condition, now

if TYPE_CHECKING:
    from pharia_access.kube.gateway import KubeCluster
    from tools.control_plane.plane import ControlPlane


def a_mint(token: Token) -> TokenStatus:
    """What a mint would record."""
    issued_at = whole_seconds(token.created)
    return TokenStatus(
        observed_generation=1,
        phase=Phase.ACTIVE,
        token_id="a" * 16,
        credential=CredentialIdentity("invoice-bot", "credential-1"),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(days=30),
        hash=HASH,
        mac=Mac("k1", "0" * 64),
        delivery=Delivery(token.spec.secret_name, "secret-1", issued_at + WINDOW, DeliveryState.AVAILABLE),
    )


async def test_a_status_that_was_written_is_read_back(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)
    status = a_mint(token)
    written = await cluster.write_token_status(token, status)

    assert written.status == status
    assert written.resource_version != token.resource_version
    assert await cluster.read_token(token.key) == written


async def test_a_status_is_not_written_over_a_later_one(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)
    await cluster.write_token_status(token, a_mint(token))

    with pytest.raises(ConflictError):
        await cluster.write_token_status(token, TokenStatus(phase=Phase.FAILED))

    assert (await cluster.read_token(token.key)).minted


async def test_a_status_is_not_written_to_another_token_of_the_name(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)
    assert workspace.api.delete(api_token(workspace.namespace, "ci")).ok
    with pytest.raises(NotFoundError):
        await cluster.write_token_status(token, a_mint(token))
    again = await a_live_token(workspace, cluster)

    with pytest.raises(ConflictError):
        await cluster.write_token_status(token, a_mint(token))

    assert not (await cluster.read_token(again.key)).minted


async def test_what_the_verifier_wrote_is_kept(
    workspace: Workspace, cluster: KubeCluster, control_plane: ControlPlane
) -> None:
    token = await a_live_token(workspace, cluster)
    await cluster.write_token_status(token, a_mint(token))
    workspace.api.grant(VERIFIER, workspace.namespace, rule("access.pharia.ai", "apitokens/status", "patch"))
    used = {"status": {"lastUsedTime": "2026-11-23T12:00:00Z"}}
    verifier = workspace.api.as_user(VERIFIER)
    reply = verifier.patch(api_token(workspace.namespace, "ci"), used, subresource="status")
    assert reply.ok, reply.message
    token = await cluster.read_token(token.key)
    await cluster.write_token_status(token, replace(token.status, phase=Phase.REVOKED))

    assert stored(workspace)["status"]["lastUsedTime"] == "2026-11-23T12:00:00Z"
    assert stored(workspace)["status"]["phase"] == "Revoked"


async def test_a_field_that_the_crd_lacks_is_refused_not_dropped(
    workspace: Workspace, cluster: KubeCluster, connection: Connection
) -> None:
    token = await a_live_token(workspace, cluster)
    path = paths.of_object("apitokens", token.key, subresource="status")

    with pytest.raises(InvalidError) as raised:
        await connection.send(Request("PATCH", path, 5, {"status": {"hashes": ["x"]}}, MERGE_PATCH))

    assert len(str(raised.value)) < 500


async def test_a_credentials_status_is_written(workspace: Workspace, cluster: KubeCluster) -> None:
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    credential = await cluster.read_credential(ObjectKey(workspace.namespace, "invoice-bot"))
    status = CredentialStatus(observed_generation=1, tokens=TokenCounts(active=2, failed=1))
    written = await cluster.write_credential_status(credential, status)

    assert written.status == status
    with pytest.raises(ConflictError):
        await cluster.write_credential_status(credential, status)


# What cannot be understood.


async def test_an_object_that_is_not_understood_is_told_once(workspace: Workspace, cluster: KubeCluster) -> None:
    await a_live_token(workspace, cluster)
    found = invalid_object("ApiToken", stored(workspace), "spec.ttl: no")
    await cluster.write_invalid_status(found, now=now())
    told = stored(workspace)
    await cluster.write_invalid_status(invalid_object("ApiToken", told, "spec.ttl: no"), now=now())

    assert condition(told, "Ready")["reason"] == "InvalidSpec"
    assert condition(told, "Stalled")["status"] == "True"
    assert stored(workspace)["metadata"]["resourceVersion"] == told["metadata"]["resourceVersion"]


async def test_an_object_that_changed_meanwhile_is_looked_at_anew(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)
    found = invalid_object("ApiToken", stored(workspace), "spec.ttl: no")
    await cluster.write_token_status(token, a_mint(token))

    with pytest.raises(ConflictError):
        await cluster.write_invalid_status(found, now=now())


async def test_a_role_has_no_status_to_tell_on(cluster: KubeCluster) -> None:
    await cluster.write_invalid_status(invalid_object("ApiRole", {"metadata": {"name": "nothing"}}, "why"), now=now())
