"""Who changed an object last: the program and the time, by its `managedFields`. They do not know the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError

__all__ = ["LastChange", "last_change"]


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last change of what people write."""

    manager: str
    at: datetime


def last_change(body: Mapping[str, Any]) -> LastChange | None:
    """The last one, as far as the object says; statuses do not count. Total."""
    metadata = body.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    changes = [change for entry in (entries if isinstance(entries, list) else ()) if (change := _change(entry))]
    return max(changes, key=lambda change: change.at, default=None)


def _change(entry: object) -> LastChange | None:
    if not isinstance(entry, Mapping) or entry.get("subresource"):
        return None
    manager, time = entry.get("manager"), entry.get("time")
    if not isinstance(manager, str) or not isinstance(time, str):
        return None
    try:
        return LastChange(manager, parse_time(time))
    except InvalidObjectError:
        return None
