"""How a setting is read from text, and the words that say what it may be.

Owns forms and bounds in general; which settings there are is told beside. A refusal never shows
the value: somebody may have put a secret into the wrong variable.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from pharia_access.domain.durations import parse_duration
from pharia_access.domain.times import parse_time
from pharia_access.errors import MalformedObjectError

__all__ = [
    "SettingType",
    "choice",
    "duration",
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


@dataclass(frozen=True, slots=True)
class SettingType:
    """One form of a setting, to be put into `Annotated`.

    Attributes:
        may_be: completes the sentence "it must be …".
        read: turns text, or a value that is already of the right type, into the value; else None.
    """

    may_be: str
    read: Callable[[object], object | None]

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
            except MalformedObjectError:
                return None
        return value if isinstance(value, timedelta) and lowest <= value <= highest else None

    return SettingType(f"a duration from {low} to {high}", read)


def whole_number(low: int, high: int) -> SettingType:
    """A whole number, bounds included."""

    def read(value: object) -> object | None:
        if isinstance(value, str) and len(value) <= _MAX_NUMBER_CHARACTERS and re.fullmatch("[0-9]+", value.strip()):
            value = int(value)
        return value if type(value) is int and low <= value <= high else None

    return SettingType(f"a whole number from {low} to {high}", read)


def flag() -> SettingType:
    """Yes or no."""

    def read(value: object) -> object | None:
        word = value.strip().lower() if isinstance(value, str) else value
        return word if isinstance(word, bool) else {"true": True, "false": False}.get(str(word))

    return SettingType("true or false", read)


def moment() -> SettingType:
    """A moment in time, or none: then the value is the POSIX second 0."""

    def read(value: object) -> object | None:
        if not isinstance(value, str):
            return value if isinstance(value, datetime) else None
        try:
            return parse_time(value.strip()) if value.strip() else datetime.fromtimestamp(0, UTC)
        except MalformedObjectError:
            return None

    return SettingType("a time such as 2027-01-31T00:00:00Z, or empty", read)


def text(pattern: str, may_be: str) -> SettingType:
    """A text that the pattern matches as a whole."""
    shape = re.compile(pattern)

    def read(value: object) -> object | None:
        return value.strip() if isinstance(value, str) and shape.fullmatch(value.strip()) else None

    return SettingType(may_be, read)


def choice(options: type[StrEnum]) -> SettingType:
    """One of a few words, in lower or upper case."""

    def read(value: object) -> object | None:
        return next((option for option in options if isinstance(value, str) and option == value.strip().lower()), None)

    return SettingType(f"one of {', '.join(options)}", read)


def name_list(pattern: str, what: str) -> SettingType:
    """Names with commas between them, each once, in their order; empty text is the empty list."""
    shape = re.compile(pattern)

    def read(value: object) -> object | None:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple | set | frozenset):
            return None
        names = tuple(dict.fromkeys(name for part in parts if (name := str(part).strip())))
        return names if len(names) <= _MAX_NAMES and all(map(shape.fullmatch, names)) else None

    return SettingType(f"at most {_MAX_NAMES} {what} with commas between them, or empty", read)


def name_set(pattern: str, what: str) -> SettingType:
    """The same where their order means nothing."""
    names = name_list(pattern, what)

    def read(value: object) -> object | None:
        found = names.read(value)
        return frozenset(found) if isinstance(found, tuple) else None

    return SettingType(names.may_be, read)
