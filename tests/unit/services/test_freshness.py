"""How old the view is, and what time it is."""

from math import inf

import pytest

from pharia_access.services.freshness import Freshness, LaterClock


def test_nothing_is_fresh_before_every_part_was_listed() -> None:
    freshness = Freshness(("a", "b"), bound=300)
    freshness.heard("a", 1000)

    assert freshness.missing() == ("b",)
    assert freshness.fresh_until == -inf
    assert freshness.ages(1010) == {"a": 10, "b": inf}


def test_the_oldest_part_decides() -> None:
    freshness = Freshness(("a", "b"), bound=300)
    freshness.heard("a", 1000)
    freshness.heard("b", 1100)

    assert (freshness.missing(), freshness.fresh_until) == ((), 1300)
    freshness.heard("a", 1200)
    assert freshness.fresh_until == 1400


def test_an_older_moment_takes_nothing_back() -> None:
    freshness = Freshness(("a",), bound=300)
    freshness.heard("a", 1000)
    freshness.heard("a", 900)

    assert freshness.fresh_until == 1300


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
