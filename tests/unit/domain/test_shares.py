"""Shares: a crowd holds back while somebody with little asks, and never for longer, nor for another crowd."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pharia_access.domain.turns import (
    FEW,
    HEEDED_SECONDS,
    LIGHT_REST,
    LIGHT_SECONDS,
    LIGHT_WORKERS,
    LONGEST_REST_SECONDS,
    MOST_REST_SECONDS,
    Shares,
)

NOW = 100.0
NAMESPACES = st.sampled_from("abc")
SECONDS = st.floats(0.0, 60.0)
STEPS = st.lists(st.tuples(NAMESPACES, st.sampled_from(["came", "went", "asked"]), st.floats(0.0, 1.5)), max_size=80)


def having(**work: int) -> Shares:
    """Namespaces with so much work."""
    shares = Shares()
    for namespace, count in work.items():
        for _ in range(count):
            shares.came(namespace)
    return shares


@pytest.mark.parametrize(
    ("crowd", "asks", "ago", "holds_back"),
    [
        pytest.param(FEW + 1, "quiet", 0.0, True, id="somebody with little asks"),
        pytest.param(FEW + 1, "quiet", HEEDED_SECONDS - 0.1, True, id="somebody asked a moment ago"),
        pytest.param(FEW + 1, "quiet", HEEDED_SECONDS, False, id="that was long ago"),
        pytest.param(FEW + 1, "crowd", 0.0, False, id="nobody but itself asks"),
        pytest.param(FEW + 1, "other crowd", 0.0, False, id="another crowd asks"),
        pytest.param(FEW, "quiet", 0.0, False, id="it has little itself"),
    ],
)
def test_a_namespace_holds_back(crowd: int, asks: str, ago: float, *, holds_back: bool) -> None:
    shares = having(**{"crowd": crowd, "other crowd": FEW + 1})

    shares.asked(asks, NOW - ago)

    assert shares.holds_back("crowd", NOW) is holds_back


def test_who_asks_and_then_has_much_is_a_crowd_like_others() -> None:
    shares = having(crowd=FEW + 1)
    shares.asked("grows", NOW)
    for _ in range(FEW + 1):
        shares.came("grows")

    assert not shares.holds_back("crowd", NOW)


def test_a_crowd_is_one_until_it_has_little_left() -> None:
    shares = having(crowd=FEW + 10)
    shares.asked("quiet", NOW)

    held_back = []
    for _ in range(FEW + 10):
        shares.went("crowd")
        held_back.append(shares.holds_back("crowd", NOW))

    assert held_back == [True] * 9 + [False] * (FEW + 1)


def test_a_crowd_whose_work_is_done_is_none() -> None:
    shares = having(crowd=FEW + 1)
    shares.asked("quiet", NOW)

    shares.went("crowd")

    assert not shares.holds_back("crowd", NOW)


@pytest.mark.parametrize(
    ("crowds", "light", "took", "rests"),
    [
        pytest.param(1, True, LIGHT_SECONDS, LIGHT_SECONDS * LIGHT_REST, id="light work"),
        pytest.param(1, True, LIGHT_SECONDS + 0.001, LIGHT_SECONDS + 0.001, id="work that took longer"),
        pytest.param(1, False, LIGHT_SECONDS, LIGHT_SECONDS, id="other work"),
        pytest.param(2, True, LIGHT_SECONDS, 2 * LIGHT_SECONDS, id="beside another crowd"),
    ],
)
def test_a_crowd_rests_less_after_light_work(*, crowds: int, light: bool, took: float, rests: float) -> None:
    shares = having(**{f"crowd-{number}": FEW + 1 for number in range(crowds)})
    shares.asked("quiet", NOW)

    assert shares.rest("crowd-0", took, NOW, light=light) == pytest.approx(rests)
    assert shares.workers("crowd-0") == (LIGHT_WORKERS if rests < took else 1)
    assert shares.rest("quiet", took, NOW, light=light) == 0
    assert shares.rest("crowd-0", LIGHT_SECONDS, NOW) == pytest.approx(crowds * LIGHT_SECONDS)
    assert shares.workers("crowd-0") == 1


@given(steps=STEPS)
def test_crowds_hold_back_for_those_with_little_and_nobody_else_does(steps: list[tuple[str, str, float]]) -> None:
    shares, has, asked, now = Shares(), Counter[str](), dict[str, float](), NOW
    for namespace, step, seconds in steps:
        now += seconds
        if step == "came":
            shares.came(namespace)
            has[namespace] += 1
        elif step == "went" and has[namespace]:
            shares.went(namespace)
            has[namespace] -= 1
        elif step == "asked":
            shares.asked(namespace, now)
            asked[namespace] = now
        asked = {name: moment for name, moment in asked.items() if has[name] <= FEW and moment > now - HEEDED_SECONDS}

        for name in "abc":
            assert shares.holds_back(name, now) is (has[name] > FEW and bool(asked))
        some_hold_back = bool(asked) and max(has.values(), default=0) > FEW
        until = max(asked.values()) + HEEDED_SECONDS if some_hold_back else None
        assert shares.seconds_left(now) == (None if until is None else until - now)


@given(work=st.dictionaries(NAMESPACES, st.integers(0, 3 * FEW)), took=SECONDS)
def test_only_a_crowd_that_holds_back_rests_and_each_crowd_has_its_turn_soon(work: dict[str, int], took: float) -> None:
    shares = having(**work)
    shares.asked("quiet", NOW)

    for namespace in work:
        rest = shares.rest(namespace, took, NOW)
        assert (rest > 0) is (took > 0 and shares.holds_back(namespace, NOW))
        assert rest <= MOST_REST_SECONDS * len(work)


def rests(crowds: int, took: float) -> list[float]:
    """What each of so many crowds rests after work that took so long."""
    names = [f"crowd {number}" for number in range(crowds)]
    shares = having(**dict.fromkeys(names, FEW + 1))
    shares.asked("quiet", NOW)
    return [shares.rest(name, took, NOW) for name in names]


@given(crowds=st.integers(1, 300), took=SECONDS)
def test_no_crowd_rests_longer_than_a_bound_however_many_there_are(crowds: int, took: float) -> None:
    assert max(rests(crowds, took)) <= LONGEST_REST_SECONDS


@given(crowds=st.integers(1, 100), took=st.floats(0.001, MOST_REST_SECONDS))
def test_all_crowds_together_take_the_time_of_one_worker_at_most(crowds: int, took: float) -> None:
    assume(crowds * took <= LONGEST_REST_SECONDS)

    busy = [took / (took + rest) for rest in rests(crowds, took)]

    assert 0.5 - 1e-9 <= sum(busy) <= 1
