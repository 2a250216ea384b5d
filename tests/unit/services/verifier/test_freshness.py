"""How old the view is, and what time it is."""

from math import inf

import pytest

from pharia_access.domain.api_values import Kind
from pharia_access.services.verifier.freshness import Bounds, Freshness, MaxClock, Part
from tests.support.builders.watched_parts import (
    CREDENTIALS,
    PARTS,
    ROLES,
    TOKENS,
    fresh,
    of_one_view,
    of_three_namespaces,
)


def test_nothing_is_fresh_before_every_part_was_listed() -> None:
    freshness = Freshness((TOKENS, ROLES), Bounds(view=300))
    freshness.mark_fresh(TOKENS, 1000)

    assert freshness.missing(1010) == (ROLES,)
    assert not freshness.is_fresh("finance", 1010)
    assert not freshness.is_fresh_anywhere(1010)
    assert freshness.ages(1010) == {"ApiToken": 10, "ApiRole": inf}


def test_the_oldest_part_decides() -> None:
    freshness = of_one_view()
    freshness.mark_fresh(TOKENS, 1100)
    freshness.mark_fresh(ROLES, 1100)

    assert (freshness.is_fresh("finance", 1300), freshness.is_fresh("finance", 1300.1)) == (True, False)
    freshness.mark_fresh(CREDENTIALS, 1200)
    assert (freshness.is_fresh("finance", 1400), freshness.is_fresh("finance", 1400.1)) == (True, False)


def test_an_older_moment_takes_nothing_back() -> None:
    freshness = of_one_view()
    freshness.mark_fresh(ROLES, 900)

    assert freshness.is_fresh("finance", 1300)


@pytest.mark.parametrize("kind", ["ApiToken", "ApiCredential"])
def test_a_namespace_that_ages_takes_nothing_from_the_others(kind: Kind) -> None:
    freshness = of_three_namespaces()
    for part in set(PARTS) - {Part(kind, "doomed")}:
        freshness.mark_fresh(part, 1200)

    assert fresh(freshness, 1300) == ["finance", "research", "doomed"]
    assert fresh(freshness, 1301) == ["finance", "research"]
    assert freshness.watched(1301) == {"finance": True, "research": True, "doomed": False}


def test_what_belongs_to_no_namespace_is_shared_by_all() -> None:
    freshness = of_three_namespaces()
    for part in set(PARTS) - {ROLES}:
        freshness.mark_fresh(part, 1200)

    assert fresh(freshness, 1301) == []
    freshness.mark_fresh(ROLES, 1200)
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
        freshness.mark_fresh(part, 1011)
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
        freshness.mark_fresh(TOKENS, 1000)

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
                freshness.mark_fresh(part, 1001)

        assert freshness.missing(1003) == ()
        assert freshness.is_fresh_anywhere(1003)

    def test_it_waits_for_one_that_fails_but_not_for_long(self) -> None:
        freshness = Freshness((ROLES, TOKENS), Bounds(view=300))
        freshness.mark_fresh(ROLES, 1000)
        for at in (1001, 1005, 1010):
            freshness.failed(TOKENS, at)

        assert freshness.missing(1010.9) == (TOKENS,)
        assert freshness.missing(1011) == ()

    def test_it_waits_for_one_that_is_listed_as_long_as_that_takes(self) -> None:
        freshness = Freshness((TOKENS,), Bounds(view=300))
        freshness.alive(TOKENS, 1000)

        assert freshness.missing(9999) == (TOKENS,)


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        pytest.param(5010.0, 5010.0, id="both agree"),
        pytest.param(1.0, 5010.0, id="set back: the server's time goes on"),
        pytest.param(9000.0, 9000.0, id="set forth: too early rather than too late"),
    ],
)
def test_the_later_of_two_clocks_counts(wall: float, expected: float) -> None:
    moments = {"wall": 5000.0, "boottime": 100.0}
    clock = MaxClock(lambda: moments["wall"], lambda: moments["boottime"])
    clock.set_server_time(5000.0)

    moments.update(wall=wall, boottime=110.0)

    assert clock.at(110.0) == expected
    assert clock.offset() == 5010.0 - wall


def test_without_the_servers_time_ours_counts() -> None:
    clock = MaxClock(lambda: 5000.0, lambda: 100.0)

    assert (clock.at(100.0), clock.offset()) == (5000.0, -inf)
