"""How times are shown: what is over is cut off, what is left is rounded, and one rule holds for all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.entrypoints.kubectl.moments import age, ago, left, moment, until
from tests.support.builders.domain_objects import NOW

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=-3), "0s"),
        (timedelta(), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(seconds=61), "1m1s"),
        (timedelta(minutes=3, seconds=59), "3m59s"),
        (timedelta(minutes=4, seconds=1), "4m"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=2), "2h"),
        (timedelta(days=3, hours=4), "3d4h"),
        (timedelta(days=400), "400d"),
    ],
)
def test_an_age_has_a_unit_or_two(passed: timedelta, shown: str) -> None:
    assert age(NOW - passed, NOW) == shown
    assert ago(NOW - passed, NOW) == f"{shown} ago"


@pytest.mark.parametrize(
    ("time_left", "shown"),
    [
        (30 * DAY, "in 30d"),
        (30 * DAY - 5 * SECOND, "in 30d"),
        (29 * DAY + timedelta(hours=11), "in 29d"),
        (90 * DAY - 1 * SECOND, "in 90d"),
        (DAY - 1 * SECOND, "in 1d"),
        (timedelta(hours=23, minutes=20), "in 23h"),
        (timedelta(hours=1) - 1 * SECOND, "in 1h"),
        (timedelta(hours=1, minutes=29, seconds=40), "in 1h30m"),
        (timedelta(days=3, hours=23, minutes=50), "in 4d"),
        (timedelta(seconds=59), "in 59s"),
        (timedelta(milliseconds=300), "in 0s"),
        (timedelta(), "0s ago"),
        (timedelta(hours=-2), "2h ago"),
        (timedelta(days=-5, seconds=-1), "5d ago"),
    ],
)
def test_what_is_left_is_rounded_to_what_is_shown(time_left: timedelta, shown: str) -> None:
    assert left(NOW + time_left, NOW) == shown
    assert until(NOW + time_left, NOW) == f"{moment(NOW + time_left)} ({shown})"


def test_what_is_not_known_is_left_blank() -> None:
    assert (age(None, NOW), ago(None, NOW), left(None, NOW), until(None, NOW), moment(None)) == ("", "", "", "", "")
    assert ago(None, NOW, never="never") == "never"
    assert moment(NOW) == "2026-11-23T12:00:00Z"
