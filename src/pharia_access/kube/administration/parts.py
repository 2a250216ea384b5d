"""Parts of our kinds' JSON, read without ever failing: what is not there or malformed is empty, or None."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pharia_access.domain.durations import parse_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError

__all__ = [
    "NOTHING",
    "Body",
    "condition_of",
    "duration_of",
    "key_of",
    "number_of",
    "part_of",
    "parts_of",
    "text_of",
    "texts_of",
    "time_of",
]

Body = Mapping[str, Any]

NOTHING: Body = {}


def key_of(metadata: Body) -> ObjectKey:
    """The key that these metadata name."""
    return ObjectKey(text_of(metadata, "namespace"), text_of(metadata, "name"))


def condition_of(status: Body, kind: str) -> Body:
    """The condition of that type."""
    conditions = status.get("conditions")
    for condition in conditions if isinstance(conditions, list) else ():
        if isinstance(condition, Mapping) and condition.get("type") == kind:
            return condition
    return NOTHING


def part_of(body: Body, name: str) -> Body:
    """The object under that name."""
    part = body.get(name)
    return part if isinstance(part, Mapping) else NOTHING


def text_of(body: Body, name: str) -> str:
    """The text under that name."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def texts_of(body: Body, name: str) -> tuple[str, ...]:
    """The texts of the list under that name."""
    values = body.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def time_of(body: Body, name: str) -> datetime | None:
    """The moment under that name."""
    text = text_of(body, name)
    try:
        return parse_time(text) if text else None  # most are not there: an error each would be most of the work
    except InvalidObjectError:
        return None


def duration_of(body: Body, name: str) -> timedelta | None:
    """The length under that name."""
    text = text_of(body, name)
    try:
        return parse_duration(text) if text else None
    except InvalidObjectError:
        return None


def parts_of(body: Body, name: str) -> tuple[Body, ...]:
    """The objects of the list under that name."""
    values = body.get(name)
    return tuple(value for value in values if isinstance(value, Mapping)) if isinstance(values, list) else ()


def number_of(body: Body, name: str, default: int = 0) -> int:
    """The whole number under that name."""
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
