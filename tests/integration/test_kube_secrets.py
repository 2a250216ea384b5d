"""One-time Secrets and the keyring on a real API server: made, seen and deleted without the right to read Secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain import token as token_format
from pharia_access.domain.api_values import ForeignSecret
from pharia_access.domain.deletions import GONE, NOT_THERE
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AlreadyExistsError, ConflictError, ForbiddenError, InvalidError, NotFoundError
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Connection, Request, connect
from pharia_access.kube.secrets import KEYRING_NAME
from tests.support.operators.live_tokens import a_live_token
from tools.control_plane.api import OPERATOR, rule
from tools.control_plane.resources import KEYRING, secret

if TYPE_CHECKING:
    from pharia_access.kube.gateway import KubeCluster
    from pharia_access.kube.secrets import KubeSecrets
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace


async def test_a_one_time_secret_is_made_seen_and_deleted(
    workspace: Workspace, cluster: KubeCluster, secrets: KubeSecrets
) -> None:
    token = await a_live_token(workspace, cluster)
    text = token_format.mint("pharia", os.urandom)
    key = ObjectKey(workspace.namespace, "ci-token")
    made = await secrets.create_one_time_secret(token, text)

    assert (made.key, made.immutable, made.token_uid, made.token_name) == (key, True, token.uid, "ci")
    assert made.text == text
    assert await secrets.inspect_secret(key) == made
    with pytest.raises(AlreadyExistsError):
        await secrets.create_one_time_secret(token, token_format.mint("pharia", os.urandom))
    assert await secrets.delete_secret(key, "another") == NOT_THERE
    assert await secrets.delete_secret(key, made.uid) == GONE
    assert await secrets.delete_secret(key, made.uid) == NOT_THERE
    assert await secrets.inspect_secret(key) is None


async def test_nothing_of_a_foreign_secret_is_seen(workspace: Workspace, secrets: KubeSecrets) -> None:
    created = workspace.api.create(secret(workspace.namespace, "ci-token"))
    key = ObjectKey(workspace.namespace, "ci-token")

    assert await secrets.inspect_secret(key) == ForeignSecret(key)
    with pytest.raises(ForbiddenError):
        await secrets.delete_secret(key, created.body["metadata"]["uid"])


async def test_secrets_cannot_be_read(namespace: str, connection: Connection) -> None:
    for path in (paths.of_secret(namespace, "x"), paths.of_secret(namespace)):
        with pytest.raises(ForbiddenError, match=r"cannot (get|list) resource"):
            await connection.send(Request("GET", path, 5))


async def test_a_refusal_that_quotes_the_secret_is_not_passed_on(
    control_plane: ControlPlane, workspace: Workspace, cluster: KubeCluster, secrets: KubeSecrets
) -> None:
    token = await a_live_token(workspace, cluster)
    made = await secrets.create_one_time_secret(token, token_format.mint("pharia", os.urandom))
    path = paths.of_secret(made.key.namespace, made.key.name)

    async with connect(str(control_plane.kubeconfig), pool_size=1) as administrators:  # the operator may not patch
        with pytest.raises(InvalidError) as raised:
            await administrators.send(Request("PATCH", path, 5, {"unknown": 1}, MERGE_PATCH))

    assert str(raised.value) == f"PATCH {path}: 422 Invalid"
    assert raised.value.__cause__ is raised.value.__context__ is None


@pytest.fixture
def home(admin: Api, namespace: str) -> str:
    """The test's namespace, where the operator's account has what it has in the release's."""
    admin.grant(OPERATOR, namespace, rule("", "secrets", "get", "update", names=[KEYRING_NAME]))
    return namespace


async def test_a_keyring_is_made_read_and_replaced(home: str, secrets: KubeSecrets) -> None:
    first, second = {"current": b"k1", "k1": b"1" * 32}, {"current": b"k2", "k2": b"2" * 32}
    assert await secrets.read_keyring() is None
    await secrets.create_keyring(first)
    with pytest.raises(AlreadyExistsError):
        await secrets.create_keyring(second)
    held = await secrets.read_keyring()
    assert held is not None
    assert held[0] == first
    await secrets.replace_keyring(second, resource_version=held[1])
    with pytest.raises(ConflictError):
        await secrets.replace_keyring(first, resource_version=held[1])
    held = await secrets.read_keyring()

    assert held is not None
    assert held[0] == second


async def test_replacing_the_keys_keeps_what_others_put_there(home: str, admin: Api, secrets: KubeSecrets) -> None:
    await secrets.create_keyring({"current": b"k1", "k1": b"1" * 32})
    keyring = secret(home, KEYRING_NAME)
    owning = admin.create(secret(home, "owning")).body["metadata"]
    owner = {"apiVersion": "v1", "kind": "Secret", "name": owning["name"], "uid": owning["uid"]}
    ours = admin.read(keyring).body["metadata"]["labels"]
    theirs = {"labels": {"team": "a"}, "annotations": {"why": "b"}, "finalizers": ["example.com/wait"]}
    assert admin.patch(keyring, {"metadata": {**theirs, "ownerReferences": [owner]}}).ok
    held = await secrets.read_keyring()
    assert held is not None

    await secrets.replace_keyring({"current": b"k2", "k2": b"2" * 32}, resource_version=held[1])

    replaced = admin.read(keyring).body
    assert set(replaced["data"]) == {"current", "k2"}
    assert {name: replaced["metadata"][name] for name in theirs} == {**theirs, "labels": {**ours, "team": "a"}}
    assert replaced["metadata"]["ownerReferences"] == [owner]
    assert replaced["type"] == KEYRING
    assert admin.patch(keyring, {"metadata": {"finalizers": None}}).ok


async def test_a_keyring_that_is_immutable_is_not_replaced(home: str, admin: Api, secrets: KubeSecrets) -> None:
    await secrets.create_keyring({"current": b"k1", "k1": b"1" * 32})
    assert admin.patch(secret(home, KEYRING_NAME), {"immutable": True}).ok
    held = await secrets.read_keyring()
    assert held is not None

    with pytest.raises(InvalidError):
        await secrets.replace_keyring({"current": b"k2", "k2": b"2" * 32}, resource_version=held[1])


async def test_a_keyring_that_is_gone_is_not_made_by_a_replacement(home: str, secrets: KubeSecrets) -> None:
    with pytest.raises(NotFoundError):
        await secrets.replace_keyring({"current": b"k2", "k2": b"2" * 32}, resource_version="1")


async def test_a_keyring_is_no_one_time_secret(namespace: str, secrets: KubeSecrets) -> None:
    await secrets.create_keyring({"current": b"k1", "k1": b"1" * 32})
    key = ObjectKey(namespace, KEYRING_NAME)

    assert await secrets.inspect_secret(key) == ForeignSecret(key)
