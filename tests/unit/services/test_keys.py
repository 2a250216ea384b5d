"""The keyring: made once, read again and again, rotated on command; whatever is wrong with it stops nothing."""

import re
from dataclasses import replace

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import Mac, ObjectKey, Token
from pharia_access.domain.reasons import Phase
from pharia_access.errors import (
    ConflictError,
    DeniedError,
    ExpiredViewError,
    KeyringError,
    NotFoundError,
    UnavailableError,
)
from pharia_access.services.keys import Keys, Rotation, rotate
from tests.support.builders import NOW, a_minted_token, a_token
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_store import FakeStore
from tests.support.fakes import seeded_entropy
from tests.support.faults import Call, Fault, Script
from tests.support.virtual_time import FakeClock

THEIRS = Keyring.fresh(seeded_entropy(99), NOW)


class Bench:
    """A cluster, the keys of one operator, and the rotation command."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.entropy = seeded_entropy()
        self.script = Script()
        self.store = FakeStore(self.clock.now)
        self.cluster = FakeCluster(self.store, faults=self.script, page_size=2)
        self.keys = Keys(secrets=self.cluster, entropy=self.entropy, clock=self.clock)

    def put(self, keyring: Keyring) -> None:
        self.store.keyring = (keyring.to_data(), self.store.next_version())

    def stored(self) -> Keyring | None:
        return None if self.store.keyring is None else Keyring.parse(self.store.keyring[0])

    def use(self, key_id: str | None, *, name: str, phase: Phase = Phase.ACTIVE) -> None:
        """Have a token that was minted under this key."""
        token: Token = a_minted_token(a_token(ObjectKey("finance", name)))
        mac = None if key_id is None else Mac(key_id, "0" * 64)
        self.store.tokens[token.key] = replace(token, status=replace(token.status, mac=mac, phase=phase))

    def fail(self, verb: str, *errors: Exception) -> None:
        self.script.by_verb += [(verb, Fault(before=error)) for error in errors]

    async def rotate(self, *namespaces: str) -> Rotation:
        return await rotate(
            secrets=self.cluster,
            cluster=self.cluster,
            entropy=self.entropy,
            clock=self.clock,
            namespaces=namespaces,
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_without_a_keyring_one_is_made_and_used(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert bench.keys.current() is None

    await bench.keys.refresh()

    made = bench.keys.current()
    assert made is not None
    assert made == bench.stored()
    assert re.fullmatch("k20261123-[a-z2-7]{6}", made.current.key_id)
    assert [vars(record)["keyID"] for record in caplog.records] == [made.current.key_id]


async def test_a_keyring_that_is_there_is_used_and_left_alone(bench: Bench) -> None:
    bench.put(THEIRS)

    await bench.keys.refresh()

    assert bench.keys.current() == THEIRS
    assert not any(call.writes for call in bench.script.calls)


async def test_where_another_replica_made_one_at_the_same_moment_that_one_is_used(bench: Bench) -> None:
    async def faster(call: Call) -> None:
        if call.verb == "create_keyring" and bench.store.keyring is None:
            bench.put(THEIRS)

    bench.cluster.turn = faster

    await bench.keys.refresh()

    assert bench.keys.current() == bench.stored() == THEIRS


async def test_where_the_answer_to_its_creation_is_lost_the_keyring_is_read_the_next_time(bench: Bench) -> None:
    bench.script.by_verb.append(("create_keyring", Fault(after=UnavailableError("timeout"))))

    await bench.keys.refresh()
    before = bench.keys.current()
    await bench.keys.refresh()

    assert before is None
    assert bench.keys.current() == bench.stored()


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
    bench: Bench, data: dict[str, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    bench.store.keyring = (data, "7")

    await bench.keys.refresh()

    assert bench.keys.current() is None
    assert bench.store.keyring == (data, "7")
    assert [record.getMessage() for record in caplog.records] == [
        "the keyring cannot be used; new tokens get no fast check"
    ]


@pytest.mark.parametrize("verb", ["read_keyring", "create_keyring"])
@pytest.mark.parametrize("error", [UnavailableError("500"), DeniedError("403"), KeyringError("a foreign Secret")])
async def test_a_server_that_refuses_leaves_the_operator_without_keys_until_it_does_not(
    bench: Bench, verb: str, error: Exception
) -> None:
    bench.fail(verb, error)

    await bench.keys.refresh()
    assert bench.keys.current() is None
    await bench.keys.refresh()

    assert bench.keys.current() == bench.stored()
    assert bench.keys.current() is not None


@pytest.mark.parametrize("error", [UnavailableError("500"), KeyringError("a foreign Secret")])
async def test_a_keyring_that_was_read_once_is_used_on(bench: Bench, error: Exception) -> None:
    bench.put(THEIRS)
    await bench.keys.refresh()
    bench.fail("read_keyring", error)

    await bench.keys.refresh()

    assert bench.keys.current() == THEIRS


async def test_without_a_keyring_there_is_nothing_to_rotate(bench: Bench) -> None:
    with pytest.raises(NotFoundError, match="no keyring yet"):
        await bench.rotate()

    assert bench.store.keyring is None


async def test_a_rotation_makes_a_new_current_key_and_keeps_the_last_one(bench: Bench) -> None:
    bench.put(THEIRS)

    rotation = await bench.rotate()

    stored = bench.stored()
    assert stored is not None
    assert rotation == Rotation(stored.current.key_id, kept=(THEIRS.current.key_id,), dropped=())
    assert stored.current.key_id != THEIRS.current.key_id
    assert stored.keys[THEIRS.current.key_id] == THEIRS.current


async def test_the_next_rotation_drops_what_no_live_token_uses(bench: Bench) -> None:
    bench.put(THEIRS)
    first = await bench.rotate()

    second = await bench.rotate()

    assert second.kept == (first.current,)
    assert second.dropped == (THEIRS.current.key_id,)


async def test_a_key_that_a_live_token_uses_stays(bench: Bench) -> None:
    """On whichever page of the list the token is."""
    bench.put(THEIRS)
    for name in "abcd":
        bench.use(None, name=name)
    bench.use(THEIRS.current.key_id, name="e")
    first = await bench.rotate()

    second = await bench.rotate()

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


async def test_where_a_namespace_cannot_be_listed_no_key_is_dropped(bench: Bench) -> None:
    """Its tokens may use any of them."""
    bench.put(THEIRS)
    first = await bench.rotate("finance", "doomed")
    bench.script.by_verb.append(("list_tokens", Fault(before=DeniedError("403"))))

    second = await bench.rotate("finance", "doomed")

    assert second.kept == tuple(sorted((THEIRS.current.key_id, first.current)))
    assert second.dropped == ()


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.ACTIVE])
async def test_a_token_that_is_over_keeps_no_key(bench: Bench, phase: Phase) -> None:
    bench.put(THEIRS)
    bench.use(THEIRS.current.key_id, name="a", phase=phase)
    await bench.rotate()

    assert (await bench.rotate()).dropped == (THEIRS.current.key_id,)


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        pytest.param("replace_keyring", ConflictError("409"), id="somebody else rotates"),
        pytest.param("list_tokens", ExpiredViewError("410"), id="the list is not complete"),
        pytest.param("read_keyring", UnavailableError("500"), id="it cannot be read"),
    ],
)
async def test_a_rotation_that_fails_says_so_and_changes_nothing(bench: Bench, verb: str, error: Exception) -> None:
    bench.put(THEIRS)
    bench.fail(verb, error)

    with pytest.raises(type(error)):
        await bench.rotate()

    assert bench.stored() == THEIRS


async def test_a_keyring_that_changed_meanwhile_is_not_overwritten(bench: Bench) -> None:
    bench.put(THEIRS)
    changed = THEIRS.rotated(seeded_entropy(5), NOW)

    async def meanwhile(call: Call) -> None:
        if call.verb == "replace_keyring":
            bench.put(changed)

    bench.cluster.turn = meanwhile

    with pytest.raises(ConflictError):
        await bench.rotate()
    assert bench.stored() == changed


async def test_a_keyring_that_cannot_be_understood_is_not_replaced(bench: Bench) -> None:
    bench.store.keyring = ({"current": b"k1"}, "7")

    with pytest.raises(KeyringError):
        await bench.rotate()
    assert bench.store.keyring == ({"current": b"k1"}, "7")


async def test_a_keyring_that_became_unreadable_leaves_the_last_one_and_is_read_again_until_that_works(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.put(THEIRS)
    await bench.keys.refresh()
    bench.fail("read_keyring", DeniedError("403"), DeniedError("403"), KeyringError("a foreign Secret"))

    states: list[tuple[bool, bool]] = []
    for _ in range(5):
        await bench.keys.mend() if states else await bench.keys.refresh()
        states.append((bench.keys.is_read, bench.keys.current() == THEIRS))

    assert states == [(False, True)] * 3 + [(True, True)] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "the keyring could not be read",
        "the keyring cannot be used; the last one stays",
    ]


async def test_another_key_under_a_known_id_is_told(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.put(THEIRS)
    await bench.keys.refresh()
    key_id = THEIRS.current.key_id
    bench.put(Keyring.parse({"current": key_id.encode(), key_id: b"\x07" * 32}))

    await bench.keys.refresh()
    await bench.keys.refresh()

    assert [vars(record)["keys"] for record in caplog.records] == [[key_id]]
