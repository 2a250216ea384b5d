"""Points in time as text: RFC 3339, as Kubernetes reads and writes it. Inside, each is aware and UTC."""

import re
from datetime import UTC, datetime

from pharia_access.errors import InvalidObjectError

__all__ = ["TIME_PATTERN", "format_time", "parse_time", "whole_seconds"]

_MAX_SHOWN = 40
# The bounds of hour, minute, second and offset are spelled out: `fromisoformat` reads more than RFC 3339,
# and more in newer Pythons. Leap seconds (:60) are refused, as in Go.
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
TIME_PATTERN = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:Z|[+-]{_CLOCK})"
"""The form, in the words of regular expressions that Go has too: the chart reads it."""

_SHAPE = re.compile(TIME_PATTERN)


def parse_time(text: str) -> datetime:
    """Read a time such as `2027-01-31T00:00:00Z`, with any offset up to 23:59 and up to nine decimals.

    Finer than a microsecond is cut off.

    Raises:
        InvalidObjectError: another form (a lower-case `t` or `z`, no offset), or a date that is none.
    """
    if not _SHAPE.fullmatch(text):
        raise _malformed(text)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _malformed(text) from error


def format_time(moment: datetime) -> str:
    """Write a time as Kubernetes does: UTC, whole seconds, `Z`. A fraction is cut off.

    Raises:
        InvalidObjectError: the time says no zone.
    """
    return whole_seconds(moment).replace(tzinfo=None).isoformat() + "Z"


def whole_seconds(moment: datetime) -> datetime:
    """Return the time in UTC as a Kubernetes object holds it: cut to whole seconds.

    Raises:
        InvalidObjectError: the time says no zone.
    """
    if moment.tzinfo is None:
        msg = "a time without a zone cannot be written"
        raise InvalidObjectError(msg)
    return moment.astimezone(UTC).replace(microsecond=0)


def _malformed(text: str) -> InvalidObjectError:
    shown = text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
    return InvalidObjectError(f"{shown!r} is not a time: write it as RFC 3339, such as 2027-01-31T00:00:00Z")
