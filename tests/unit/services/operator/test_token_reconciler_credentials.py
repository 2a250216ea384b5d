"""Tokens whose credential went: they are dead, whoever deletes them, and another of its name never revives them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.model import OwnerReference, Phase, Token
from pharia_access.services.operator.credential_lookup import GONE_SECONDS
from tests.support.bench_tokens import of_git
from tests.support.builders import CREDENTIAL, TOKEN, WINDOW, a_credential, a_token, owned_by
from tests.support.faults import Call
from tests.support.service_builders import ARGO, SECRET, Bench, drained, reason
from tests.support.virtual_time import FakeClock, simulated

DAY = timedelta(days=1)


def active(token: Token) -> tuple[str, str]:
    """The condition Active: its status and its reason."""
    found = find(token.status.conditions, "Active")
    assert found is not None
    return found.status, found.reason


APP = OwnerReference("v1", "ConfigMap", "app", "app-1", controller=True)


@pytest.mark.parametrize("marked", [False, True], ids=["one of a person", "one that Git declares"])
@simulated
async def test_a_token_goes_with_its_credential(bench: Bench, *, marked: bool) -> None:
    bench.create(annotations=ARGO if marked else {})
    await bench.reconcile()
    bench.forget_calls()
    bench.remove_credential()

    await bench.reconcile()

    assert bench.store.tokens == {}
    assert bench.writes() == ["delete_token"]


@simulated
async def test_a_token_that_garbage_collection_took_first_is_gone_all_the_same(bench: Bench) -> None:
    """It has the reference that an earlier version wrote."""
    minted = await bench.mint()
    bench.store.set_owners(minted, (owned_by(bench.credential.identity),))
    bench.remove_credential()

    async def collect(call: Call) -> None:
        if call.verb == "delete_token":
            bench.store.collect_garbage()

    bench.replica.cluster.turn = collect
    await bench.reconcile()

    assert bench.store.tokens == {}


@simulated
async def test_a_token_that_git_declares_stays_dead_under_another_credential_of_the_name(bench: Bench) -> None:
    await of_git(bench)
    bench.replace_credential()

    await bench.reconcile()
    dead = bench.token()
    await bench.reconcile()

    assert (dead.status.phase, reason(dead)) == (Phase.FAILED, "CredentialReplaced")
    assert dead.status.credential == bench.credential.identity
    assert bench.store.secrets == {}
    assert bench.writes() == ["delete_secret", "write_token_status"]
    assert bench.token() == dead


@simulated
async def test_what_died_with_its_credential_is_never_revived_whatever_comes(bench: Bench) -> None:
    await of_git(bench)
    hash_ = bench.token().status.hash
    bench.replace_credential()
    await bench.reconcile()

    bench.edit(lambda spec: replace(spec, expires_at=None))
    for _ in range(3):
        bench.replace_credential()
        await bench.reconcile()

    assert (bench.token().status.phase, bench.token().status.hash) == (Phase.FAILED, hash_)
    assert len(bench.store.every_secret) == 1


@simulated
async def test_under_another_credential_of_the_name_a_token_is_deleted_and_not_adopted(bench: Bench) -> None:
    await bench.mint()
    bench.replace_credential()

    await bench.reconcile()

    assert bench.store.tokens == {}
    assert bench.writes() == ["delete_token"]


@simulated
async def test_a_token_that_waited_for_its_deleted_credential_is_not_minted_under_the_next(bench: Bench) -> None:
    bench.store.apply_credential(a_credential(suspended=True))
    bench.create(annotations=ARGO)
    bench.look_around()
    await bench.reconcile()
    assert bench.token().status.credential == bench.credential.identity

    bench.replace_credential()
    await bench.reconcile()

    assert reason(bench.token()) == "CredentialReplaced"
    assert bench.store.every_secret == {}


@simulated
async def test_a_credential_that_is_on_its_way_out_kills_nothing_yet(bench: Bench) -> None:
    await bench.mint()
    leaving = replace(bench.store.credentials[CREDENTIAL], deleting=True, resource_version="99")
    bench.store.credentials[CREDENTIAL] = leaving
    bench.look_around()

    await bench.reconcile()

    assert bench.token().status.phase is Phase.ACTIVE
    assert active(bench.token()) == ("False", "CredentialDeleting")
    assert bench.writes() == ["write_token_status"]


@simulated
async def test_one_look_for_a_credential_that_is_gone_does_for_all_its_tokens_for_a_while(bench: Bench) -> None:
    keys = [bench.create(f"ci-{number}").key for number in range(3)]
    for key in keys:
        await bench.reconcile(key)
    bench.remove_credential()
    bench.forget_calls()

    await bench.reconcile(keys[0])
    bench.clock.advance(1)  # so that deletes do not queue up
    await bench.reconcile(keys[1])
    bench.clock.advance(GONE_SECONDS)
    await bench.reconcile(keys[2])

    look, alone = ["read_token", "read_credential", "delete_token"], ["read_token", "delete_token"]
    assert bench.calls() == [*look, *alone, *look]


@simulated
async def test_whether_another_credential_saves_what_is_declared_elsewhere_is_asked_for_each(bench: Bench) -> None:
    """The cache does not know it yet."""
    plain, marked = bench.create("ci-1").key, bench.create("ci-2", annotations=ARGO).key
    for key in (plain, marked):
        await bench.reconcile(key)
    bench.remove_credential()
    await bench.reconcile(plain)

    bench.store.apply_credential(a_credential(uid="uid-99"))
    await bench.reconcile(marked)

    assert reason(bench.store.tokens[marked]) == "CredentialReplaced"


# --- references of an earlier version


@simulated
async def test_the_reference_of_an_earlier_version_is_taken_off_once(bench: Bench) -> None:
    minted = await bench.mint()
    bench.store.set_owners(minted, (APP, owned_by(bench.credential.identity)))

    token = await bench.reconcile()
    again = await bench.reconcile()

    assert token is not None
    assert (token.owners, token.status) == ((APP,), minted.status)
    assert again == token
    assert bench.writes() == ["set_owners"]


@simulated
async def test_many_references_are_taken_off_one_after_the_other_and_what_falls_due_meanwhile_is_due(
    clock: FakeClock, bench: Bench
) -> None:
    keys = [bench.create(f"ci-{number}").key for number in range(41)]
    for key in keys:
        await bench.reconcile(key)
        bench.store.set_owners(bench.store.tokens[key], (owned_by(bench.credential.identity),))
    bench.restart()
    bench.look_around()
    assert bench.replica.schedule.next_due() == (bench.clock.now() + WINDOW).timestamp()
    began = clock.monotonic()

    for key in keys:
        await bench.reconcile(key)

    assert [token.owners for token in bench.store.tokens.values()] == [()] * 41
    assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)


# --- deletions


@simulated
async def test_a_token_created_again_meanwhile_is_not_the_one_to_delete(bench: Bench) -> None:
    await of_git(bench)
    bench.remove_credential()

    async def recreate(call: Call) -> None:
        if call.verb == "delete_token" and bench.token().minted:
            bench.store.delete_token(TOKEN)
            bench.store.apply_token(a_token())

    bench.replica.cluster.turn = recreate
    await bench.reconcile()

    assert not bench.token().minted


@simulated
async def test_many_orphans_are_deleted_one_after_the_other(clock: FakeClock, bench: Bench) -> None:
    keys = []
    for number in range(41):
        keys.append(bench.create(f"ci-{number}", annotations=ARGO).key)
        await bench.reconcile(keys[-1])
    bench.remove_credential()
    began = clock.monotonic()

    for key in keys:
        await bench.reconcile(key)
    told = {active(token) for token in bench.store.tokens.values()}
    asked = {work.key for work in await drained(bench.replica.queue) if work.kind == "token"}
    for key in asked:
        await bench.reconcile(key)

    assert told == {("False", "CredentialNotFound")}
    assert {*keys[1:]} <= asked
    assert bench.store.tokens == {}
    assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)


@simulated
async def test_the_secret_of_a_deleted_orphan_goes_with_it(bench: Bench) -> None:
    await of_git(bench)
    bench.remove_credential()
    await bench.reconcile()

    bench.store.collect_garbage()

    assert SECRET not in bench.store.secrets
