"""The Kubernetes edge on a real API server, under the chart's ServiceAccount: every call and what may come of it."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from pharia_access.domain import token as token_format
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
from pharia_access.domain.sightings import ForeignSecret, LeaseRecord, Notice, OneTimeSecret
from pharia_access.domain.times import whole_seconds
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Call, Connection, connect
from pharia_access.kube.events import EventRecorder
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.lease import KubeLeases
from pharia_access.kube.schema import malformed
from pharia_access.kube.secrets import KubeSecrets
from tests.support.api import VERIFIER, rule
from tests.support.builders import HASH, owned_by
from tests.support.installation import NAMESPACE, OPERATOR_ACCOUNT
from tests.support.resources import api_credential, api_token, secret
from tests.support.virtual_time import FakeClock
from tests.support.workspace import Workspace, condition, now

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

Json = dict[str, Any]

WINDOW = timedelta(hours=1)


@pytest.fixture(scope="module")
def kubeconfig(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's, with the chart's rights and no other."""
    path = tmp_path_factory.mktemp("gateway") / "kubeconfig"
    return control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, path)


@pytest_asyncio.fixture
async def connection(kubeconfig: Path) -> AsyncIterator[Connection]:
    """The operator's way to the API server."""
    async with connect(str(kubeconfig), pool_size=4) as opened:
        yield opened


@pytest.fixture
def cluster(connection: Connection) -> KubeCluster:
    """Our kinds, everywhere, in pages of two."""
    return KubeCluster(connection, default_window=WINDOW)


@pytest.fixture
def secrets(connection: Connection, namespace: str) -> KubeSecrets:
    """Secrets, with the keyring in the namespace of the test."""
    return KubeSecrets(connection, namespace=namespace)


async def a_live_token(workspace: Workspace, cluster: KubeCluster, name: str = "ci") -> Token:
    """A token that was just created, as read."""
    assert workspace.api.create(api_token(workspace.namespace, name, ttl="720h")).ok
    return await cluster.read_token(ObjectKey(workspace.namespace, name))


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


def stored(workspace: Workspace, name: str = "ci") -> Json:
    """The token as it is now."""
    return workspace.api.read(api_token(workspace.namespace, name)).body


# Our kinds.


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
        await connection.send(Call("PATCH", path, 5, {"status": {"hashes": ["x"]}}, MERGE_PATCH))

    assert len(str(raised.value)) < 500


async def test_a_credentials_status_is_written(workspace: Workspace, cluster: KubeCluster) -> None:
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    credential = await cluster.read_credential(ObjectKey(workspace.namespace, "invoice-bot"))
    status = CredentialStatus(observed_generation=1, tokens=TokenCounts(active=2, failed=1))
    written = await cluster.write_credential_status(credential, status)

    assert written.status == status
    with pytest.raises(ConflictError):
        await cluster.write_credential_status(credential, status)


async def test_owners_come_and_go(workspace: Workspace, cluster: KubeCluster) -> None:
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    credential = await cluster.read_credential(ObjectKey(workspace.namespace, "invoice-bot"))
    token = await a_live_token(workspace, cluster)
    ours = owned_by(credential.identity)
    owned = await cluster.set_owners(token, (ours,))
    free = await cluster.set_owners(owned, ())

    assert (owned.owners, free.owners) == ((ours,), ())
    with pytest.raises(ConflictError):
        await cluster.set_owners(owned, (ours,))


async def test_an_owner_that_others_set_is_kept_as_it_is(workspace: Workspace, cluster: KubeCluster) -> None:
    made = workspace.api.create(secret(workspace.namespace, "theirs")).body["metadata"]
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    credential = await cluster.read_credential(ObjectKey(workspace.namespace, "invoice-bot"))
    body = api_token(workspace.namespace, "ci")
    theirs = {"apiVersion": "v1", "kind": "Secret", "name": "theirs", "uid": made["uid"], "controller": True}
    body["metadata"]["ownerReferences"] = [theirs]
    assert workspace.api.create(body).ok
    token = await cluster.read_token(ObjectKey(workspace.namespace, "ci"))
    ours = replace(owned_by(credential.identity), controller=False)
    await cluster.set_owners(token, (*token.owners, ours))
    references = stored(workspace)["metadata"]["ownerReferences"]

    assert references[0] == {**theirs, "blockOwnerDeletion": False}
    assert references[1]["name"] == "invoice-bot"


async def test_only_the_very_token_is_deleted(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)

    assert not await cluster.delete_token(token.key, "another")
    assert await cluster.delete_token(token.key, token.uid)
    assert not await cluster.delete_token(token.key, token.uid)


async def test_what_is_not_there_is_not_found(namespace: str, cluster: KubeCluster) -> None:
    with pytest.raises(NotFoundError):
        await cluster.read_token(ObjectKey(namespace, "nothing"))
    with pytest.raises(NotFoundError):
        await cluster.read_credential(ObjectKey(namespace, "nothing"))


async def test_a_kind_that_is_not_served_is_no_absence(namespace: str, connection: Connection) -> None:
    with pytest.raises(UnavailableError, match="are the CRDs installed"):
        await connection.send(Call("GET", f"/apis/access.pharia.ai/v9/namespaces/{namespace}/apitokens/x", 5))


# Lists.


async def test_a_list_shows_everything_and_its_version(workspace: Workspace, connection: Connection) -> None:
    cluster = KubeCluster(connection, default_window=WINDOW, namespaces=(workspace.namespace,))
    for number in range(5):
        await a_live_token(workspace, cluster, f"t{number}")
    pages = [page async for page in cluster.token_pages()]

    assert [token.key.name for page in pages for token in page.items] == [f"t{number}" for number in range(5)]
    assert pages[-1].resource_version.isdecimal()


async def test_a_credentials_tokens_are_listed_alone(workspace: Workspace, cluster: KubeCluster) -> None:
    await a_live_token(workspace, cluster)
    other = api_token(workspace.namespace, "other", credentialRef={"name": "another-bot"})
    assert workspace.api.create(other).ok
    pages = cluster.token_pages(credential=ObjectKey(workspace.namespace, "another-bot"))

    assert [token.key.name async for page in pages for token in page.items] == ["other"]


async def test_namespaces_are_listed_in_turn(workspace: Workspace, connection: Connection) -> None:
    names = (workspace.namespace, "default")
    cluster = KubeCluster(connection, default_window=WINDOW, namespaces=names)
    await a_live_token(workspace, cluster)
    assert workspace.api.create(api_credential(workspace.namespace, roles=["studio-user"])).ok
    tokens = [page async for page in cluster.token_pages()]
    credentials = [page async for page in cluster.credential_pages()]

    assert [[token.key.name for token in page.items] for page in tokens] == [["ci"], []]
    assert [len(page.items) for page in credentials] == [1, 0]


async def test_roles_are_listed_for_the_whole_cluster(workspace: Workspace, cluster: KubeCluster) -> None:
    listed = {role.name async for page in cluster.role_pages() for role in page.items}

    assert "integration-reader" in listed


# What cannot be understood.


async def test_an_object_that_is_not_understood_is_told_once(workspace: Workspace, cluster: KubeCluster) -> None:
    await a_live_token(workspace, cluster)
    found = malformed("ApiToken", stored(workspace), "spec.ttl: no")
    await cluster.write_malformed_status(found, now=now())
    told = stored(workspace)
    await cluster.write_malformed_status(malformed("ApiToken", told, "spec.ttl: no"), now=now())

    assert condition(told, "Ready")["reason"] == "InvalidSpec"
    assert condition(told, "Stalled")["status"] == "True"
    assert stored(workspace)["metadata"]["resourceVersion"] == told["metadata"]["resourceVersion"]


async def test_an_object_that_changed_meanwhile_is_looked_at_anew(workspace: Workspace, cluster: KubeCluster) -> None:
    token = await a_live_token(workspace, cluster)
    found = malformed("ApiToken", stored(workspace), "spec.ttl: no")
    await cluster.write_token_status(token, a_mint(token))

    with pytest.raises(ConflictError):
        await cluster.write_malformed_status(found, now=now())


async def test_a_role_has_no_status_to_tell_on(cluster: KubeCluster) -> None:
    await cluster.write_malformed_status(malformed("ApiRole", {"metadata": {"name": "nothing"}}, "why"), now=now())


# Secrets.


async def test_a_one_time_secret_is_made_seen_and_deleted(
    workspace: Workspace, cluster: KubeCluster, secrets: KubeSecrets
) -> None:
    token = await a_live_token(workspace, cluster)
    text = token_format.mint("pharia", os.urandom)
    key = ObjectKey(workspace.namespace, "ci-token")
    made = await secrets.create_one_time_secret(token, text)

    assert (made.key, made.immutable, made.token_uid, made.token_name) == (key, True, token.uid, "ci")
    assert made.text == text
    assert await secrets.look_at(key) == made
    with pytest.raises(AlreadyExistsError):
        await secrets.create_one_time_secret(token, token_format.mint("pharia", os.urandom))
    assert not await secrets.delete_secret(key, "another")
    assert await secrets.delete_secret(key, made.uid)
    assert not await secrets.delete_secret(key, made.uid)
    assert await secrets.look_at(key) is None


async def test_nothing_of_a_foreign_secret_is_seen(workspace: Workspace, secrets: KubeSecrets) -> None:
    created = workspace.api.create(secret(workspace.namespace, "ci-token"))
    key = ObjectKey(workspace.namespace, "ci-token")

    assert await secrets.look_at(key) == ForeignSecret(key)
    with pytest.raises(DeniedError):
        await secrets.delete_secret(key, created.body["metadata"]["uid"])


async def test_secrets_cannot_be_read(namespace: str, connection: Connection) -> None:
    for path in (paths.of_secret(namespace, "x"), paths.of_secret(namespace)):
        with pytest.raises(DeniedError, match=r"cannot (get|list) resource"):
            await connection.send(Call("GET", path, 5))


async def test_a_refusal_that_quotes_the_secret_is_not_passed_on(
    workspace: Workspace, cluster: KubeCluster, secrets: KubeSecrets, connection: Connection
) -> None:
    token = await a_live_token(workspace, cluster)
    made = await secrets.create_one_time_secret(token, token_format.mint("pharia", os.urandom))
    path = paths.of_secret(made.key.namespace, made.key.name)

    with pytest.raises(InvalidError) as raised:
        await connection.send(Call("PATCH", path, 5, {"unknown": 1}, MERGE_PATCH))

    assert str(raised.value) == f"PATCH {path}: 422 Invalid"
    assert raised.value.__cause__ is raised.value.__context__ is None


async def test_a_keyring_is_made_read_and_replaced(namespace: str, secrets: KubeSecrets) -> None:
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


async def test_a_keyring_is_no_one_time_secret(namespace: str, secrets: KubeSecrets) -> None:
    await secrets.create_keyring({"current": b"k1", "k1": b"1" * 32})
    key = ObjectKey(namespace, "pharia-access-keyring")

    assert not isinstance(await secrets.look_at(key), OneTimeSecret)


# The Lease, Events, the clock.


async def test_a_lease_is_taken_by_one(namespace: str, control_plane: ControlPlane) -> None:
    record = LeaseRecord("me", 15, datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC), 0)
    async with connect(str(control_plane.kubeconfig), pool_size=2) as admin:
        leases = KubeLeases(admin, namespace=namespace, name="operator")
        assert await leases.read_lease() is None
        taken = await leases.write_lease(record)
        with pytest.raises(AlreadyExistsError):
            await leases.write_lease(record)
        assert await leases.read_lease() == taken
        released = await leases.write_lease(replace(taken, holder="", transitions=1))
        with pytest.raises(ConflictError):
            await leases.write_lease(taken)

    assert replace(taken, resource_version="") == record
    assert (released.holder, released.transitions) == ("", 1)


async def test_an_event_tells_a_person(workspace: Workspace, cluster: KubeCluster, connection: Connection) -> None:
    token = await a_live_token(workspace, cluster)
    recorder = EventRecorder(connection, instance="replica-1", clock=FakeClock(now()))
    notice = Notice("ApiToken", token.key, token.uid, "SecretConflict", "Delete the Secret.", warning=True)
    recorder.record(notice)
    recorder.record(notice)
    recorder.record(replace(notice, reason="Issued"))
    writing = asyncio.create_task(recorder.run())
    await recorder.drain(10)
    writing.cancel()
    events = workspace.api.request("GET", paths.of_event(workspace.namespace)).body["items"]

    assert sorted(event["reason"] for event in events) == ["Issued", "SecretConflict"]
    assert {event["involvedObject"]["uid"] for event in events} == {token.uid}
    assert recorder.dropped == 0


async def test_the_api_servers_clock_is_ours(connection: Connection) -> None:
    assert abs(await connection.server_time_offset(now)) < timedelta(seconds=2)
