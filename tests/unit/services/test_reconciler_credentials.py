"""Tokens whose credential went: they are dead, whoever deletes them, and another of its name never revives them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.model import DeliveryState, Phase, Token
from tests.support.bench_tokens import of_git
from tests.support.builders import CREDENTIAL, TOKEN, WINDOW, a_credential, a_token
from tests.support.faults import Call
from tests.support.service_builders import ARGO, SECRET, Bench, drained, reason
from tests.support.virtual_time import FakeClock, simulated

DAY = timedelta(days=1)


def active(token: Token) -> tuple[str, str]:
    """The condition Active: its status and its reason."""
    found = find(token.status.conditions, "Active")
    assert found is not None
    return found.status, found.reason


async def orphaned(bench: Bench) -> None:
    """Have an active token whose owner references somebody removed."""
    minted = await bench.mint()
    bench.store.set_owners(minted, ())


@simulated
async def test_a_token_that_its_credential_owns_is_left_to_garbage_collection(bench: Bench) -> None:
    await bench.mint()
    bench.remove_credential()

    await bench.reconcile()
    assert bench.writes() == ["write_token_status"]
    assert active(bench.token()) == ("False", "CredentialNotFound")
    bench.store.collect_garbage()

    assert bench.store.tokens == {}


@pytest.mark.parametrize("how", [of_git, orphaned], ids=["one that Git declares", "one without its owner"])
@simulated
async def test_a_token_that_nobody_else_would_delete_goes_with_its_credential(bench: Bench, how: object) -> None:
    await (of_git if how is of_git else orphaned)(bench)
    bench.remove_credential()

    await bench.reconcile()

    assert bench.store.tokens == {}
    assert bench.writes() == ["delete_token"]


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
async def test_an_orphan_of_another_credential_of_the_name_is_deleted_and_not_adopted(bench: Bench) -> None:
    await orphaned(bench)
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


# --- a credential that is gone, with garbage collection behind


@simulated
async def test_until_garbage_collection_takes_a_dead_token_its_window_and_its_end_are_kept(bench: Bench) -> None:
    await bench.mint(ttl=DAY)
    bench.remove_credential()

    at_once = await bench.reconcile()
    bench.clock.advance(WINDOW.total_seconds())
    after_the_window = await bench.reconcile()
    bench.clock.advance(DAY.total_seconds())
    at_its_end = await bench.reconcile()

    assert at_once is not None
    assert at_once.status.phase is Phase.ACTIVE
    assert after_the_window is not None
    assert after_the_window.status.delivery is not None
    assert after_the_window.status.delivery.state is DeliveryState.WITHDRAWN
    assert bench.store.secrets == {}
    assert at_its_end is not None
    assert at_its_end.status.phase is Phase.EXPIRED


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
