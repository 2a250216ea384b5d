"""The keyring: made once, and read again and again; whatever is wrong with it stops nothing."""

import re

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.errors import ForbiddenError, KeyringError, UnavailableError
from tests.support.fakes.scripted_faults import Call, Fault
from tests.support.harness.keyring_harness import THEIRS, KeyringHarness


@pytest.fixture
def harness() -> KeyringHarness:
    return KeyringHarness()


async def test_without_a_keyring_one_is_made_and_used(
    harness: KeyringHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert harness.keys.current() is None

    await harness.keys.refresh()

    made = harness.keys.current()
    assert made is not None
    assert made == harness.stored()
    assert re.fullmatch("k20261123-[a-z2-7]{6}", made.current.key_id)
    assert [vars(record)["keyID"] for record in caplog.records] == [made.current.key_id]


async def test_a_keyring_that_is_there_is_used_and_left_alone(harness: KeyringHarness) -> None:
    harness.put(THEIRS)

    await harness.keys.refresh()

    assert harness.keys.current() == THEIRS
    assert not any(call.writes for call in harness.script.calls)


async def test_where_another_replica_made_one_at_the_same_moment_that_one_is_used(harness: KeyringHarness) -> None:
    async def faster(call: Call) -> None:
        if call.verb == "create_keyring" and harness.store.keyring is None:
            harness.put(THEIRS)

    harness.cluster.turn = faster

    await harness.keys.refresh()

    assert harness.keys.current() == harness.stored() == THEIRS


async def test_where_the_answer_to_its_creation_is_lost_the_keyring_is_read_the_next_time(
    harness: KeyringHarness,
) -> None:
    harness.script.by_verb.append(("create_keyring", Fault(after=UnavailableError("timeout"))))

    await harness.keys.refresh()
    before = harness.keys.current()
    await harness.keys.refresh()

    assert before is None
    assert harness.keys.current() == harness.stored()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="an empty one"),
        pytest.param({"current": b"k1", "k1": b"short"}, id="a key of the wrong size"),
        pytest.param({"current": b"k1\n", "k1": b"0" * 32}, id="a line break too many"),
        pytest.param({"current": b"\xff", "k1": b"0" * 32}, id="no text"),
    ],
)
async def test_a_keyring_that_cannot_be_understood_is_said_so_and_left_alone(
    harness: KeyringHarness, data: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    harness.store.keyring = (data, "7")

    await harness.keys.refresh()

    assert harness.keys.current() is None
    assert harness.store.keyring == (data, "7")
    assert [record.getMessage() for record in caplog.records] == [
        "the keyring cannot be used; new tokens get no fast check"
    ]


@pytest.mark.parametrize("verb", ["read_keyring", "create_keyring"])
@pytest.mark.parametrize("error", [UnavailableError("500"), ForbiddenError("403"), KeyringError("a foreign Secret")])
async def test_a_server_that_refuses_leaves_the_operator_without_keys_until_it_does_not(
    harness: KeyringHarness, verb: str, error: Exception
) -> None:
    harness.fail(verb, error)

    await harness.keys.refresh()
    assert harness.keys.current() is None
    await harness.keys.refresh()

    assert harness.keys.current() == harness.stored()
    assert harness.keys.current() is not None


@pytest.mark.parametrize("error", [UnavailableError("500"), KeyringError("a foreign Secret")])
async def test_a_keyring_that_was_read_once_is_used_on(harness: KeyringHarness, error: Exception) -> None:
    harness.put(THEIRS)
    await harness.keys.refresh()
    harness.fail("read_keyring", error)

    await harness.keys.refresh()

    assert harness.keys.current() == THEIRS


async def test_a_keyring_that_became_unreadable_leaves_the_last_one_and_is_read_again_until_that_works(
    harness: KeyringHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.put(THEIRS)
    await harness.keys.refresh()
    harness.fail("read_keyring", ForbiddenError("403"), ForbiddenError("403"), KeyringError("a foreign Secret"))

    states: list[tuple[bool, bool]] = []
    for _ in range(5):
        await harness.keys.mend() if states else await harness.keys.refresh()
        states.append((harness.keys.is_read, harness.keys.current() == THEIRS))

    assert states == [(False, True)] * 3 + [(True, True)] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "the keyring could not be read",
        "the keyring cannot be used; the last one stays",
    ]


async def test_another_key_under_a_known_id_is_told(harness: KeyringHarness, caplog: pytest.LogCaptureFixture) -> None:
    harness.put(THEIRS)
    await harness.keys.refresh()
    key_id = THEIRS.current.key_id
    harness.put(Keyring.parse({"current": key_id.encode(), key_id: b"\x07" * 32}))

    await harness.keys.refresh()
    await harness.keys.refresh()

    assert [vars(record)["keys"] for record in caplog.records] == [[key_id]]
