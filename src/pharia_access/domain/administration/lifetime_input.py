"""What a person writes for a length of time or an end: `90d`, `12h`, `2027-01-31`, `2027-01-31T12:00:00Z`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pharia_access.domain.durations import MAX_DURATION, format_duration, parse_duration
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError

__all__ = ["InvalidDurationError", "Lifetime", "format_length", "parse_length", "parse_lifetime", "parse_timeout"]

_DAYS: Final = re.compile(r"([0-9]{1,5})d(.*)", re.DOTALL)
_SECONDS: Final = re.compile("[0-9]{1,18}")
_SHORTEST_TIMEOUT: Final = timedelta(milliseconds=1)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class InvalidDurationError(InvalidObjectError):
    """It cannot be understood; the text says what can."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a token is to live: one of the two is set."""

    ttl: timedelta | None = None
    ends: datetime | None = None


def parse_length(text: str) -> timedelta:
    """Read a length of time: Go's form, and days before it: `90d`, `1d12h`, `30m`. More than nothing.

    Raises:
        InvalidDurationError: it is none.
    """
    days = _DAYS.fullmatch(text)
    whole, rest = (int(days[1]), days[2] or "0") if days else (0, text)
    try:
        length = timedelta(days=whole) + parse_duration(rest)
    except InvalidObjectError as error:
        msg = f"{text[:64]!r} is not a duration: use days, hours, minutes or seconds, for example 90d, 12h or 1d12h"
        raise InvalidDurationError(msg) from error
    if length > MAX_DURATION:
        msg = f"{text[:64]!r} is longer than 100 years"
        raise InvalidDurationError(msg)
    if not length:
        msg = f"{text[:64]!r} is too short: give at least one second, for example 1s"
        raise InvalidDurationError(msg)
    return length


def format_length(length: timedelta) -> str:
    """Write a length as a person would: whole days as `90d`; `parse_length` reads it back."""
    return format_duration(length) if length % timedelta(days=1) else f"{length.days}d"


def parse_lifetime(text: str) -> Lifetime:
    """Read a length of time, or an end: a day stands for its first moment in UTC.

    Raises:
        InvalidDurationError: it is neither.
    """
    if not _DAY.match(text):
        return Lifetime(ttl=parse_length(text))
    try:
        if _DAY.fullmatch(text):
            return Lifetime(ends=datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
        return Lifetime(ends=parse_time(text))
    except (ValueError, InvalidObjectError):
        msg = f"{text[:64]!r} is not a date or time: use 2027-01-31 or 2027-01-31T12:00:00Z"
    raise InvalidDurationError(msg)


def parse_timeout(text: str) -> float:
    """Read kubectl's `--request-timeout`: whole seconds, or Go's form; seconds, of which `0` stands for 100 years.

    Raises:
        InvalidDurationError: it is neither; kubectl takes a negative one for none, which is not taken here.
    """
    try:
        timeout = _in_seconds(int(text)) if _SECONDS.fullmatch(text) else parse_duration(text)
    except InvalidObjectError:
        msg = f"{text[:64]!r} is not a timeout: use 5s, 1m30s, a number of seconds, or 0 for none"
        raise InvalidDurationError(msg) from None
    if not timeout and not any(digit in text for digit in "123456789"):
        return MAX_DURATION.total_seconds()
    return max(timeout, _SHORTEST_TIMEOUT).total_seconds()


def _in_seconds(count: int) -> timedelta:
    return timedelta(seconds=min(count, int(MAX_DURATION.total_seconds())))
