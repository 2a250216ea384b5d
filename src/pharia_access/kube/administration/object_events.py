"""The Events about an object with a person's rights."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from pharia_access.domain.administration.object_event import ObjectEvent
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import parse_time
from pharia_access.errors import InvalidObjectError
from pharia_access.kube import paths
from pharia_access.kube.administration.pages import Page, pages
from pharia_access.kube.connection import Connection

__all__ = ["KubeEvents"]


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: str | None = None
    count: int = 1


class _Event(msgspec.Struct, rename="camel"):
    reason: str = ""
    message: str = ""
    count: int | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: _Series | None = None


class _List(Page):
    items: list[_Event]


_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_decoder: Final = msgspec.json.Decoder(_List)


class KubeEvents:
    """Implements `services.administration.events.Events`.

    Args:
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def about(self, key: ObjectKey, uid: str) -> Sequence[ObjectEvent]:
        """Those about the very object of that UID, the oldest first. Raises ForbiddenError."""
        path, fields = paths.of_event(key.namespace), f"involvedObject.name={key.name},involvedObject.uid={uid}"
        found: list[ObjectEvent] = []
        async for page in pages(self._connection, path, _decoder, timeout_seconds=self._timeout, fields=fields):
            found += map(_read, page.items)
        return sorted(found, key=lambda event: event.at or _NEVER)


def _read(event: _Event) -> ObjectEvent:
    series = event.series or _Series()
    times = (series.last_observed_time, event.last_timestamp, event.event_time)
    at = next((time for time in map(_time, times) if time is not None), None)
    return ObjectEvent(event.reason, event.message, at, max(event.count or 1, series.count))


def _time(text: str | None) -> datetime | None:
    """Anybody may write an Event: a time that is none is not known."""
    try:
        return parse_time(text) if text else None
    except InvalidObjectError:
        return None
