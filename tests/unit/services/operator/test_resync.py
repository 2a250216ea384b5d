"""The full list: what events lost is repaired, and what is newer is kept."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from pharia_access.domain.api_values import Page
from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.domain.permissions import Role
from pharia_access.errors import ClusterRolledBackError
from pharia_access.services.operator.scopes import EVERYWHERE
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN, a_credential, a_minted_token, a_role, a_token
from tests.support.fakes.cluster import FakeCluster
from tests.support.fakes.scripted_faults import Call
from tests.support.fakes.virtual_time import simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

GONE = ObjectKey("finance", "gone")
NEW = ObjectKey("finance", "new")


async def tokens_queued(harness: OperatorHarness) -> list[str]:
    return [work.key.name for work in await drained(harness.replica.queue) if work.kind == "token"]


@simulated
async def test_roles_come_first_and_tokens_last(harness: OperatorHarness) -> None:
    await harness.list_all()

    assert harness.calls() == ["list_roles", "list_credentials", "list_workloads", "list_tokens"]


@simulated
async def test_a_list_finds_what_no_event_told_of_over_all_its_pages(harness: OperatorHarness) -> None:
    for number in range(5):
        harness.create(f"ci-{number}")

    await harness.list_all()

    assert harness.calls().count("list_tokens") == 3
    assert await tokens_queued(harness) == [f"ci-{number}" for number in range(5)]


@simulated
async def test_a_list_judges_anew_what_fell_due_unnoticed(harness: OperatorHarness) -> None:
    harness.create("ci", expires_at=NOW)
    harness.look_around()

    await harness.list_all()

    assert await tokens_queued(harness) == ["ci"]


@simulated
async def test_a_cluster_that_went_back_in_time_is_noticed(harness: OperatorHarness) -> None:
    await harness.list_all()
    harness.create("ci")
    resync = harness.resync()
    await resync.run(EVERYWHERE)
    harness.store.version = str(int(harness.store.version) - 1)

    with pytest.raises(ClusterRolledBackError, match="was etcd restored"):
        await resync.run(EVERYWHERE)


@simulated
async def test_what_went_unnoticed_is_dropped(harness: OperatorHarness) -> None:
    minted = a_minted_token(a_token(GONE, resource_version="1"), credential=harness.credential.identity)
    harness.replica.cache.apply_event(minted)
    harness.replica.cache.apply_credential(a_credential(GONE, resource_version="1"))
    harness.replica.cache.apply_role(a_role("gone"))
    harness.create("ci")
    harness.look_around()

    await harness.list_all()

    assert harness.replica.cache.tokens.keys == (TOKEN,)
    assert tuple(harness.replica.cache.credentials) == (CREDENTIAL,)
    assert set(harness.replica.cache.catalog) == {"studio-user"}
    left = [work for work in await drained(harness.replica.queue) if work.kind == "secret"]
    assert left == [WorkItem("secret", ObjectKey("finance", "gone-token"), "secret-1")]


@simulated
async def test_tokens_of_a_credential_that_went_unnoticed_are_asked_again(harness: OperatorHarness) -> None:
    harness.replica.cache.apply_credential(a_credential(GONE, resource_version="1"))
    harness.store.apply_token(replace(a_token(), spec=a_token(credential_name="gone").spec))
    harness.look_around()

    await harness.list_all()

    assert await tokens_queued(harness) == ["ci"]


@pytest.mark.parametrize("verb", ["list_roles", "list_credentials", "list_workloads", "list_tokens"])
@simulated
async def test_what_comes_during_a_list_is_kept(harness: OperatorHarness, verb: str) -> None:
    later = "1000"

    async def come(call: Call) -> None:
        if call.verb == verb:
            harness.replica.cache.apply_role(a_role("new"))
            harness.replica.cache.apply_credential(a_credential(NEW, resource_version=later))
            harness.replica.cache.apply_event(a_token(NEW, resource_version=later))

    harness.replica.cluster.turn = come
    await harness.list_all()

    assert NEW in harness.replica.cache.tokens.keys
    assert NEW in tuple(harness.replica.cache.credentials)
    assert "new" in harness.replica.cache.catalog


class Snapshot(FakeCluster):
    """Its pages were made before something went or changed, and are read after that was heard."""

    went: Callable[[], None]

    async def role_pages(self) -> AsyncIterator[Page[Role]]:
        page = Page("20", (a_role("old"), a_role("edited"), a_role("gone")))
        self.went()
        yield page

    async def credential_pages(self, *, namespace: str | None = None) -> AsyncIterator[Page[Credential]]:
        page = Page("20", tuple(self.store.credentials.values()))
        self.went()
        yield page

    async def token_pages(
        self, *, namespace: str | None = None, credential: ObjectKey | None = None
    ) -> AsyncIterator[Page[Token]]:
        yield Page("20", (a_token(resource_version="8"), a_token(NEW, uid="token-2", resource_version="8")))


@simulated
async def test_what_goes_during_a_list_does_not_come_back_with_its_pages(harness: OperatorHarness) -> None:
    cache = harness.replica.cache

    edited = replace(a_role("edited"), allowed_namespaces=frozenset())
    cache.apply_role(a_role("gone"))

    def went() -> None:
        cache.remove_role("gone")
        cache.apply_role(edited)
        cache.remove_credential(CREDENTIAL, harness.credential.uid)
        cache.remove_token(TOKEN, a_token().uid)

    cluster = Snapshot(harness.store)
    cluster.went = went
    await harness.list_all(cluster)

    assert harness.replica.cache.tokens.keys == (NEW,)
    assert not harness.replica.cache.credentials
    assert dict(harness.replica.cache.catalog) == {"old": a_role("old"), "edited": edited}
    cache.apply_listed(a_token(resource_version="8"))  # in another list
    assert TOKEN in harness.replica.cache.tokens.keys


@pytest.mark.parametrize(
    ("beyond", "kept"),
    [
        pytest.param(-1, False, id="what the list should have is gone"),
        pytest.param(0, False, id="up to its very version"),
        pytest.param(1, True, id="what is newer came after it"),
    ],
)
@simulated
async def test_the_lists_version_decides_what_is_gone(harness: OperatorHarness, beyond: int, *, kept: bool) -> None:
    harness.create()
    version = str(int(harness.store.version) + beyond)
    harness.replica.cache.apply_event(a_token(NEW, resource_version=version))
    harness.replica.cache.apply_credential(a_credential(NEW, resource_version=version))

    await harness.list_all()

    assert (NEW in harness.replica.cache.tokens.keys) is kept
    assert (NEW in tuple(harness.replica.cache.credentials)) is kept


@simulated
async def test_a_list_of_one_namespace_drops_nothing_in_another(harness: OperatorHarness) -> None:
    other = ObjectKey("hr", "other")
    harness.replica.cache.apply_event(a_token(GONE, resource_version="1"))
    harness.replica.cache.apply_event(a_token(other, resource_version="1"))
    harness.replica.cache.apply_credential(a_credential(other, resource_version="1"))

    await harness.resync().run("finance")

    assert harness.replica.cache.tokens.keys == (other,)
    assert set(harness.replica.cache.credentials) == {CREDENTIAL, other}


@simulated
async def test_lists_of_two_namespaces_are_not_compared(harness: OperatorHarness) -> None:
    resync = harness.resync()
    await resync.run("finance")
    harness.store.version = str(int(harness.store.version) - 1)

    await resync.run("hr")

    with pytest.raises(ClusterRolledBackError):
        await resync.run("finance")


@simulated
async def test_a_list_that_is_older_than_the_view_takes_nothing_back(harness: OperatorHarness) -> None:
    harness.create()
    harness.look_around()
    harness.replica.cache.apply_event(
        replace(harness.token(), resource_version="1000", spec=a_token(revoked=True).spec)
    )
    await drained(harness.replica.queue)

    await harness.list_all()

    record = harness.replica.cache.tokens.get(TOKEN)
    assert record is not None
    assert record.resource_version == "1000"
    assert await tokens_queued(harness) == []
