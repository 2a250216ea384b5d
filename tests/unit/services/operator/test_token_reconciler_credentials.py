"""Tokens whose credential went: they are dead, whoever deletes them, and another of its name never revives them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find
from pharia_access.domain.model import OwnerReference, Phase, Token
from pharia_access.services.operator.credential_lookup import GONE_SECONDS
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN, WINDOW, a_credential, a_token, owned_by
from tests.support.fakes.scripted_faults import Call
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.harness_tokens import of_git
from tests.support.harness.operator_harness import ARGO, SECRET, OperatorHarness, drained, reason

DAY = timedelta(days=1)


def active(token: Token) -> tuple[str, str]:
    """The condition Active: its status and its reason."""
    found = find(token.status.conditions, "Active")
    assert found is not None
    return found.status, found.reason


APP = OwnerReference("v1", "ConfigMap", "app", "app-1", controller=True)


@pytest.mark.parametrize("marked", [False, True], ids=["one of a person", "one that Git declares"])
@simulated
async def test_a_token_goes_with_its_credential(harness: OperatorHarness, *, marked: bool) -> None:
    harness.create(annotations=ARGO if marked else {})
    await harness.reconcile()
    harness.forget_calls()
    harness.remove_credential()

    await harness.reconcile()

    assert harness.store.tokens == {}
    assert harness.writes() == ["delete_token"]


@simulated
async def test_a_token_that_garbage_collection_took_first_is_gone_all_the_same(harness: OperatorHarness) -> None:
    """It has the reference that an earlier version wrote."""
    minted = await harness.mint()
    harness.store.set_owners(minted, (owned_by(harness.credential.identity),))
    harness.remove_credential()

    async def collect(call: Call) -> None:
        if call.verb == "delete_token":
            harness.store.collect_garbage()

    harness.replica.cluster.turn = collect
    await harness.reconcile()

    assert harness.store.tokens == {}


@simulated
async def test_a_token_that_git_declares_stays_dead_under_another_credential_of_the_name(
    harness: OperatorHarness,
) -> None:
    await of_git(harness)
    harness.replace_credential()

    await harness.reconcile()
    dead = harness.token()
    await harness.reconcile()

    assert (dead.status.phase, reason(dead)) == (Phase.FAILED, "CredentialReplaced")
    assert dead.status.credential == harness.credential.identity
    assert harness.store.secrets == {}
    assert harness.writes() == ["delete_secret", "write_token_status"]
    assert harness.token() == dead


@simulated
async def test_what_died_with_its_credential_is_never_revived_whatever_comes(harness: OperatorHarness) -> None:
    await of_git(harness)
    hash_ = harness.token().status.hash
    harness.replace_credential()
    await harness.reconcile()

    harness.edit(lambda spec: replace(spec, expires_at=None))
    for _ in range(3):
        harness.replace_credential()
        await harness.reconcile()

    assert (harness.token().status.phase, harness.token().status.hash) == (Phase.FAILED, hash_)
    assert len(harness.store.every_secret) == 1


@simulated
async def test_under_another_credential_of_the_name_a_token_is_deleted_and_not_adopted(
    harness: OperatorHarness,
) -> None:
    await harness.mint()
    harness.replace_credential()

    await harness.reconcile()

    assert harness.store.tokens == {}
    assert harness.writes() == ["delete_token"]


@simulated
async def test_a_token_that_waited_for_its_deleted_credential_is_not_minted_under_the_next(
    harness: OperatorHarness,
) -> None:
    harness.store.apply_credential(a_credential(suspended=True))
    harness.create(annotations=ARGO)
    harness.look_around()
    await harness.reconcile()
    assert harness.token().status.credential == harness.credential.identity

    harness.replace_credential()
    await harness.reconcile()

    assert reason(harness.token()) == "CredentialReplaced"
    assert harness.store.every_secret == {}


@simulated
async def test_a_credential_that_is_on_its_way_out_kills_nothing_yet(harness: OperatorHarness) -> None:
    await harness.mint()
    leaving = replace(harness.store.credentials[CREDENTIAL], deleting=True, resource_version="99")
    harness.store.credentials[CREDENTIAL] = leaving
    harness.look_around()

    await harness.reconcile()

    assert harness.token().status.phase is Phase.ACTIVE
    assert active(harness.token()) == ("False", "CredentialDeleting")
    assert harness.writes() == ["write_token_status"]


@simulated
async def test_one_look_for_a_credential_that_is_gone_does_for_all_its_tokens_for_a_while(
    harness: OperatorHarness,
) -> None:
    keys = [harness.create(f"ci-{number}").key for number in range(3)]
    for key in keys:
        await harness.reconcile(key)
    harness.remove_credential()
    harness.forget_calls()

    await harness.reconcile(keys[0])
    harness.clock.advance(1)  # so that deletes do not queue up
    await harness.reconcile(keys[1])
    harness.clock.advance(GONE_SECONDS)
    await harness.reconcile(keys[2])

    look, alone = ["read_token", "read_credential", "delete_token"], ["read_token", "delete_token"]
    assert harness.calls() == [*look, *alone, *look]


@simulated
async def test_whether_another_credential_saves_what_is_declared_elsewhere_is_asked_for_each(
    harness: OperatorHarness,
) -> None:
    """The cache does not know it yet."""
    plain, marked = harness.create("ci-1").key, harness.create("ci-2", annotations=ARGO).key
    for key in (plain, marked):
        await harness.reconcile(key)
    harness.remove_credential()
    await harness.reconcile(plain)

    harness.store.apply_credential(a_credential(uid="uid-99"))
    await harness.reconcile(marked)

    assert reason(harness.store.tokens[marked]) == "CredentialReplaced"


# --- references of an earlier version


@simulated
async def test_the_reference_of_an_earlier_version_is_taken_off_once(harness: OperatorHarness) -> None:
    minted = await harness.mint()
    harness.store.set_owners(minted, (APP, owned_by(harness.credential.identity)))

    token = await harness.reconcile()
    again = await harness.reconcile()

    assert token is not None
    assert (token.owners, token.status) == ((APP,), minted.status)
    assert again == token
    assert harness.writes() == ["set_owners"]


@simulated
async def test_many_references_are_taken_off_one_after_the_other_and_what_falls_due_meanwhile_is_due(
    clock: FakeClock, harness: OperatorHarness
) -> None:
    keys = [harness.create(f"ci-{number}").key for number in range(41)]
    for key in keys:
        await harness.reconcile(key)
        harness.store.set_owners(harness.store.tokens[key], (owned_by(harness.credential.identity),))
    harness.restart()
    harness.look_around()
    assert harness.replica.schedule.next_due() == (harness.clock.now() + WINDOW).timestamp()
    began = clock.monotonic()

    for key in keys:
        await harness.reconcile(key)

    assert [token.owners for token in harness.store.tokens.values()] == [()] * 41
    assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)


# --- deletions


@simulated
async def test_a_token_created_again_meanwhile_is_not_the_one_to_delete(harness: OperatorHarness) -> None:
    await of_git(harness)
    harness.remove_credential()

    async def recreate(call: Call) -> None:
        if call.verb == "delete_token" and harness.token().minted:
            harness.store.delete_token(TOKEN)
            harness.store.apply_token(a_token())

    harness.replica.cluster.turn = recreate
    await harness.reconcile()

    assert not harness.token().minted


@simulated
async def test_many_orphans_are_deleted_one_after_the_other(clock: FakeClock, harness: OperatorHarness) -> None:
    keys = []
    for number in range(41):
        keys.append(harness.create(f"ci-{number}", annotations=ARGO).key)
        await harness.reconcile(keys[-1])
    harness.remove_credential()
    began = clock.monotonic()

    for key in keys:
        await harness.reconcile(key)
    told = {active(token) for token in harness.store.tokens.values()}
    asked = {work.key for work in await drained(harness.replica.queue) if work.kind == "token"}
    for key in asked:
        await harness.reconcile(key)

    assert told == {("False", "CredentialNotFound")}
    assert {*keys[1:]} <= asked
    assert harness.store.tokens == {}
    assert clock.monotonic() - began == pytest.approx(2.0, abs=0.01)


@simulated
async def test_the_secret_of_a_deleted_orphan_goes_with_it(harness: OperatorHarness) -> None:
    await of_git(harness)
    harness.remove_credential()
    await harness.reconcile()

    harness.store.collect_garbage()

    assert SECRET not in harness.store.secrets
