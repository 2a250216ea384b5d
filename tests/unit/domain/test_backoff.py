"""Waits between attempts: they double up to a limit, chance shortens them, and a Retry-After lengthens them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.backoff import MOST_ASKED_SECONDS, Backoff, heeded

FAILURES = st.integers(1, 10**9)
BACKOFFS = st.builds(Backoff, st.floats(0.01, 5), st.floats(5, 100), st.floats(0, 1))
CHANCES = st.floats(0, 1)


def test_waits_double_from_the_first_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=3)

    assert [backoff.after(failures) for failures in (1, 2, 3, 4, 5)] == [0.5, 1, 2, 3, 3]


def test_chance_cuts_the_share_that_is_jitter() -> None:
    backoff = Backoff(first=8, longest=8, jitter=0.5)

    assert [backoff.after(1, chance=chance) for chance in (0, 0.5, 1)] == [4, 6, 8]


def test_without_jitter_chance_changes_nothing() -> None:
    assert Backoff(first=8, longest=8).after(1, chance=0) == 8


def test_a_retry_after_lengthens_a_wait_and_never_shortens_it() -> None:
    backoff = Backoff(first=5, longest=5)

    assert [backoff.after(1, retry_after=asked) for asked in (None, 0, 1, 7)] == [5, 5, 5, 7]


@pytest.mark.parametrize(("asked", "seconds"), [(None, 0), (0, 0), (0.5, 0.5), (60, 60), (86_400, 60)])
def test_a_retry_after_is_heeded_up_to_a_minute(asked: float | None, seconds: float) -> None:
    assert heeded(asked) == seconds


@given(BACKOFFS, FAILURES, CHANCES)
def test_no_wait_is_longer_than_the_longest(backoff: Backoff, failures: int, chance: float) -> None:
    assert 0 <= backoff.after(failures, chance=chance) <= backoff.longest


@given(BACKOFFS, FAILURES, CHANCES, st.none() | st.floats(0, math.inf))
def test_no_server_stops_a_client_for_long(
    backoff: Backoff, failures: int, chance: float, retry_after: float | None
) -> None:
    wait = backoff.after(failures, chance=chance, retry_after=retry_after)

    assert wait <= max(backoff.longest, MOST_ASKED_SECONDS)
