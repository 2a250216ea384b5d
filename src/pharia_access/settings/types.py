"""How a setting is read from text, and the words that say what it may be.

Owns forms and bounds in general; which settings there are is told beside. A refusal never shows
the value: somebody may have put a secret into the wrong variable.

A form is data too, which the chart reads (tools/chart_values.py): its patterns are such as Go's regular expressions
take.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pharia_access.domain.durations import DURATION_PATTERN, parse_duration
from pharia_access.domain.times import TIME_PATTERN, parse_time
from pharia_access.errors import InvalidObjectError

__all__ = [
    "SettingType",
    "choice",
    "choices",
    "duration",
    "duration_or_none",
    "flag",
    "moment",
    "name_list",
    "name_set",
    "refusal",
    "text",
    "whole_number",
]

_MAX_NAMES = 64
"""How many names a list may hold."""

_MAX_NUMBER_CHARACTERS = 10  # Python's own limit is thousands of digits

# Go's times have years that Python's have not, at both ends.
_FIRST_MOMENT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MOMENT: Final = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SettingType:
    """One form of a setting, to be put into `Annotated`.

    Attributes:
        may_be: completes the sentence "it must be …".
        read: turns text, or a value that is already of the right type, into the value; else None.
        form: the same as data, for other readers: a kind, and what that kind needs.
    """

    may_be: str
    read: Callable[[object], object | None]
    form: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def _validate(self, value: object) -> object:
        read = self.read(value)
        if read is None:
            message = f"must be {self.may_be}"
            raise refusal(message)
        return read


def refusal(sentence: str) -> ValueError:
    """What a validator raises, so that pydantic's own message is the sentence and nothing else."""
    return PydanticCustomError("setting", "{sentence}", {"sentence": sentence})


def duration(low: str, high: str) -> SettingType:
    """A duration in Go's form, bounds included."""
    lowest, highest = parse_duration(low), parse_duration(high)

    def read(value: object) -> object | None:
        if isinstance(value, str):
            try:
                value = parse_duration(value.strip())
            except InvalidObjectError:
                return None
        return value if isinstance(value, timedelta) and lowest <= value <= highest else None

    microsecond = timedelta(microseconds=1)
    bounds = {"low": lowest // microsecond, "high": highest // microsecond}
    form = {"kind": "duration", "pattern": DURATION_PATTERN, **bounds}
    return SettingType(f"a duration from {low} to {high}", read, form=form)


def duration_or_none(low: str, high: str) -> SettingType:
    """The same, or 0 for none."""
    some, none = duration(low, high), duration("0s", "0s")

    def read(value: object) -> object | None:
        zero = none.read(value)
        return zero if zero is not None else some.read(value)

    return SettingType(f"0 for never, or {some.may_be}", read, form={**some.form, "zero": True})


def whole_number(low: int, high: int) -> SettingType:
    """A whole number, bounds included."""

    def read(value: object) -> object | None:
        if isinstance(value, str) and len(value) <= _MAX_NUMBER_CHARACTERS and re.fullmatch("[0-9]+", value.strip()):
            value = int(value)
        return value if type(value) is int and low <= value <= high else None

    form = {"kind": "number", "low": low, "high": high}
    return SettingType(f"a whole number from {low} to {high}", read, form=form)


def flag() -> SettingType:
    """Yes or no."""

    def read(value: object) -> object | None:
        word = value.strip().lower() if isinstance(value, str) else value
        return word if isinstance(word, bool) else {"true": True, "false": False}.get(str(word))

    return SettingType("true or false", read, form={"kind": "flag"})


def moment() -> SettingType:
    """A moment in time, or none: then the value is the POSIX second 0."""

    def read(value: object) -> object | None:
        if not isinstance(value, str):
            return value if isinstance(value, datetime) else None
        try:
            found = parse_time(value.strip()) if value.strip() else _FIRST_MOMENT
        except InvalidObjectError:
            return None
        return found if _FIRST_MOMENT <= found <= _LAST_MOMENT else None

    bounds = {"low": int(_FIRST_MOMENT.timestamp()), "high": int(_LAST_MOMENT.timestamp())}
    form = {"kind": "moment", "pattern": TIME_PATTERN, **bounds}
    return SettingType("a time such as 2027-01-31T00:00:00Z, or empty", read, form=form)


def text(pattern: str, may_be: str, longest: int = 4096) -> SettingType:
    """A text that the pattern matches as a whole, with so many characters at most."""
    shape = re.compile(pattern)

    def read(value: object) -> object | None:
        found = value.strip() if isinstance(value, str) else None
        return found if found is not None and len(found) <= longest and shape.fullmatch(found) else None

    return SettingType(may_be, read, form={"kind": "text", "pattern": pattern, "longest": longest})


def choice(options: type[StrEnum]) -> SettingType:
    """One of a few words, in lower or upper case."""

    def read(value: object) -> object | None:
        return next((option for option in options if isinstance(value, str) and option == value.strip().lower()), None)

    form = {"kind": "choice", "options": [option.value for option in options]}
    return SettingType(f"one of {', '.join(options)}", read, form=form)


def name_list(pattern: str, what: str) -> SettingType:
    """Names with commas between them, each once, in their order; empty text is the empty list."""
    shape = re.compile(pattern)

    def read(value: object) -> object | None:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple | set | frozenset):
            return None
        names = tuple(dict.fromkeys(name for part in parts if (name := str(part).strip())))
        return names if len(names) <= _MAX_NAMES and all(map(shape.fullmatch, names)) else None

    form = {"kind": "names", "pattern": pattern, "most": _MAX_NAMES, "skipEmpty": True}
    may_be = f"a list of at most {_MAX_NAMES} {what} (in a variable: with commas between them)"
    return SettingType(may_be, read, form=form)


def choices(options: type[StrEnum]) -> SettingType:
    """Some of a few words, in lower case; empty text is none."""
    names = name_list("|".join(map(re.escape, options)), "words")
    may_be = f"a list of these: {', '.join(options)} (in a variable: with commas between them)"

    def read(value: object) -> object | None:
        found = names.read(value)
        return tuple(map(options, found)) if isinstance(found, tuple) else None

    return SettingType(may_be, read, form=names.form)


def name_set(pattern: str, what: str) -> SettingType:
    """The same where their order means nothing."""
    names = name_list(pattern, what)

    def read(value: object) -> object | None:
        found = names.read(value)
        return frozenset(found) if isinstance(found, tuple) else None

    return SettingType(names.may_be, read, form=names.form)
