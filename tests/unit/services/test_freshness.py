"""How old the view is, and what time it is."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.sightings import Kind
from pharia_access.services.freshness import Bounds, Freshness, LaterClock, Part

ROLES = Part("ApiRole")
TOKENS, CREDENTIALS = Part("ApiToken"), Part("ApiCredential")
NAMESPACES = ("finance", "research", "doomed")
PARTS = (*(Part(kind, namespace) for namespace in NAMESPACES for kind in ("ApiToken", "ApiCredential")), ROLES)


def of_one_view(*, at: float = 1000) -> Freshness:
    freshness = Freshness((TOKENS, CREDENTIALS, ROLES), Bounds(view=300, contact=30))
    for part in (TOKENS, CREDENTIALS, ROLES):
        freshness.heard(part, at)
    return freshness


def of_three_namespaces(*, at: float = 1000) -> Freshness:
    freshness = Freshness(PARTS, Bounds(view=300, contact=30))
    for part in PARTS:
        freshness.heard(part, at)
    return freshness


def fresh(freshness: Freshness, now: float) -> list[str]:
    return [namespace for namespace in NAMESPACES if freshness.is_fresh(namespace, now)]


def test_nothing_is_fresh_before_every_part_was_listed() -> None:
    freshness = Freshness((TOKENS, ROLES), Bounds(view=300))
    freshness.heard(TOKENS, 1000)

    assert freshness.missing(1010) == (ROLES,)
    assert not freshness.is_fresh("finance", 1010)
    assert not freshness.is_fresh_anywhere(1010)
    assert freshness.ages(1010) == {"ApiToken": 10, "ApiRole": inf}


def test_the_oldest_part_decides() -> None:
    freshness = of_one_view()
    freshness.heard(TOKENS, 1100)
    freshness.heard(ROLES, 1100)

    assert (freshness.is_fresh("finance", 1300), freshness.is_fresh("finance", 1300.1)) == (True, False)
    freshness.heard(CREDENTIALS, 1200)
    assert (freshness.is_fresh("finance", 1400), freshness.is_fresh("finance", 1400.1)) == (True, False)


def test_an_older_moment_takes_nothing_back() -> None:
    freshness = of_one_view()
    freshness.heard(ROLES, 900)

    assert freshness.is_fresh("finance", 1300)


@pytest.mark.parametrize("kind", ["ApiToken", "ApiCredential"])
def test_a_namespace_that_ages_takes_nothing_from_the_others(kind: Kind) -> None:
    freshness = of_three_namespaces()
    for part in set(PARTS) - {Part(kind, "doomed")}:
        freshness.heard(part, 1200)

    assert fresh(freshness, 1300) == ["finance", "research", "doomed"]
    assert fresh(freshness, 1301) == ["finance", "research"]
    assert freshness.watched(1301) == {"finance": True, "research": True, "doomed": False}


def test_what_belongs_to_no_namespace_is_shared_by_all() -> None:
    freshness = of_three_namespaces()
    for part in set(PARTS) - {ROLES}:
        freshness.heard(part, 1200)

    assert fresh(freshness, 1301) == []
    freshness.heard(ROLES, 1200)
    assert fresh(freshness, 1301) == ["finance", "research", "doomed"]


def test_a_namespace_that_nobody_watches_is_never_fresh() -> None:
    assert not of_three_namespaces().is_fresh("elsewhere", 1000)


class TestForbidden:
    def test_a_403_that_lasts_takes_a_namespace_at_once_and_no_other(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")

        assert [freshness.denied(part, at) for at in (1001, 1002, 1003, 1004)] == [False, False, True, False]

        assert freshness.is_lost(part)
        assert fresh(freshness, 1003) == ["finance", "research"]
        assert str(part) not in freshness.ages(1003)

    def test_a_403_of_a_moment_takes_nothing(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.alive(part, 1002)
        freshness.denied(part, 1004)

        assert fresh(freshness, 1004) == ["finance", "research", "doomed"]

    def test_it_comes_back_once_it_is_complete_again(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)

        freshness.alive(part, 1010)
        assert (freshness.is_lost(part), fresh(freshness, 1010)) == (False, ["finance", "research"])
        freshness.heard(part, 1011)
        assert fresh(freshness, 1011) == ["finance", "research", "doomed"]

    def test_without_the_right_to_the_roles_nobody_is_accepted(self) -> None:
        freshness = of_three_namespaces()
        freshness.denied(ROLES, 1001)
        freshness.denied(ROLES, 1003)

        assert not freshness.is_fresh_anywhere(1003)


class TestResuming:
    """A watch that goes on where it broke off has what happened since before it."""

    def test_it_may_after_a_short_silence_only(self) -> None:
        freshness = of_one_view()

        assert (freshness.may_resume(TOKENS, 1030), freshness.may_resume(TOKENS, 1030.1)) == (True, False)

    def test_it_may_not_beyond_the_bound_of_the_view_either(self) -> None:
        freshness = Freshness((TOKENS,), Bounds(view=10, contact=30))
        freshness.heard(TOKENS, 1000)

        assert (freshness.may_resume(TOKENS, 1010), freshness.may_resume(TOKENS, 1010.1)) == (True, False)

    def test_it_may_not_after_a_loss(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)

        assert not freshness.may_resume(part, 1003)
        assert freshness.may_resume(Part("ApiToken", "finance"), 1003)


class TestStart:
    def test_it_waits_for_no_part_that_may_not_be_read(self) -> None:
        freshness = Freshness(PARTS, Bounds(view=300))
        for part in PARTS:
            if part.namespace == "doomed":
                freshness.denied(part, 1001)
                freshness.denied(part, 1003)
            else:
                freshness.heard(part, 1001)

        assert freshness.missing(1003) == ()
        assert freshness.is_fresh_anywhere(1003)

    def test_it_waits_for_one_that_fails_but_not_for_long(self) -> None:
        freshness = Freshness((ROLES, TOKENS), Bounds(view=300))
        freshness.heard(ROLES, 1000)
        for at in (1001, 1005, 1010):
            freshness.failed(TOKENS, at)

        assert freshness.missing(1010.9) == (TOKENS,)
        assert freshness.missing(1011) == ()

    def test_it_waits_for_one_that_is_listed_as_long_as_that_takes(self) -> None:
        freshness = Freshness((TOKENS,), Bounds(view=300))
        freshness.alive(TOKENS, 1000)

        assert freshness.missing(9999) == (TOKENS,)


class TestContact:
    """Whether an unknown ID is of no token, or may be of one that was minted since."""

    def test_each_part_must_have_shown_life_of_late(self) -> None:
        freshness = of_three_namespaces()
        for part in set(PARTS) - {Part("ApiToken", "research")}:
            freshness.alive(part, 1020)

        assert (freshness.in_contact(1030), freshness.in_contact(1030.1)) == (True, False)
        freshness.alive(Part("ApiToken", "research"), 1031)
        assert (freshness.in_contact(1050), freshness.in_contact(1050.1)) == (True, False)

    def test_one_that_lives_and_has_nothing_to_tell_is_no_contact_beyond_the_bound_of_the_view(self) -> None:
        freshness = of_one_view()
        for part in (TOKENS, CREDENTIALS, ROLES):
            freshness.alive(part, 1300)

        assert (freshness.in_contact(1300), freshness.in_contact(1300.1)) == (True, False)

    def test_one_that_was_never_listed_is_no_contact(self) -> None:
        freshness = Freshness((TOKENS,), Bounds(view=300, contact=30))
        freshness.alive(TOKENS, 1000)

        assert not freshness.in_contact(1000)

    def test_one_that_may_not_be_read_does_not_count(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)
        for other in set(PARTS) - {part}:
            freshness.alive(other, 1100)

        assert freshness.in_contact(1100)

    def test_one_that_comes_back_counts_again_and_is_no_contact_before_it_is_listed(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)
        assert freshness.in_contact(1003)

        freshness.alive(part, 1004)
        assert not freshness.in_contact(1004)
        freshness.heard(part, 1005)
        assert freshness.in_contact(1005)


signs = st.tuples(st.sampled_from(["heard", "alive", "failed", "denied"]), st.sampled_from(PARTS), st.floats(0.125, 60))


@given(st.lists(signs, max_size=60))
def test_whatever_happens_nothing_is_accepted_by_a_part_that_is_old_or_lost(
    happened: list[tuple[str, Part, float]],
) -> None:
    """Against a model that keeps nothing but what was told of a part, and judges from that alone."""
    freshness = Freshness(PARTS, Bounds(view=100, contact=30))
    told: dict[Part, list[tuple[str, float]]] = {part: [] for part in PARTS}
    now = 1000.0
    for sign, part, seconds in happened:
        now += seconds
        getattr(freshness, sign)(part, now)
        told[part].append((sign, now))

        for namespace in NAMESPACES:
            rests_on = [told[part] for part in PARTS if part.namespace in {None, namespace}]
            assert freshness.is_fresh(namespace, now) == all(complete_since(now, each) <= 100 for each in rests_on)
        connected = [each for each in told.values() if not lost(each)]
        known = all(complete_since(now, each) <= 100 and since_life(now, each) <= 30 for each in connected)
        assert freshness.in_contact(now) == (known and connected != [])


def lost(told: list[tuple[str, float]]) -> bool:
    denials = [at for sign, at in tail(told) if sign == "denied"]
    return bool(denials) and denials[-1] - denials[0] >= 2


def tail(told: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """What was told after the last sign of life."""
    alive = [number for number, (sign, _) in enumerate(told) if sign in {"heard", "alive"}]
    return told[alive[-1] + 1 :] if alive else told


def complete_since(now: float, told: list[tuple[str, float]]) -> float:
    """How long ago it was complete: not at all where a loss came after."""
    heard = [number for number, (sign, _) in enumerate(told) if sign == "heard"]
    if not heard or any(lost(told[: number + 1]) for number in range(heard[-1], len(told))):
        return inf
    return now - told[heard[-1]][1]


def since_life(now: float, told: list[tuple[str, float]]) -> float:
    return now - max((at for sign, at in told if sign in {"heard", "alive"}), default=-inf)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(5010.0, 5010.0, id="both agree"),
        pytest.param(1.0, 5010.0, id="set back: the server's time goes on"),
        pytest.param(9000.0, 9000.0, id="set forth: too early rather than too late"),
    ],
)
def test_the_later_of_two_clocks_counts(wall: float, expected: float) -> None:
    moments = {"wall": 5000.0, "ticks": 100.0}
    clock = LaterClock(lambda: moments["wall"], lambda: moments["ticks"])
    clock.server_said(5000.0)

    moments.update(wall=wall, ticks=110.0)

    assert clock() == expected
    assert clock.behind() == 5010.0 - wall


def test_without_the_servers_time_ours_counts() -> None:
    clock = LaterClock(lambda: 5000.0, lambda: 100.0)

    assert (clock(), clock.behind()) == (5000.0, -inf)
