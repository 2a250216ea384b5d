"""Lengths and ends as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.administration.lifetime_input import (
    InvalidDurationError,
    Lifetime,
    format_length,
    parse_length,
    parse_lifetime,
    parse_timeout,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90d", timedelta(days=90)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("12h", timedelta(hours=12)),
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("30s", timedelta(seconds=30)),
        ("0d1s", timedelta(seconds=1)),
    ],
)
def test_a_length_is_read(text: str, length: timedelta) -> None:
    assert parse_length(text) == length


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("90", id="no unit"),
        pytest.param("-1d", id="before now"),
        pytest.param("1w", id="weeks"),
        pytest.param("d", id="no number"),
        pytest.param("1d2d", id="days twice"),
        pytest.param("12h1d", id="days last"),
        pytest.param("100000d", id="too many digits"),
        pytest.param("1d 12h", id="a space"),
        pytest.param("\u0663d", id="a digit that is not ASCII"),
        pytest.param("never", id="a word"),
    ],
)
def test_what_is_no_length_is_told_with_examples(text: str) -> None:
    with pytest.raises(InvalidDurationError) as raised:
        parse_length(text)

    assert str(raised.value) == (
        f"{text!r} is not a duration: use days, hours, minutes or seconds, for example 90d, 12h or 1d12h"
    )


@pytest.mark.parametrize("text", ["0d", "0", "0s", "0h", "0d0h"])
def test_no_time_at_all_is_told_as_such(text: str) -> None:
    with pytest.raises(InvalidDurationError, match=f"^'{text}' is too short: give at least one second"):
        parse_length(text)


@pytest.mark.parametrize(
    ("text", "lifetime"),
    [
        pytest.param("90d", Lifetime(ttl=timedelta(days=90)), id="a length"),
        pytest.param("2027-01-31", Lifetime(ends=datetime(2027, 1, 31, tzinfo=UTC)), id="a day"),
        pytest.param("2027-01-31T12:00:00Z", Lifetime(ends=datetime(2027, 1, 31, 12, tzinfo=UTC)), id="a time"),
        pytest.param("2027-01-31T12:00:00+02:00", Lifetime(ends=datetime(2027, 1, 31, 10, tzinfo=UTC)), id="a zone"),
    ],
)
def test_a_lifetime_is_a_length_or_an_end(text: str, lifetime: Lifetime) -> None:
    assert parse_lifetime(text) == lifetime


@pytest.mark.parametrize(
    "text", ["2027-02-30", "2027-01-31T25:00:00Z", "2027-01-31 12:00", "2027-01-311", "0000-01-01"]
)
def test_an_end_that_is_none_is_told_with_examples(text: str) -> None:
    with pytest.raises(InvalidDurationError, match="is not a date or time: use 2027-01-31 or 2027-01-31T12:00:00Z"):
        parse_lifetime(text)


@pytest.mark.parametrize("text", ["36526d", "36525d1s", "99999d"])
def test_nothing_lives_for_more_than_a_hundred_years(text: str) -> None:
    with pytest.raises(InvalidDurationError, match=f"'{text}' is longer than 100 years"):
        parse_length(text)


def test_of_a_long_text_only_the_beginning_is_repeated() -> None:
    with pytest.raises(InvalidDurationError) as raised:
        parse_length("x" * 1000)

    assert str(raised.value).startswith(f"'{'x' * 64}' is")


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=36525)))
def test_a_length_that_is_written_is_read_back(length: timedelta) -> None:
    assert parse_length(format_length(length)) == length


@pytest.mark.parametrize(("text", "seconds"), [("5", 5), ("5s", 5), ("1m30s", 90), ("1.5h", 5400), ("1ns", 0.001)])
def test_a_time_limit_is_read_as_kubectl_reads_it(text: str, seconds: float) -> None:
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize("text", ["0", "0s", "0h0m", "999999999999999999"])
def test_no_limit_is_a_hundred_years(text: str) -> None:
    assert parse_timeout(text) == timedelta(days=36525).total_seconds()


@pytest.mark.parametrize("text", ["", "-5s", "-1", "0.5", "5d", "5 s", "half", "1e3", "٣"])
def test_what_is_no_time_limit_is_told(text: str) -> None:
    with pytest.raises(InvalidDurationError, match="is not a timeout: use 5s, 1m30s"):
        parse_timeout(text)
