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
from tests.support.builders import CREDENTIAL, NOW, TOKEN, a_credential, a_minted_token, a_role, a_token
from tests.support.fake_cluster import FakeCluster
from tests.support.faults import Call
from tests.support.service_builders import Bench, drained
from tests.support.virtual_time import simulated

GONE = ObjectKey("finance", "gone")
NEW = ObjectKey("finance", "new")


async def tokens_queued(bench: Bench) -> list[str]:
    return [work.key.name for work in await drained(bench.replica.queue) if work.kind == "token"]


@simulated
async def test_roles_come_first_then_credentials_then_tokens(bench: Bench) -> None:
    await bench.list_all()

    assert bench.calls() == ["list_roles", "list_credentials", "list_tokens"]


@simulated
async def test_a_list_finds_what_no_event_told_of_over_all_its_pages(bench: Bench) -> None:
    for number in range(5):
        bench.create(f"ci-{number}")

    await bench.list_all()

    assert bench.calls().count("list_tokens") == 3
    assert await tokens_queued(bench) == [f"ci-{number}" for number in range(5)]


@simulated
async def test_a_list_judges_anew_what_fell_due_unnoticed(bench: Bench) -> None:
    bench.create("ci", expires_at=NOW)
    bench.look_around()

    await bench.list_all()

    assert await tokens_queued(bench) == ["ci"]


@simulated
async def test_a_cluster_that_went_back_in_time_is_noticed(bench: Bench) -> None:
    await bench.list_all()
    bench.create("ci")
    resync = bench.resync()
    await resync.run(EVERYWHERE)
    bench.store.version = str(int(bench.store.version) - 1)

    with pytest.raises(ClusterRolledBackError, match="was etcd restored"):
        await resync.run(EVERYWHERE)


@simulated
async def test_what_went_unnoticed_is_dropped(bench: Bench) -> None:
    minted = a_minted_token(a_token(GONE, resource_version="1"), credential=bench.credential.identity)
    bench.replica.cache.apply_event(minted)
    bench.replica.cache.apply_credential(a_credential(GONE, resource_version="1"))
    bench.replica.cache.apply_role(a_role("gone"))
    bench.create("ci")
    bench.look_around()

    await bench.list_all()

    assert bench.replica.cache.tokens.keys == (TOKEN,)
    assert tuple(bench.replica.cache.credentials) == (CREDENTIAL,)
    assert set(bench.replica.cache.catalog) == {"studio-user"}
    left = [work for work in await drained(bench.replica.queue) if work.kind == "secret"]
    assert left == [WorkItem("secret", ObjectKey("finance", "gone-token"), "secret-1")]


@simulated
async def test_tokens_of_a_credential_that_went_unnoticed_are_asked_again(bench: Bench) -> None:
    bench.replica.cache.apply_credential(a_credential(GONE, resource_version="1"))
    bench.store.apply_token(replace(a_token(), spec=a_token(credential_name="gone").spec))
    bench.look_around()

    await bench.list_all()

    assert await tokens_queued(bench) == ["ci"]


@pytest.mark.parametrize("verb", ["list_roles", "list_credentials", "list_tokens"])
@simulated
async def test_what_comes_during_a_list_is_kept(bench: Bench, verb: str) -> None:
    later = "1000"

    async def come(call: Call) -> None:
        if call.verb == verb:
            bench.replica.cache.apply_role(a_role("new"))
            bench.replica.cache.apply_credential(a_credential(NEW, resource_version=later))
            bench.replica.cache.apply_event(a_token(NEW, resource_version=later))

    bench.replica.cluster.turn = come
    await bench.list_all()

    assert NEW in bench.replica.cache.tokens.keys
    assert NEW in tuple(bench.replica.cache.credentials)
    assert "new" in bench.replica.cache.catalog


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
async def test_what_goes_during_a_list_does_not_come_back_with_its_pages(bench: Bench) -> None:
    cache = bench.replica.cache

    edited = replace(a_role("edited"), allowed_namespaces=frozenset())
    cache.apply_role(a_role("gone"))

    def went() -> None:
        cache.remove_role("gone")
        cache.apply_role(edited)
        cache.remove_credential(CREDENTIAL, bench.credential.uid)
        cache.remove_token(TOKEN, a_token().uid)

    cluster = Snapshot(bench.store)
    cluster.went = went
    await bench.list_all(cluster)

    assert bench.replica.cache.tokens.keys == (NEW,)
    assert not bench.replica.cache.credentials
    assert dict(bench.replica.cache.catalog) == {"old": a_role("old"), "edited": edited}
    cache.apply_listed(a_token(resource_version="8"))  # in another list
    assert TOKEN in bench.replica.cache.tokens.keys


@pytest.mark.parametrize(
    ("beyond", "kept"),
    [
        pytest.param(-1, False, id="what the list should have is gone"),
        pytest.param(0, False, id="up to its very version"),
        pytest.param(1, True, id="what is newer came after it"),
    ],
)
@simulated
async def test_the_lists_version_decides_what_is_gone(bench: Bench, beyond: int, *, kept: bool) -> None:
    bench.create()
    version = str(int(bench.store.version) + beyond)
    bench.replica.cache.apply_event(a_token(NEW, resource_version=version))
    bench.replica.cache.apply_credential(a_credential(NEW, resource_version=version))

    await bench.list_all()

    assert (NEW in bench.replica.cache.tokens.keys) is kept
    assert (NEW in tuple(bench.replica.cache.credentials)) is kept


@simulated
async def test_a_list_of_one_namespace_drops_nothing_in_another(bench: Bench) -> None:
    other = ObjectKey("hr", "other")
    bench.replica.cache.apply_event(a_token(GONE, resource_version="1"))
    bench.replica.cache.apply_event(a_token(other, resource_version="1"))
    bench.replica.cache.apply_credential(a_credential(other, resource_version="1"))

    await bench.resync().run("finance")

    assert bench.replica.cache.tokens.keys == (other,)
    assert set(bench.replica.cache.credentials) == {CREDENTIAL, other}


@simulated
async def test_lists_of_two_namespaces_are_not_compared(bench: Bench) -> None:
    resync = bench.resync()
    await resync.run("finance")
    bench.store.version = str(int(bench.store.version) - 1)

    await resync.run("hr")

    with pytest.raises(ClusterRolledBackError):
        await resync.run("finance")


@simulated
async def test_a_list_that_is_older_than_the_view_takes_nothing_back(bench: Bench) -> None:
    bench.create()
    bench.look_around()
    bench.replica.cache.apply_event(replace(bench.token(), resource_version="1000", spec=a_token(revoked=True).spec))
    await drained(bench.replica.queue)

    await bench.list_all()

    record = bench.replica.cache.tokens.get(TOKEN)
    assert record is not None
    assert record.resource_version == "1000"
    assert await tokens_queued(bench) == []
