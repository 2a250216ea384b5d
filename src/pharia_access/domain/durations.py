"""Durations as text: Go's form on the wire, as Kubernetes writes them, and a person's form for messages."""

import re
from datetime import timedelta

from pharia_access.domain.grammar import counted
from pharia_access.errors import InvalidObjectError

__all__ = ["DURATION_PATTERN", "MAX_DURATION", "format_duration", "humanize", "parse_duration", "roughly"]

MAX_DURATION = timedelta(days=36525)
"""The longest duration that is read: 100 years, 876600h. Go itself ends at 292 years."""

_MAX_CHARACTERS = 64
_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # the micro sign
    "μs": 10**3,  # the Greek letter
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
# Longer units first: `m` must not win over `ms`.
_UNIT = "|".join(sorted(_NANOSECONDS, key=len, reverse=True))
_NEXT_TERM = re.compile(rf"([0-9]*)(?:\.([0-9]*))?({_UNIT})")

DURATION_PATTERN = rf"\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)({_UNIT}))+)"
"""The form, in the words of regular expressions that Go has too: the chart reads it."""

_SHAPE = re.compile(DURATION_PATTERN)
_PERSON_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def parse_duration(text: str) -> timedelta:
    """Read a duration as Go's `time.ParseDuration` does: `2160h`, `1h30m`, `1.5h`, `90s`, `250ms`, `0`.

    Finer than a microsecond is cut off. There are no days in this form.

    Raises:
        InvalidObjectError: another form, negative, more than 100 years, or more than 64 characters; the
            text says what is accepted.
    """
    if len(text) > _MAX_CHARACTERS or not _SHAPE.fullmatch(text):
        raise _malformed(text)
    nanoseconds = sum(_term(*match.groups(default="")) for match in _NEXT_TERM.finditer(text))
    microseconds = nanoseconds // 1000
    if microseconds > MAX_DURATION // timedelta(microseconds=1):
        raise _malformed(text)
    return timedelta(microseconds=microseconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration in Go's form without its zero parts: `720h`, `1h30m`, `1m30s`, `0.5s`, `0s`.

    What this writes, `parse_duration` reads back to the same duration, within its bounds.
    """
    if duration < timedelta():
        return f"-{format_duration(-duration)}"
    minutes, rest = divmod(duration, timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest.microseconds:06}".rstrip("0") if rest.microseconds else ""
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else ""]
    parts.append(f"{rest.seconds}{fraction}s" if rest else "")
    return "".join(parts) or "0s"


def humanize(duration: timedelta) -> str:
    """Write a duration for a person: `30 days`, `1 day 12 hours`, `45 seconds`.

    At most the two largest neighboring units. The rest is cut off, never rounded up.
    """
    if duration < timedelta():
        return f"-{humanize(-duration)}"
    left = duration // timedelta(seconds=1)
    for (unit, seconds), finer in zip(_PERSON_UNITS, (*_PERSON_UNITS[1:], None), strict=True):
        if left < seconds:
            continue
        parts = [counted(left // seconds, unit)]
        if finer is not None and left % seconds >= finer[1]:
            parts.append(counted(left % seconds // finer[1], finer[0]))
        return " ".join(parts)
    return "0 seconds"


def roughly(duration: timedelta) -> str:
    """Write a duration shorter, for long tables: `30 days`, but `1 day 12 hours`.

    As `humanize`, the smaller unit only beside a single larger one.
    """
    words = humanize(duration)
    return words if words.startswith(("1 ", "-1 ")) else " ".join(words.split()[:2])


def _term(whole: str, fraction: str, unit: str) -> int:
    # In integers, so that nothing depends on how a float rounds.
    nanoseconds: int = int(f"{whole}{fraction}") * _NANOSECONDS[unit] // 10 ** len(fraction)
    return nanoseconds


def _malformed(text: str) -> InvalidObjectError:
    shown = text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}…"
    return InvalidObjectError(
        f"{shown!r} is not a duration: write hours, minutes and seconds such as 720h, 1h30m or 90s,"
        f" from 0s to {format_duration(MAX_DURATION)}; there is no unit for days"
    )
