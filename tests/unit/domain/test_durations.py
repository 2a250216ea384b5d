"""Durations as text: Go's form, read and written, and the form for people."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.durations import MAX_DURATION, format_duration, humanize, parse_duration, roughly
from pharia_access.errors import InvalidObjectError

durations = st.timedeltas(timedelta(), MAX_DURATION)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        pytest.param("2160h", timedelta(days=90), id="hours"),
        pytest.param("1h30m", timedelta(minutes=90), id="hours and minutes"),
        pytest.param("90s", timedelta(seconds=90), id="seconds beyond a minute"),
        pytest.param("1.5h", timedelta(minutes=90), id="a fraction"),
        pytest.param(".5h", timedelta(minutes=30), id="a fraction without a whole"),
        pytest.param("1.h", timedelta(hours=1), id="a point without a fraction"),
        pytest.param("250ms", timedelta(milliseconds=250), id="milliseconds"),
        pytest.param("7us", timedelta(microseconds=7), id="microseconds"),
        pytest.param("7\u00b5s", timedelta(microseconds=7), id="microseconds with the micro sign"),
        pytest.param("7\u03bcs", timedelta(microseconds=7), id="microseconds with the Greek letter"),
        pytest.param("1999ns", timedelta(microseconds=1), id="nanoseconds are cut"),
        pytest.param("500ns500ns", timedelta(microseconds=1), id="nanoseconds add up before they are cut"),
        pytest.param("1m1h1m", timedelta(hours=1, minutes=2), id="units in any order, repeated"),
        pytest.param("1m1ms", timedelta(minutes=1, milliseconds=1), id="minutes beside milliseconds"),
        pytest.param("+5m", timedelta(minutes=5), id="a plus sign"),
        pytest.param("0", timedelta(), id="zero needs no unit"),
        pytest.param("0s", timedelta(), id="zero seconds"),
        pytest.param("0.1h", timedelta(minutes=6), id="a fraction without rounding errors"),
        pytest.param("876600h", MAX_DURATION, id="the longest"),
    ],
)
def test_a_duration_is_read_as_go_reads_it(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("30d", id="days"),
        pytest.param("1h 30m", id="a space inside"),
        pytest.param("90", id="no unit"),
        pytest.param("h", id="no number"),
        pytest.param(".h", id="a point alone"),
        pytest.param("1.2.3h", id="two points"),
        pytest.param("+", id="a sign alone"),
        pytest.param("-1h", id="negative"),
        pytest.param("1H", id="an upper-case unit"),
        pytest.param("PT1H", id="ISO 8601"),
        pytest.param("1h\n", id="a line break behind it"),
        pytest.param("٣h", id="a digit that is not ASCII"),
        pytest.param("1e3s", id="an exponent"),
        pytest.param("876600h1us", id="longer than 100 years"),
        pytest.param("9" * 63 + "h", id="astronomical"),
        pytest.param("0" * 5000 + "1h", id="thousands of digits"),
    ],
)
def test_what_is_not_a_duration_is_refused_with_the_accepted_form(text: str) -> None:
    with pytest.raises(InvalidObjectError, match=r"720h, 1h30m or 90s, from 0s to 876600h") as caught:
        parse_duration(text)

    assert len(str(caught.value)) < 300


@given(st.text())
def test_no_text_raises_anything_but_a_malformed_object_error(text: str) -> None:
    try:
        duration = parse_duration(text)
    except InvalidObjectError:
        return
    assert timedelta() <= duration <= MAX_DURATION


@given(durations)
def test_what_is_written_is_read_back_to_the_same_duration(duration: timedelta) -> None:
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        pytest.param(timedelta(days=30), "720h", id="whole hours"),
        pytest.param(timedelta(minutes=90), "1h30m", id="hours and minutes"),
        pytest.param(timedelta(seconds=90), "1m30s", id="minutes and seconds"),
        pytest.param(timedelta(hours=1, seconds=1), "1h1s", id="no minutes between"),
        pytest.param(timedelta(), "0s", id="nothing"),
        pytest.param(timedelta(milliseconds=1500), "1.5s", id="a fraction"),
        pytest.param(timedelta(microseconds=1), "0.000001s", id="a microsecond"),
        pytest.param(timedelta(minutes=-90), "-1h30m", id="negative"),
    ],
)
def test_a_duration_is_written_in_go_form_without_zero_parts(duration: timedelta, text: str) -> None:
    assert format_duration(duration) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        pytest.param(timedelta(days=30), "30 days", id="days"),
        pytest.param(timedelta(days=366), "366 days", id="days beyond a year"),
        pytest.param(timedelta(hours=2), "2 hours", id="hours"),
        pytest.param(timedelta(hours=36), "1 day 12 hours", id="a day and hours"),
        pytest.param(timedelta(minutes=61), "1 hour 1 minute", id="one of each"),
        pytest.param(timedelta(seconds=45), "45 seconds", id="seconds"),
        pytest.param(timedelta(seconds=59.9), "59 seconds", id="cut, not rounded up"),
        pytest.param(timedelta(days=1, minutes=59, seconds=59), "1 day", id="only neighboring units"),
        pytest.param(timedelta(milliseconds=5), "0 seconds", id="less than a second"),
        pytest.param(timedelta(), "0 seconds", id="nothing"),
        pytest.param(timedelta(hours=-2), "-2 hours", id="negative"),
    ],
)
def test_a_duration_is_told_to_people_in_words(duration: timedelta, text: str) -> None:
    assert humanize(duration) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=29, hours=23), "29 days"),
        (timedelta(days=1, hours=23), "1 day 23 hours"),
        (timedelta(hours=2, minutes=59), "2 hours"),
        (timedelta(minutes=61), "1 hour 1 minute"),
        (timedelta(days=1), "1 day"),
        (timedelta(), "0 seconds"),
        (timedelta(hours=-2, minutes=-1), "-2 hours"),
        (timedelta(minutes=-61), "-1 hour 1 minute"),
    ],
)
def test_a_long_table_tells_the_smaller_unit_only_beside_a_single_larger_one(duration: timedelta, text: str) -> None:
    assert roughly(duration) == text


@given(durations)
def test_the_words_for_people_always_have_one_form(duration: timedelta) -> None:
    assert re.fullmatch(r"\d+ (day|hour|minute|second)s?( \d+ (hour|minute|second)s?)?", humanize(duration))
