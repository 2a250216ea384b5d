"""How the Kubernetes edge finds, lists, owns and deletes our kinds, on a real API server with the chart's rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.deletions import GONE, NOT_THERE
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ConflictError, NotFoundError, UnavailableError
from pharia_access.kube.client import Connection, Request
from pharia_access.kube.gateway import KubeCluster
from tests.support.operators.earlier_owners import give_earlier_owner, reference_to
from tests.support.operators.live_tokens import a_live_token, stored
from tools.control_plane.resources import api_credential, api_token, secret

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace


async def test_the_reference_of_an_earlier_version_goes_and_those_of_others_stay_as_they_are(
    control_plane: ControlPlane, workspace: Workspace, cluster: KubeCluster
) -> None:
    made = workspace.api.create(secret(workspace.namespace, "theirs")).body["metadata"]
    theirs = {"apiVersion": "v1", "kind": "Secret", "name": "theirs", "uid": made["uid"]}
    credential = workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).body
    before = await a_live_token(workspace, cluster)
    give_earlier_owner(control_plane, stored(workspace), theirs, reference_to(credential))
    owned = await cluster.read_token(before.key)

    free = await cluster.set_owners(owned, owned.owners[:1])

    assert stored(workspace)["metadata"]["ownerReferences"] == [theirs]
    assert free.owners == owned.owners[:1]
    with pytest.raises(ConflictError):
        await cluster.set_owners(owned, ())


async def test_only_the_very_token_is_deleted(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)

    assert await cluster.delete_token(token.key, "another") == NOT_THERE
    assert await cluster.delete_token(token.key, token.uid, resource_version="1") == NOT_THERE
    assert await cluster.delete_token(token.key, token.uid) == GONE
    assert await cluster.delete_token(token.key, token.uid) == NOT_THERE


async def test_what_is_not_there_is_not_found(namespace: str, cluster: KubeCluster) -> None:
    with pytest.raises(NotFoundError):
        await cluster.read_token(ObjectKey(namespace, "nothing"))
    with pytest.raises(NotFoundError):
        await cluster.read_credential(ObjectKey(namespace, "nothing"))


async def test_a_kind_that_is_not_served_is_no_absence(namespace: str, connection: Connection) -> None:
    with pytest.raises(UnavailableError, match="are the CRDs installed"):
        await connection.send(Request("GET", f"/apis/access.pharia.ai/v9/namespaces/{namespace}/apitokens/x", 5))


# Lists.


async def test_a_list_shows_everything_and_its_version(workspace: Workspace, cluster: KubeCluster) -> None:
    for number in range(5):
        await a_live_token(workspace, cluster, f"t{number}")
    pages = [page async for page in cluster.token_pages(namespace=workspace.namespace)]

    assert [token.key.name for page in pages for token in page.items] == [f"t{number}" for number in range(5)]
    assert pages[-1].resource_version.isdecimal()


async def test_a_credentials_tokens_are_listed_alone(workspace: Workspace, cluster: KubeCluster) -> None:
    await a_live_token(workspace, cluster)
    other = api_token(workspace.namespace, "other", credentialRef={"name": "another-bot"})
    assert workspace.api.create(other).ok
    pages = cluster.token_pages(credential=ObjectKey(workspace.namespace, "another-bot"))

    assert [token.key.name async for page in pages for token in page.items] == ["other"]


async def test_a_namespace_is_listed_alone(workspace: Workspace, cluster: KubeCluster) -> None:
    await a_live_token(workspace, cluster)
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    names = (workspace.namespace, "default")
    tokens = [page for name in names async for page in cluster.token_pages(namespace=name)]
    credentials = [page for name in names async for page in cluster.credential_pages(namespace=name)]

    assert [[token.key.name for token in page.items] for page in tokens] == [["ci"], []]
    assert [len(page.items) for page in credentials] == [1, 0]
    for name in names:
        await cluster.try_lists(name)


async def test_roles_are_listed_for_the_whole_cluster(workspace: Workspace, cluster: KubeCluster) -> None:
    listed = {role.name async for page in cluster.role_pages() for role in page.items}

    assert "integration-reader" in listed
