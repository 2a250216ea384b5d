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
from tests.support.builders import NOW
from tests.support.fakes import seeded_entropy
from tests.support.faults import Call, Fault
from tests.support.key_bench import THEIRS, KeyBench


@pytest.fixture
def bench() -> KeyBench:
    return KeyBench()


async def test_without_a_keyring_there_is_nothing_to_rotate(bench: KeyBench) -> None:
    with pytest.raises(NotFoundError, match="no keyring yet"):
        await bench.rotate()

    assert bench.store.keyring is None


async def test_a_rotation_makes_a_new_current_key_and_keeps_the_last_one(bench: KeyBench) -> None:
    bench.put(THEIRS)

    rotation = await bench.rotate()

    stored = bench.stored()
    assert stored is not None
    assert rotation == KeyringRotation(stored.current.key_id, kept=(THEIRS.current.key_id,), dropped=())
    assert stored.current.key_id != THEIRS.current.key_id
    assert stored.keys[THEIRS.current.key_id] == THEIRS.current


async def test_the_next_rotation_drops_what_no_live_token_uses(bench: KeyBench) -> None:
    bench.put(THEIRS)
    first = await bench.rotate()

    second = await bench.rotate()

    assert second.kept == (first.current,)
    assert second.dropped == (THEIRS.current.key_id,)


async def test_a_key_that_a_live_token_uses_stays(bench: KeyBench) -> None:
    """On whichever page of the list the token is."""
    bench.put(THEIRS)
    for name in "abcd":
        bench.use(None, name=name)
    bench.use(THEIRS.current.key_id, name="e")
    first = await bench.rotate()

    second = await bench.rotate()

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


async def test_where_a_namespace_cannot_be_listed_no_key_is_dropped(bench: KeyBench) -> None:
    """Its tokens may use any of them."""
    bench.put(THEIRS)
    first = await bench.rotate("finance", "doomed")
    bench.script.by_verb.append(("list_tokens", Fault(before=ForbiddenError("403"))))

    second = await bench.rotate("finance", "doomed")

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.ACTIVE])
async def test_a_token_that_is_over_keeps_no_key(bench: KeyBench, phase: Phase) -> None:
    bench.put(THEIRS)
    bench.use(THEIRS.current.key_id, name="a", phase=phase)
    await bench.rotate()

    assert (await bench.rotate()).dropped == (THEIRS.current.key_id,)


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        pytest.param("replace_keyring", ConflictError("409"), id="somebody else rotates"),
        pytest.param("list_tokens", ResourceExpiredError("410"), id="the list is not complete"),
        pytest.param("read_keyring", UnavailableError("500"), id="it cannot be read"),
    ],
)
async def test_a_rotation_that_fails_says_so_and_changes_nothing(bench: KeyBench, verb: str, error: Exception) -> None:
    bench.put(THEIRS)
    bench.fail(verb, error)

    with pytest.raises(type(error)):
        await bench.rotate()

    assert bench.stored() == THEIRS


async def test_a_keyring_that_changed_meanwhile_is_not_overwritten(bench: KeyBench) -> None:
    bench.put(THEIRS)
    changed = THEIRS.rotated(seeded_entropy(5), NOW)

    async def meanwhile(call: Call) -> None:
        if call.verb == "replace_keyring":
            bench.put(changed)

    bench.cluster.turn = meanwhile

    with pytest.raises(ConflictError):
        await bench.rotate()
    assert bench.stored() == changed


async def test_a_keyring_that_cannot_be_understood_is_not_replaced(bench: KeyBench) -> None:
    bench.store.keyring = ({"current": b"k1"}, "7")

    with pytest.raises(KeyringError):
        await bench.rotate()
    assert bench.store.keyring == ({"current": b"k1"}, "7")
