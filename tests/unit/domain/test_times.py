"""Points in time as text: RFC 3339 as Kubernetes reads and writes it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.times import format_time, parse_time, whole_seconds
from pharia_access.errors import InvalidObjectError

offsets = st.timedeltas(timedelta(hours=-23, minutes=-59), timedelta(hours=23, minutes=59)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
# A day inside the calendar's ends, so that every offset can be applied.
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=offsets)  # noqa: DTZ001 - bounds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2027-01-31T00:00:00Z", datetime(2027, 1, 31, tzinfo=UTC), id="UTC"),
        pytest.param("2027-01-31T01:30:00+01:30", datetime(2027, 1, 31, tzinfo=UTC), id="east"),
        pytest.param("2027-01-30T00:01:00-23:59", datetime(2027, 1, 31, tzinfo=UTC), id="as far west as can be"),
        pytest.param("2027-01-31T00:00:00-00:00", datetime(2027, 1, 31, tzinfo=UTC), id="an unknown offset"),
        pytest.param("2024-02-29T23:59:59Z", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), id="a leap day"),
        pytest.param("2027-01-31T00:00:00.5Z", datetime(2027, 1, 31, 0, 0, 0, 500_000, tzinfo=UTC), id="a fraction"),
        pytest.param(
            "2027-01-31T00:00:00.123456999Z",
            datetime(2027, 1, 31, 0, 0, 0, 123_456, tzinfo=UTC),
            id="nanoseconds are cut",
        ),
    ],
)
def test_a_time_is_read_into_utc(text: str, moment: datetime) -> None:
    parsed = parse_time(text)

    assert parsed == moment
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("2027-01-31", id="a date alone"),
        pytest.param("2027-01-31T00:00:00", id="no offset"),
        pytest.param("2027-01-31t00:00:00Z", id="a lower-case t"),
        pytest.param("2027-01-31T00:00:00z", id="a lower-case z"),
        pytest.param("2027-01-31 00:00:00Z", id="a space for the T"),
        pytest.param("2027-01-31T00:00Z", id="no seconds"),
        pytest.param("20270131T000000Z", id="the basic form"),
        pytest.param("2027-W04-7T00:00:00Z", id="a week"),
        pytest.param("2027-02-29T00:00:00Z", id="a leap day in a common year"),
        pytest.param("2027-13-01T00:00:00Z", id="a thirteenth month"),
        pytest.param("2027-00-01T00:00:00Z", id="a month zero"),
        pytest.param("2027-01-31T24:00:00Z", id="hour 24"),
        pytest.param("2027-01-31T23:60:00Z", id="minute 60"),
        pytest.param("2027-01-31T23:59:60Z", id="a leap second"),
        pytest.param("2027-01-31T00:00:00+25:00", id="an offset of 25 hours"),
        pytest.param("2027-01-31T00:00:00+24:00", id="an offset of 24 hours"),
        pytest.param("2027-01-31T00:00:00+23:60", id="an offset with 60 minutes"),
        pytest.param("2027-01-31T00:00:00+0100", id="an offset without a colon"),
        pytest.param("2027-01-31T00:00:00+01:00:00", id="an offset with seconds"),
        pytest.param("2027-01-31T00:00:00,5Z", id="a comma"),
        pytest.param("2027-01-31T00:00:00.Z", id="a point without a fraction"),
        pytest.param("0000-01-01T00:00:00Z", id="the year zero"),
        pytest.param("0001-01-01T00:00:00+00:01", id="before the first year in UTC"),
        pytest.param("9999-12-31T23:59:59-00:01", id="after the last year in UTC"),
        pytest.param("+2027-01-31T00:00:00Z", id="a signed year"),
        pytest.param("2027-01-31T00:00:00Z\n", id="a line break behind it"),
        pytest.param("\uff12027-01-31T00:00:00Z", id="a digit that is not ASCII"),
        pytest.param("2" * 100_000, id="far too long"),
    ],
)
def test_what_is_not_a_time_is_refused_with_the_accepted_form(text: str) -> None:
    with pytest.raises(InvalidObjectError, match="RFC 3339, such as 2027-01-31T00:00:00Z") as caught:
        parse_time(text)

    assert len(str(caught.value)) < 200


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9:]{5})", fullmatch=True))
def test_no_text_raises_anything_but_a_malformed_object_error(text: str) -> None:
    try:
        moment = parse_time(text)
    except InvalidObjectError:
        return
    assert moment.tzinfo is UTC


@given(moments)
def test_what_is_written_is_read_back_to_the_same_second(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == whole_seconds(moment)


@given(moments)
def test_the_form_of_every_offset_is_read(moment: datetime) -> None:
    assert parse_time(moment.isoformat()) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        pytest.param(datetime(2027, 1, 31, tzinfo=UTC), "2027-01-31T00:00:00Z", id="UTC"),
        pytest.param(datetime(2027, 1, 31, 1, tzinfo=timezone(timedelta(hours=1))), "2027-01-31T00:00:00Z", id="east"),
        pytest.param(
            datetime(2027, 1, 31, 0, 0, 59, 999_999, tzinfo=UTC),
            "2027-01-31T00:00:59Z",
            id="a fraction is cut",
        ),
        pytest.param(datetime(20, 1, 1, tzinfo=UTC), "0020-01-01T00:00:00Z", id="four digits for every year"),
    ],
)
def test_a_time_is_written_in_utc_and_whole_seconds(moment: datetime, text: str) -> None:
    assert format_time(moment) == text


@pytest.mark.parametrize("write", [format_time, whole_seconds])
def test_a_time_without_a_zone_is_refused(write: Callable[[datetime], object]) -> None:
    with pytest.raises(InvalidObjectError, match="without a zone"):
        write(datetime(2027, 1, 31))  # noqa: DTZ001 - that is the point
