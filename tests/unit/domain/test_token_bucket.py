"""The token bucket: so many actions a second, and some at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.token_bucket import TokenBucket

RATES = st.floats(0.01, 1000)
BURSTS = st.integers(1, 50)
STARTS = st.floats(0, 1e6)


def allowed(bucket: TokenBucket, moments: list[float]) -> int:
    return sum(bucket.allow(now) for now in moments)


@given(RATES, BURSTS, STARTS)
def test_a_full_bucket_allows_its_burst_and_no_more(per_second: float, burst: int, start: float) -> None:
    bucket = TokenBucket(per_second, burst=burst)

    assert allowed(bucket, [start] * (burst + 5)) == burst


@given(RATES, BURSTS, STARTS, st.lists(st.floats(0, 5), max_size=60))
def test_the_rate_holds_over_any_time(per_second: float, burst: int, start: float, steps: list[float]) -> None:
    bucket, now, count = TokenBucket(per_second, burst=burst), start, 0
    for step in steps:
        now += step / per_second
        count += bucket.allow(now)

    assert count <= burst + (now - start) * per_second + 1e-3


@given(RATES, STARTS)
def test_after_the_wait_an_action_is_allowed(per_second: float, start: float) -> None:
    bucket = TokenBucket(per_second)
    assert bucket.allow(start)

    assert bucket.allow(start + bucket.wait_seconds(start) + 1e-6 / per_second)


def test_reserved_actions_are_spaced_evenly() -> None:
    bucket = TokenBucket(4)

    assert [bucket.reserve(10) for _ in range(4)] == pytest.approx([0, 0.25, 0.5, 0.75], abs=1e-5)


def test_a_look_at_the_wait_counts_no_action() -> None:
    bucket = TokenBucket(1)

    assert [bucket.wait_seconds(0), bucket.wait_seconds(0)] == [0, 0]
    assert bucket.allow(0)
    assert not bucket.allow(0.5)


def test_unused_time_is_saved_up_to_the_burst() -> None:
    bucket = TokenBucket(1, burst=3)
    assert allowed(bucket, [0, 0, 0]) == 3

    assert allowed(bucket, [1000, 1000, 1000, 1000]) == 3
