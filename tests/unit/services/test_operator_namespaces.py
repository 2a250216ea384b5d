"""Of several watched namespaces one is refused, broken or silent: the others go on, and it comes back by itself."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.errors import ApiError, DeniedError, ExpiredViewError, InvalidError, RewoundError, UnavailableError
from pharia_access.services.scopes import CATALOGUE
from pharia_access.services.work_queue import Work
from tests.support.builders import CREDENTIAL
from tests.support.faults import Call, Fault
from tests.support.operator_builders import SOONEST, Stage
from tests.support.virtual_time import FakeClock, simulated

FINANCE, DOOMED = CREDENTIAL.namespace, "doomed"
BOTH = (FINANCE, DOOMED)
CREDENTIAL_THERE = ObjectKey(DOOMED, CREDENTIAL.name)
FORBIDDEN = DeniedError("403")
BROKEN = [
    pytest.param(UnavailableError("500"), id="500"),
    pytest.param(UnavailableError("no answer in time"), id="no answer"),
    pytest.param(ExpiredViewError("410"), id="410"),
    pytest.param(InvalidError("400"), id="400"),
    pytest.param(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), id="undecodable"),
    pytest.param(TypeError("no"), id="what nobody foresaw"),
]
REFUSED = [pytest.param(FORBIDDEN, id="403"), *BROKEN]


class Trouble:
    """Calls about these places fail, or those among them that `only` says; places are namespaces, or `roles`."""

    def __init__(self, error: Exception, *places: str, only: Callable[[Call], bool] = lambda _: True) -> None:
        self.error, self.places, self.only = error, set(places), only

    def __call__(self, call: Call) -> Fault | None:
        place = "roles" if call.verb == "list_roles" else call.target.partition("/")[0]
        return Fault(before=self.error) if place in self.places and self.only(call) else None


def listing(call: Call) -> bool:
    return call.verb.startswith(("list", "try"))


def on(clock: FakeClock, trouble: Trouble) -> Stage:
    """An operator of two namespaces, with a credential and a token in each."""
    stage = Stage(clock, trouble, namespaces=BOTH)
    stage.create("ci")
    stage.create_in(DOOMED, "there")
    return stage


def there(stage: Stage, name: str = "there") -> str | None:
    return stage.store.tokens[ObjectKey(DOOMED, name)].status.phase


def calls_there(stage: Stage, since: float) -> int:
    return sum(at >= since and call.target.startswith(DOOMED) for at, call in stage.diary.entries)


@pytest.mark.parametrize("verb", ["list_credentials", "list_tokens"])
@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_a_start_does_without_a_namespace_that_cannot_be_listed(
    clock: FakeClock, error: Exception, verb: str
) -> None:
    stage = on(clock, Trouble(error, DOOMED, only=lambda call: call.verb == verb))

    await asyncio.wait_for(stage.operator.fill_view(), 11)
    async with stage.leading():
        await asyncio.sleep(1)

        assert stage.phases()["ci"] is Phase.ACTIVE
        assert stage.operator.missing() == []
        assert stage.replica.metrics.watched == {FINANCE: True, DOOMED: False}


@simulated
async def test_a_start_that_is_forbidden_a_namespace_waits_until_that_is_sure(clock: FakeClock) -> None:
    stage = on(clock, Trouble(FORBIDDEN, DOOMED))

    await asyncio.wait_for(stage.operator.fill_view(), 4)


@simulated
async def test_a_mint_does_not_trust_the_view_of_a_namespace_that_is_not_heard(clock: FakeClock) -> None:
    stage = on(clock, Trouble(FORBIDDEN))
    await stage.operator.fill_view()
    async with stage.leading():
        stage.operator.lists.watch_refused(DOOMED)
        stage.store.apply_credential(replace(stage.store.credentials[CREDENTIAL_THERE], suspended=True))
        stage.store.changes.pop()  # nobody is told
        stage.create_in(DOOMED, "new")
        stage.replica.hear(stage.store.changes[-1])
        await asyncio.sleep(1)

        assert there(stage, "new") is Phase.PENDING


@simulated
async def test_a_403_of_a_moment_holds_work_for_that_moment_only(clock: FakeClock) -> None:
    """As an API server gives that has just started; the list that follows takes its time."""
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    await stage.operator.fill_view()
    async with stage.leading():
        trouble.places.add(DOOMED)
        stage.create_in(DOOMED, "new")
        stage.replica.hear(stage.store.changes[-1])
        await asyncio.sleep(0.5)
        trouble.places.clear()
        missing, held = stage.operator.missing(), there(stage, "new")
        stage.replica.cluster.turn = hanging("list_")
        await asyncio.sleep(10)

    assert (missing, held, there(stage, "new")) == ([], None, Phase.ACTIVE)


@simulated
async def test_work_that_is_refused_in_one_namespace_delays_no_anothers(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, only=lambda call: call.verb == "write_token_status")
    stage = on(clock, trouble)
    await stage.operator.fill_view()
    scopes = stage.operator._scopes
    for _ in range(3000):
        scopes.refused(DOOMED)

    assert scopes.refused(DOOMED) > 500
    assert scopes.refused("finance") < 1


@simulated
async def test_a_round_ends_though_a_namespace_fails_for_good(clock: FakeClock) -> None:
    """With it the keyring is read anew, which is everybody's."""
    trouble = Trouble(UnavailableError("500"))
    stage = on(clock, trouble)
    await stage.operator.fill_view()
    async with stage.leading():
        trouble.places.add(DOOMED)
        began = clock.monotonic()
        await asyncio.sleep(3600)

        assert sum(at > began and call.verb == "read_keyring" for at, call in stage.diary.entries) >= 3


@pytest.mark.parametrize("place", [DOOMED, "roles"])
@simulated
async def test_a_start_waits_ten_seconds_for_a_list_that_never_ends(clock: FakeClock, place: str) -> None:
    stage = on(clock, Trouble(FORBIDDEN))

    async def hang(call: Call) -> None:
        if call.target == place or (place == "roles" and call.verb == "list_roles"):
            await asyncio.sleep(10_000)

    stage.replica.cluster.turn = hang
    await asyncio.wait_for(stage.operator.fill_view(), 11)
    async with stage.leading():
        await asyncio.sleep(1)

        assert stage.phases()["ci"] is Phase.ACTIVE


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_a_namespace_comes_back_by_itself_and_is_told_of_once_each_way(
    clock: FakeClock, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble(error, DOOMED)
    stage = on(clock, trouble)
    back: list[str] = []
    stage.operator.lists.on_back = back.append

    await stage.operator.fill_view()
    async with stage.leading():
        await asyncio.sleep(600)
        assert there(stage) is None
        trouble.places.clear()
        await asyncio.sleep(31)
        assert there(stage) is Phase.ACTIVE

    assert back == [DOOMED]
    assert stage.replica.metrics.watched == {FINANCE: True, DOOMED: True}
    told = [record.getMessage() for record in caplog.records if "namespace" in record.getMessage()]
    assert told == ["a namespace cannot be watched", "a namespace is watched again"]


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_the_others_are_listed_every_quarter_of_an_hour_all_the_same(clock: FakeClock, error: Exception) -> None:
    stage = on(clock, Trouble(error, DOOMED, only=listing))

    await stage.operator.fill_view()
    async with stage.leading():
        await asyncio.sleep(10 * SOONEST)

    assert 8 <= len(stage.diary.times("list_tokens", FINANCE)) <= 11
    assert stage.replica.metrics.lists >= 8 * isinstance(error, DeniedError)


@simulated
async def test_in_a_namespace_that_lost_its_rights_nothing_is_tried_but_whether_they_are_back(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    stage.replica.cluster.turn = taking(0.001)
    await stage.operator.fill_view()
    async with stage.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        stage.create_in(DOOMED, *(f"new-{number}" for number in range(2000)))
        for change in stage.store.changes[-2000:]:
            stage.replica.hear(change)
        await asyncio.sleep(60)
        began = clock.monotonic()
        assert calls_there(stage, 5) < 40
        await asyncio.sleep(600)
        assert calls_there(stage, began) <= 21
        stage.create("batch")
        stage.replica.hear(stage.store.changes[-1])
        await asyncio.sleep(1)
        assert stage.phases()["batch"] is Phase.ACTIVE

        trouble.places.clear()
        await asyncio.sleep(60)

    assert {there(stage, f"new-{number}") for number in range(2000)} == {Phase.ACTIVE}


@simulated
async def test_where_a_single_right_lacks_five_are_tried_in_a_second_and_all_once_it_is_back(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, only=lambda call: call.verb == "write_token_status")
    stage = on(clock, trouble)
    await stage.operator.fill_view()
    async with stage.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        stage.create_in(DOOMED, *(f"new-{number}" for number in range(500)))
        for change in stage.store.changes[-500:]:
            stage.replica.hear(change)
        await asyncio.sleep(100)
        began = clock.monotonic()
        await asyncio.sleep(100)
        tries = [at for at, call in stage.diary.entries if call.verb == "write_token_status" and at >= began]
        assert len(tries) <= 520
        assert stage.replica.metrics.watched[DOOMED]

        trouble.places.clear()
        await asyncio.sleep(200)

    assert {there(stage, f"new-{number}") for number in range(500)} == {Phase.ACTIVE}


async def changed_while_lost(stage: Stage, trouble: Trouble, change: Callable[[], None]) -> None:
    """Minted first; then the namespace is lost, the change is made, and every event is heard all the same."""
    await asyncio.sleep(5)
    assert there(stage) is Phase.ACTIVE
    trouble.places.add(DOOMED)
    stage.operator.lists.look_soon(DOOMED)
    await asyncio.sleep(5)
    before = len(stage.store.changes)
    change()
    for made in stage.store.changes[before:]:
        stage.replica.hear(made)
    await asyncio.sleep(3 * 3600)


@simulated
async def test_what_is_lost_is_not_gone_and_its_windows_and_revocations_wait(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    key = ObjectKey(DOOMED, "there")

    def revoke() -> None:
        stage.store.edit_token(key, lambda spec: replace(spec, revoked=True))

    await stage.operator.fill_view()
    async with stage.leading():
        await changed_while_lost(stage, trouble, revoke)
        assert key in stage.replica.view.token_keys
        assert ObjectKey(DOOMED, "there-token") in stage.store.secrets
        assert there(stage) is Phase.ACTIVE

        trouble.places.clear()
        await asyncio.sleep(31)

    assert there(stage) is Phase.REVOKED
    assert ObjectKey(DOOMED, "there-token") not in stage.store.secrets


@simulated
async def test_a_token_is_not_judged_by_its_credential_as_it_was_before_the_rights_were_lost(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    policy = stage.store.credentials[CREDENTIAL_THERE].policy

    def widen_unheard_and_ask_for_more() -> None:
        wider = replace(stage.store.credentials[CREDENTIAL_THERE], policy=policy)
        stage.store.apply_credential(wider)
        stage.store.changes.pop()
        stage.create_in(DOOMED, "long")

    narrow = replace(policy, max_ttl=timedelta(hours=1), default_ttl=timedelta(minutes=1))
    stage.store.apply_credential(replace(stage.store.credentials[CREDENTIAL_THERE], policy=narrow))
    await stage.operator.fill_view()
    async with stage.leading():
        await changed_while_lost(stage, trouble, widen_unheard_and_ask_for_more)
        assert there(stage, "long") is None
        trouble.places.clear()
        await asyncio.sleep(31)

    made = stage.store.tokens[ObjectKey(DOOMED, "long")].status
    assert made.phase is Phase.ACTIVE
    assert made.expires_at is not None
    assert made.expires_at - clock.now() > timedelta(hours=24)


@simulated
async def test_the_secret_of_a_token_that_went_while_its_namespace_was_lost_is_deleted_afterwards(
    clock: FakeClock,
) -> None:
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    key = ObjectKey(DOOMED, "there")

    def delete() -> None:
        stage.store.delete_token(key)

    await stage.operator.fill_view()
    async with stage.leading():
        await changed_while_lost(stage, trouble, delete)
        assert ObjectKey(DOOMED, "there-token") in stage.store.secrets
        trouble.places.clear()
        await asyncio.sleep(31)

    assert ObjectKey(DOOMED, "there-token") not in stage.store.secrets


@simulated
async def test_a_lost_namespace_is_not_probed_and_the_others_are(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN)
    stage = on(clock, trouble)
    stage.create_in(DOOMED, *(f"more-{number}" for number in range(100)))
    await stage.operator.fill_view()
    async with stage.leading():
        await asyncio.sleep(5)
        trouble.places.add(DOOMED)
        stage.operator.lists.look_soon(DOOMED)
        await asyncio.sleep(1)
        began = clock.monotonic()
        await asyncio.sleep(20)

        probed = [call.target for at, call in stage.diary.entries if call.verb == "look_at" and at >= began]
        assert probed == ["finance/ci-token"]


@simulated
async def test_all_namespaces_lost_is_not_ready_and_one_back_is(clock: FakeClock) -> None:
    trouble = Trouble(FORBIDDEN, *BOTH)
    stage = on(clock, trouble)
    filling = asyncio.create_task(stage.operator.fill_view())
    await asyncio.sleep(600)
    assert stage.operator.missing()[-1] == "no namespace can be watched: finance, doomed"
    assert not filling.done()

    trouble.places.discard(FINANCE)
    await asyncio.wait_for(filling, 31)
    assert stage.operator.missing() == []


@pytest.mark.parametrize("error", REFUSED)
@simulated
async def test_without_roles_tokens_are_minted_and_credentials_are_not_judged(
    clock: FakeClock, error: Exception
) -> None:
    trouble = Trouble(error, "roles")
    stage = on(clock, trouble)

    await asyncio.wait_for(stage.operator.fill_view(), 11)
    async with stage.leading():
        await asyncio.sleep(60)
        assert stage.phases() == {"ci": Phase.ACTIVE, "there": Phase.ACTIVE}
        assert not any(credential.status.conditions for credential in stage.store.credentials.values())

        trouble.places.clear()
        await asyncio.sleep(31)

    ready = [credential.status.conditions[0].status for credential in stage.store.credentials.values()]
    assert ready == ["True", "True"]


@simulated
async def test_a_watch_that_is_refused_is_told_by_the_metric_and_its_list_goes_on(clock: FakeClock) -> None:
    stage = on(clock, Trouble(FORBIDDEN))
    await stage.operator.fill_view()
    async with stage.leading():
        stage.operator.lists.watch_refused(DOOMED)
        await asyncio.sleep(10)
        assert stage.replica.metrics.watched == {FINANCE: True, DOOMED: False}
        assert there(stage) is Phase.ACTIVE
        stage.operator.lists.watch_refused(CATALOGUE)

        stage.operator.lists.watch_goes_on(DOOMED)
        assert stage.replica.metrics.watched == {FINANCE: True, DOOMED: True}


@simulated
async def test_a_cluster_that_went_back_in_time_ends_an_operator_of_several_namespaces(clock: FakeClock) -> None:
    stage = on(clock, Trouble(FORBIDDEN))
    await stage.operator.fill_view()
    standing_by = asyncio.create_task(stage.operator.stand_by())
    await asyncio.sleep(1)
    stage.store.version = "0"
    stage.operator.lists.list_soon(DOOMED)

    with pytest.raises(RewoundError):
        await asyncio.wait_for(standing_by, 10)


@simulated
async def test_a_scope_that_asks_for_lists_again_and_again_is_listed_no_more_than_a_sixth_of_the_time(
    clock: FakeClock,
) -> None:
    stage = Stage(clock, namespaces=BOTH)
    stage.replica.cluster.turn = taking(2.5, "list_tokens")
    await stage.operator.fill_view()
    standing_by = asyncio.create_task(stage.operator.stand_by())
    for _ in range(600):
        stage.operator.lists.list_soon(DOOMED)
        await asyncio.sleep(1)
    standing_by.cancel()

    assert len(stage.diary.times("list_tokens", DOOMED)) <= 22


def hanging(verbs: str) -> Callable[[Call], Awaitable[None]]:
    """Calls that begin so are not answered."""

    async def turn(call: Call) -> None:
        if call.verb.startswith(verbs):
            await asyncio.sleep(10_000)

    return turn


def taking(seconds: float, verb: str | None = None) -> Callable[[Call], Awaitable[None]]:
    """Each half of such a call, or of any, takes so long."""

    async def wait(call: Call) -> None:
        if verb in {None, call.verb}:
            await asyncio.sleep(seconds)

    return wait


def test_every_refusal_is_one_of_ours_or_was_not_foreseen() -> None:
    assert any(not isinstance(case.values[0], ApiError) for case in REFUSED)


@simulated
async def test_work_in_a_namespace_that_is_not_watched_is_not_held(clock: FakeClock) -> None:
    stage = on(clock, Trouble(FORBIDDEN))

    await stage.operator.handle(Work("secret", ObjectKey("elsewhere", "x"), "uid"))

    assert stage.diary.writes() == ["delete_secret"]
