"""Argon2id over a token: its answers, and that nobody can make it work harder than the ceiling."""

import time

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import HashingError

from pharia_access.domain.argon2id import (
    CHEAPEST,
    OWASP_MINIMUM,
    Argon2Parameters,
    hash_token,
    require_floor,
    verify_hash,
)
from pharia_access.domain.token import mint, parse
from pharia_access.errors import HashError

TOKEN = parse("pharia_aaaqeayeaudaocaj_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3xr6OJ")
OTHER = mint("pharia", bytes)

# Over TOKEN with the salt bytes 0 to 15, made with OpenSSL's Argon2id, which shares no code with ours.
GOLDEN = [
    pytest.param(
        "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$U/jelvnIsLOFs+kbuY+Meb1/rVe8SezYsXa7m9mN+lc",
        id="default parameters",
    ),
    pytest.param(
        "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$1awlFRF+MHo9RYmLsAfPrZiVz0M0c73WimroSj1/J30",
        id="cheapest parameters",
    ),
]
SALT_AND_TAG = "$AAECAwQFBgcICQoLDA0ODw$1awlFRF+MHo9RYmLsAfPrZiVz0M0c73WimroSj1/J30"


@pytest.mark.parametrize("phc", GOLDEN)
def test_a_hash_made_by_another_implementation_proves_the_token(phc: str) -> None:
    assert verify_hash(phc, TOKEN)
    assert not verify_hash(phc, OTHER)


def test_a_hash_proves_its_token_and_no_other() -> None:
    phc = hash_token(TOKEN, CHEAPEST)

    assert verify_hash(phc, TOKEN)
    assert not verify_hash(phc, OTHER)


def test_a_hash_names_its_parameters_and_a_salt_of_its_own() -> None:
    first, second = (hash_token(TOKEN, Argon2Parameters(memory_kib=64, time_cost=3, parallelism=2)) for _ in range(2))

    assert first.startswith("$argon2id$v=19$m=64,t=3,p=2$")
    assert first != second
    assert [len(part) for part in first.split("$")[4:]] == [22, 43]


def test_a_want_of_memory_is_an_error_without_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> str:
        msg = "Memory allocation error"
        raise HashingError(msg)

    monkeypatch.setattr(PasswordHasher, "hash", out_of_memory)  # memory cannot be made to run out here

    with pytest.raises(HashError, match="could not hash: Memory allocation error") as caught:
        hash_token(TOKEN, CHEAPEST)
    assert TOKEN.reveal() not in str(caught.value)


def test_a_hash_below_the_floor_of_today_still_proves_its_token() -> None:
    assert verify_hash(hash_token(TOKEN, CHEAPEST), TOKEN)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        pytest.param("m=131073,t=1,p=1", "memory_kib is 131073", id="memory"),
        pytest.param("m=99999999,t=9999,p=9999", "parallelism is 9999", id="everything"),
        pytest.param("m=8,t=11,p=1", "time_cost is 11", id="passes"),
        pytest.param("m=64,t=1,p=5", "parallelism is 5", id="lanes"),
        pytest.param("m=15,t=1,p=2", "memory_kib is 15, must be from 16", id="too little memory for its lanes"),
    ],
)
def test_a_hash_out_of_bounds_is_refused_before_any_work(parameters: str, named: str) -> None:
    started = time.monotonic()

    with pytest.raises(HashError, match=named):
        verify_hash(f"$argon2id$v=19${parameters}{SALT_AND_TAG}", TOKEN)

    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "phc",
    [
        pytest.param("", id="nothing"),
        pytest.param("sha256:00", id="another scheme"),
        pytest.param(f"$argon2i$v=19$m=8,t=1,p=1{SALT_AND_TAG}", id="argon2i"),
        pytest.param(f"$argon2d$v=19$m=8,t=1,p=1{SALT_AND_TAG}", id="argon2d"),
        pytest.param(f"$argon2id$v=16$m=8,t=1,p=1{SALT_AND_TAG}", id="version 1.0"),
        pytest.param(f"$argon2id$m=8,t=1,p=1{SALT_AND_TAG}", id="no version"),
        pytest.param(f"$argon2id$v=19$m=8,t=1{SALT_AND_TAG}", id="a parameter missing"),
        pytest.param(f"$argon2id$v=19$t=1,m=8,p=1{SALT_AND_TAG}", id="parameters in another order"),
        pytest.param(f"$argon2id$v=19$m=-8,t=1,p=1{SALT_AND_TAG}", id="a negative parameter"),
        pytest.param(f"$argon2id$v=19$m=08,t=1,p=1{SALT_AND_TAG}", id="a leading zero"),
        pytest.param(f"$argon2id$v=19$m=8,t=0,p=1{SALT_AND_TAG}", id="no pass at all"),
        pytest.param(f"$argon2id$v=19$m={'9' * 5000},t=1,p=1{SALT_AND_TAG}", id="thousands of digits"),
        pytest.param(f"$argon2id$v=19$m=٨,t=1,p=1{SALT_AND_TAG}", id="a digit that is not ASCII"),
        pytest.param(f"$argon2id$v=19$m=8,t=1,p=1{SALT_AND_TAG}\n", id="a line break behind it"),
        pytest.param(f"$argon2id$v=19$m=8,t=1,p=1{SALT_AND_TAG[:-1]}", id="a tag cut short"),
        pytest.param(f"$argon2id$v=19$m=8,t=1,p=1{SALT_AND_TAG[:-1]}1", id="a tag with stray bits"),
    ],
)
def test_what_is_not_a_hash_of_ours_is_refused_and_not_shown(phc: str) -> None:
    with pytest.raises(HashError) as caught:
        verify_hash(phc, TOKEN)

    assert "AAECAwQF" not in str(caught.value)
    assert TOKEN.reveal() not in str(caught.value)


@pytest.mark.parametrize(
    ("memory_kib", "time_cost", "parallelism", "named"),
    [
        pytest.param(131073, 2, 1, "memory_kib is 131073, must be from 8 to 131072", id="too much memory"),
        pytest.param(7, 1, 1, "memory_kib is 7", id="too little memory"),
        pytest.param(31, 1, 4, "memory_kib is 31, must be from 32", id="too little memory for four lanes"),
        pytest.param(19456, 11, 1, "time_cost is 11, must be from 1 to 10", id="too many passes"),
        pytest.param(19456, 0, 1, "time_cost is 0", id="no pass"),
        pytest.param(19456, 2, 5, "parallelism is 5, must be from 1 to 4", id="too many lanes"),
        pytest.param(19456, 2, 0, "parallelism is 0", id="no lane"),
    ],
)
def test_parameters_out_of_bounds_are_refused_by_name(
    memory_kib: int, time_cost: int, parallelism: int, named: str
) -> None:
    with pytest.raises(HashError, match=named):
        Argon2Parameters(memory_kib, time_cost, parallelism)


@pytest.mark.parametrize(
    "parameters",
    [
        *(pytest.param(minimum, id=f"OWASP with time_cost {minimum.time_cost}") for minimum in OWASP_MINIMUM),
        pytest.param(Argon2Parameters(), id="the default"),
        pytest.param(Argon2Parameters(131072, 10, 4), id="the ceiling"),
    ],
)
def test_the_floor_lets_through_what_reaches_a_minimum(parameters: Argon2Parameters) -> None:
    require_floor(parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param(CHEAPEST, id="the cheapest"),
        pytest.param(Argon2Parameters(19455, 2), id="a KiB short"),
        pytest.param(Argon2Parameters(19456, 1), id="a pass short"),
        pytest.param(Argon2Parameters(7167, 10), id="passes cannot replace memory"),
        pytest.param(Argon2Parameters(19455, 2, 4), id="lanes cannot replace memory"),
    ],
)
def test_the_floor_stops_what_reaches_no_minimum(parameters: Argon2Parameters) -> None:
    with pytest.raises(HashError, match=r"at least one of: 47104 KiB with time_cost 1, 19456 KiB"):
        require_floor(parameters)
