"""The keyring, rotated on command: keys that are in use stay, and whatever goes wrong changes nothing."""

import pytest

from pharia_access.domain.reasons import Phase
from pharia_access.errors import (
    ConflictError,
    ForbiddenError,
    KeyringError,
    NotFoundError,
    ResourceExpiredError,
    UnavailableError,
)
from pharia_access.services.keyring_store import KeyringRotation
from tests.support.builders.domain_objects import NOW
from tests.support.fakes.ports import seeded_entropy
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.harness.keyring_harness import THEIRS, KeyringHarness


@pytest.fixture
def harness() -> KeyringHarness:
    return KeyringHarness()


async def test_without_a_keyring_there_is_nothing_to_rotate(harness: KeyringHarness) -> None:
    with pytest.raises(NotFoundError, match="no keyring yet"):
        await harness.rotate()

    assert harness.store.keyring is None


async def test_a_rotation_makes_a_new_current_key_and_keeps_the_last_one(harness: KeyringHarness) -> None:
    harness.put(THEIRS)

    rotation = await harness.rotate()

    stored = harness.stored()
    assert stored is not None
    assert rotation == KeyringRotation(stored.current.key_id, kept=(THEIRS.current.key_id,), dropped=())
    assert stored.current.key_id != THEIRS.current.key_id
    assert stored.keys[THEIRS.current.key_id] == THEIRS.current


async def test_the_next_rotation_drops_what_no_live_token_uses(harness: KeyringHarness) -> None:
    harness.put(THEIRS)
    first = await harness.rotate()

    second = await harness.rotate()

    assert second.kept == (first.current,)
    assert second.dropped == (THEIRS.current.key_id,)


async def test_a_key_that_a_live_token_uses_stays(harness: KeyringHarness) -> None:
    """On whichever page of the list the token is."""
    harness.put(THEIRS)
    for name in "abcd":
        harness.use(None, name=name)
    harness.use(THEIRS.current.key_id, name="e")
    first = await harness.rotate()

    second = await harness.rotate()

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


async def test_where_a_namespace_cannot_be_listed_no_key_is_dropped(harness: KeyringHarness) -> None:
    """Its tokens may use any of them."""
    harness.put(THEIRS)
    first = await harness.rotate("finance", "doomed")
    harness.script.by_verb.append(("list_tokens", Fault(before=ForbiddenError("403"))))

    second = await harness.rotate("finance", "doomed")

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.ACTIVE])
async def test_a_token_that_is_over_keeps_no_key(harness: KeyringHarness, phase: Phase) -> None:
    harness.put(THEIRS)
    harness.use(THEIRS.current.key_id, name="a", phase=phase)
    await harness.rotate()

    assert (await harness.rotate()).dropped == (THEIRS.current.key_id,)


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        pytest.param("replace_keyring", ConflictError("409"), id="somebody else rotates"),
        pytest.param("list_tokens", ResourceExpiredError("410"), id="the list is not complete"),
        pytest.param("read_keyring", UnavailableError("500"), id="it cannot be read"),
    ],
)
async def test_a_rotation_that_fails_says_so_and_changes_nothing(
    harness: KeyringHarness, verb: str, error: Exception
) -> None:
    harness.put(THEIRS)
    harness.fail(verb, error)

    with pytest.raises(type(error)):
        await harness.rotate()

    assert harness.stored() == THEIRS


async def test_a_keyring_that_changed_meanwhile_is_not_overwritten(harness: KeyringHarness) -> None:
    harness.put(THEIRS)
    changed = THEIRS.rotated(seeded_entropy(5), NOW)

    async def meanwhile(call: Call) -> None:
        if call.verb == "replace_keyring":
            harness.put(changed)

    harness.cluster.turn = meanwhile

    with pytest.raises(ConflictError):
        await harness.rotate()
    assert harness.stored() == changed


async def test_a_keyring_that_cannot_be_understood_is_not_replaced(harness: KeyringHarness) -> None:
    harness.store.keyring = ({"current": b"k1"}, "7")

    with pytest.raises(KeyringError):
        await harness.rotate()
    assert harness.store.keyring == ({"current": b"k1"}, "7")
