"""The books of places, without an operator: who is before whom, who is woken, and how long a count is good."""

import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.model import ObjectKey, OwnerReference, Token, TokenPolicy
from pharia_access.services.operator.places import COUNT_GOOD_SECONDS, Places
from pharia_access.services.operator.token_index import TokenIndex
from tests.support.builders.domain_objects import CREDENTIAL, NOW, a_credential, a_minted_token, a_token, kept_by
from tests.support.fakes.virtual_time import FakeClock

Owners = tuple[OwnerReference, ...]

OLDER = a_token(ObjectKey(CREDENTIAL.namespace, "older"), created=NOW - timedelta(seconds=5))
YOUNGER = a_token(ObjectKey(CREDENTIAL.namespace, "younger"))


@pytest.fixture
def tokens() -> TokenIndex:
    return TokenIndex()


@pytest.fixture
def places(tokens: TokenIndex, clock: FakeClock) -> Places:
    return Places(tokens, clock.monotonic)


@pytest.mark.parametrize(("free", "woken"), [(0, []), (1, [0]), (3, [0, 1, 2]), (9, [0, 1, 2, 3, 4])])
def test_as_many_are_woken_at_once_as_there_are_places(
    tokens: TokenIndex, places: Places, free: int, woken: list[int]
) -> None:
    """And not one after the other, each by the end of the one before: that one may take long, or fail."""
    waiting = [a_token(ObjectKey(CREDENTIAL.namespace, f"t{number}")) for number in range(5)]
    for token in waiting:
        tokens.put(token)
        places.park(token)

    credential = replace(a_credential(), policy=TokenPolicy(max_tokens=free))

    assert places.woken(credential) == [waiting[number].key for number in woken]
    assert places.woken(credential) == []


@pytest.mark.parametrize(
    ("seconds", "uid", "is_good"),
    [
        pytest.param(0.0, "credential-1", True, id="just now"),
        pytest.param(COUNT_GOOD_SECONDS - 0.25, "credential-1", True, id="not long ago"),
        pytest.param(COUNT_GOOD_SECONDS, "credential-1", False, id="when its time is over"),
        pytest.param(0.0, "another", False, id="of another credential of the name"),
    ],
)
def test_a_count_is_good(places: Places, clock: FakeClock, seconds: float, uid: str, *, is_good: bool) -> None:
    places.counted(a_credential())

    clock.advance(seconds)

    assert places.is_counted(a_credential(uid=uid)) is is_good


@pytest.mark.parametrize(
    "known",
    [
        pytest.param([OLDER], id="it stands in line still"),
        pytest.param([a_minted_token(OLDER)], id="it is active already"),
        pytest.param([], id="nothing is known of it"),
    ],
)
@pytest.mark.parametrize(("most", "waits"), [(1, True), (2, False)])
def test_who_is_minted_just_now_has_one_place_and_no_more(
    tokens: TokenIndex, places: Places, known: list[Token], most: int, *, waits: bool
) -> None:
    for token in [*known, YOUNGER]:
        tokens.put(token)
    credential = a_credential(max_tokens=most)

    places.keep(OLDER, credential)

    assert places.must_wait(YOUNGER, credential) is waits


APP, OTHER = (kept_by(),), (kept_by("other", "workload-2"),)


@pytest.mark.parametrize(
    ("active", "asks", "most", "waits"),
    [
        pytest.param([APP], APP, 1, False, id="the next one of a WorkloadToken"),
        pytest.param([APP, APP, APP], APP, 1, False, id="one more of them"),
        pytest.param([APP], OTHER, 1, True, id="one of another WorkloadToken"),
        pytest.param([APP], (), 1, True, id="a token of its own"),
        pytest.param([()], APP, 1, True, id="a first one, where there is no place"),
        pytest.param([APP, APP], (), 2, False, id="a token of its own beside two of one WorkloadToken"),
        pytest.param([APP, OTHER], (), 2, True, id="a token of its own beside two WorkloadTokens"),
        pytest.param([APP, APP, ()], OTHER, 2, True, id="a first one beside a WorkloadToken and a token"),
    ],
)
def test_a_workload_token_has_one_place_for_all_its_tokens(
    tokens: TokenIndex, places: Places, active: list[Owners], asks: Owners, most: int, *, waits: bool
) -> None:
    for number, owners in enumerate(active):
        tokens.put(a_minted_token(a_token(ObjectKey(CREDENTIAL.namespace, f"a{number}"), owners=owners)))
    asking, credential = replace(YOUNGER, owners=asks), a_credential(max_tokens=most)
    tokens.put(asking)

    assert places.must_wait(asking, credential) is waits
    places.park(asking)
    assert places.woken(credential) == ([] if waits else [asking.key])


def test_the_place_of_a_workload_token_is_free_after_its_last_token(tokens: TokenIndex, places: Places) -> None:
    kept = [a_minted_token(a_token(ObjectKey(CREDENTIAL.namespace, name), owners=APP)) for name in ("app-1", "app-2")]
    for token in [*kept, YOUNGER]:
        tokens.put(token)
    places.park(YOUNGER)
    credential = a_credential(max_tokens=1)
    woken = []

    for token in kept:
        tokens.remove(token.key)
        woken.append(places.woken(credential))

    assert woken == [[], [YOUNGER.key]]


def test_a_credential_whose_tokens_were_minted_costs_no_memory_any_more(places: Places) -> None:
    credentials = [a_credential(ObjectKey("finance", f"bot-{number}"), max_tokens=1) for number in range(1000)]

    tracemalloc.start()
    try:
        for credential in credentials:
            places.keep(OLDER, credential)
            places.leave(OLDER.key, credential.key)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 100 * len(credentials)
