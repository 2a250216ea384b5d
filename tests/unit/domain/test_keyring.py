"""The keyring: reading it, rotating it, and the check values made with it."""

import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.keyring import KEY_ID_PATTERN, Keyring, MacKey
from pharia_access.domain.token import TokenText, mint, parse
from pharia_access.errors import KeyringError

NOW = datetime(2026, 11, 23, 22, 42, tzinfo=UTC)
TOKEN = parse("pharia_aaaqeayeaudaocaj_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3xr6OJ")
OTHER = mint("pharia", bytes)
KEY = bytes(range(32))
SECRET = b"a secret of thirty-two bytes ok!"

key_ids = st.from_regex(KEY_ID_PATTERN, fullmatch=True).filter(lambda key_id: key_id != "current")


def counting_entropy() -> Callable[[int], bytes]:
    """An entropy source that never repeats itself."""
    numbers = count(1)
    return lambda size: (next(numbers) << 8 * (size - 1)).to_bytes(size, "big")


def ring(**keys: bytes) -> Keyring:
    """A keyring whose first key is current."""
    return Keyring.parse({"current": next(iter(keys)).encode(), **keys})


def test_a_check_value_agrees_with_another_implementation() -> None:
    # openssl mac -macopt hexkey:000102…1f -macopt size:32 BLAKE2BMAC
    assert ring(k1=KEY).mac(TOKEN) == (
        "k1",
        "b1ed545dbcac8269d953c6ac0a2f46335349a43513f99f2445df44cd65f6ca69",
    )


@pytest.mark.parametrize(
    ("token", "key_id", "altered", "verdict"),
    [
        pytest.param(TOKEN, "k1", "", True, id="the token under its key"),
        pytest.param(OTHER, "k1", "", False, id="another token"),
        pytest.param(TOKEN, "k2", "", False, id="another key"),
        pytest.param(TOKEN, "k3", "", None, id="a key that is not there"),
        pytest.param(TOKEN, "current", "", None, id="an ID that is none"),
        pytest.param(TOKEN, "k1", "0", False, id="a longer value"),
        pytest.param(TOKEN, "k1", "é", False, id="a value that is not ASCII"),
        pytest.param(TOKEN, "k1", "\udc80", False, id="a value that is no text"),
    ],
)
def test_a_check_tells_yes_no_or_unknown_key(
    token: TokenText, key_id: str, altered: str, *, verdict: bool | None
) -> None:
    keyring = ring(k1=KEY, k2=SECRET)
    _, value = keyring.mac(TOKEN)

    assert keyring.check(token, key_id=key_id, value=value + altered) is verdict


@given(keys=st.dictionaries(key_ids, st.binary(min_size=32, max_size=32), min_size=1), data=st.data())
def test_what_a_keyring_writes_it_reads_back(keys: dict[str, bytes], data: st.DataObject) -> None:
    current = data.draw(st.sampled_from(sorted(keys)))
    keyring = Keyring.parse({"current": current.encode(), **keys})

    assert Keyring.parse(keyring.to_data()) == keyring
    assert keyring.to_data() == {"current": current.encode(), **keys}
    assert keyring.current == MacKey(current, keys[current])


@given(st.dictionaries(st.sampled_from(["current", "k1", "K1", ""]) | st.text(), st.binary()))
def test_no_data_raises_anything_but_a_keyring_error(data: dict[str, bytes]) -> None:
    with pytest.raises(KeyringError):
        Keyring.parse(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param({}, "no entry 'current'", id="empty"),
        pytest.param({"k1": SECRET}, "no entry 'current'", id="no current key"),
        pytest.param({"current": b"k1"}, "names no key", id="a current key that is not there"),
        pytest.param({"current": b"k1\n", "k1": SECRET}, "line break", id="a line break behind the ID"),
        pytest.param({"current": b"\xff", "k1": SECRET}, "names no key", id="a current key that is no text"),
        pytest.param({"current": b"current"}, "names no key", id="current names itself"),
        pytest.param({"current": b"k1", "k1": b"short"}, "key 'k1' .* 5 bytes, must have 32", id="a short key"),
        pytest.param({"current": b"k1", "k1": SECRET * 2}, "64 bytes", id="a long key"),
        pytest.param({"current": b"k1", "k1": SECRET, "..data": b""}, "not a key ID", id="a name that is no key ID"),
        pytest.param({"current": b"k1", "k1": SECRET, "k1\n": SECRET}, "not a key ID", id="a name with a break"),
        pytest.param({"current": b"k1", "k1": SECRET, "k" * 64: SECRET}, "not a key ID", id="too long a name"),
    ],
)
def test_a_broken_keyring_is_refused_with_what_is_wrong_and_no_value(data: dict[str, bytes], message: str) -> None:
    with pytest.raises(KeyringError, match=message) as caught:
        Keyring.parse(data)

    assert SECRET.decode() not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_keyring_shows_the_ids_of_its_keys_and_no_key() -> None:
    keyring = ring(k1=SECRET, k2=KEY)

    assert "'k1'" in repr(keyring)
    assert "'k2'" in str(keyring)
    assert "secret of" not in f"{keyring!r} {keyring} {keyring.current!r}"
    assert "x02" not in repr(keyring)


def test_a_fresh_keyring_has_one_key_named_by_its_day() -> None:
    keyring = Keyring.fresh(counting_entropy(), NOW)

    assert list(keyring.keys.values()) == [keyring.current]
    assert re.fullmatch("k20261123-[a-z2-7]{6}", keyring.current.key_id)
    assert re.fullmatch(KEY_ID_PATTERN, keyring.current.key_id)


def test_the_day_in_a_key_id_is_that_of_utc() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=14)))

    assert Keyring.fresh(counting_entropy(), east).current.key_id.startswith("k20261123-")


def test_rotating_makes_a_new_current_key_and_keeps_the_old_ones() -> None:
    entropy = counting_entropy()
    old = Keyring.fresh(entropy, NOW)
    key_id, value = old.mac(TOKEN)

    new = old.rotated(entropy, NOW + timedelta(days=1))

    assert new.current.key_id > old.current.key_id
    assert new.mac(TOKEN)[1] != value
    assert new.check(TOKEN, key_id=key_id, value=value) is True
    assert set(new.keys) == {old.current.key_id, new.current.key_id}
    assert set(old.keys) == {old.current.key_id}


def test_rotating_never_overwrites_a_key() -> None:
    keyring = Keyring.fresh(bytes, NOW)

    with pytest.raises(KeyringError, match="already"):
        keyring.rotated(bytes, NOW)


@pytest.mark.parametrize(
    ("in_use", "kept"),
    [
        pytest.param({"k2", "k3"}, {"k1", "k2", "k3"}, id="all in use"),
        pytest.param({"k3"}, {"k1", "k3"}, id="one is not in use"),
        pytest.param(set(), {"k1"}, id="the current key stays without use"),
        pytest.param({"gone"}, {"k1"}, id="a key in use that is lost"),
    ],
)
def test_pruning_drops_old_keys_that_no_token_uses(in_use: set[str], kept: set[str]) -> None:
    keyring = ring(k1=KEY, k2=SECRET, k3=SECRET)

    pruned = keyring.pruned(in_use)

    assert set(pruned.keys) == kept
    assert pruned.current == keyring.current


def test_a_keyring_does_not_change_with_the_mapping_it_was_made_from() -> None:
    keys = {"k1": MacKey("k1", KEY)}
    keyring = Keyring(current=keys["k1"], keys=keys)

    keys.clear()

    assert set(keyring.keys) == {"k1"}
    with pytest.raises(TypeError):
        keyring.keys["k2"] = MacKey("k2", KEY)  # type: ignore[index] # that is the point


def test_the_current_key_must_be_one_of_the_keys() -> None:
    with pytest.raises(KeyringError, match="not among"):
        Keyring(current=MacKey("k1", KEY), keys={"k1": MacKey("k1", SECRET)})


def test_a_key_cannot_be_swapped() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MacKey("k1", KEY).secret = SECRET  # type: ignore[misc] # that is the point
