"""The Events about an object: asked for by its UID, and read whoever wrote them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration.object_event import ObjectEvent
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.kube.administration.object_events import KubeEvents
from pharia_access.kube.client import connect
from pharia_access.kube.login import Login
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.hostile_api import hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path


def at(minute: int) -> str:
    return f"2026-11-23T12:{minute:02}:00Z"


def moment(minute: int) -> datetime:
    return datetime(2026, 11, 23, 12, minute, tzinfo=UTC)


async def read(answer: bytes, root: Path) -> tuple[list[ObjectEvent], dict[str, list[str]]]:
    """The Events of that answer, and what was asked for."""
    async with (
        hostile_api(lambda _: answer) as api,
        connect(Login(plain_kubeconfig(root / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        events = await KubeEvents(connection, timeout_seconds=5).about(TOKEN, "u")
    return list(events), api.requests[0].query


def listed(*items: dict[str, Any]) -> bytes:
    return reply(200, {"kind": "EventList", "metadata": {}, "items": list(items)})


async def test_the_oldest_comes_first_and_those_without_a_time_last(tmp_path: Path) -> None:
    found, asked = await read(
        listed(
            {"reason": "B", "message": "b", "lastTimestamp": at(2), "firstTimestamp": at(1), "count": 3},
            {"reason": "C", "message": "c", "lastTimestamp": None},
            {"reason": "D", "message": "d", "lastTimestamp": "yesterday"},
            {"reason": "A", "message": "a", "eventTime": "2026-11-23T12:01:00.000001Z", "count": None},
            {"reason": "S", "message": "s", "eventTime": at(0), "series": {"lastObservedTime": at(3), "count": 7}},
        ),
        tmp_path,
    )

    assert found == [
        ObjectEvent("A", "a", moment(1).replace(microsecond=1)),
        ObjectEvent("B", "b", moment(2), 3),
        ObjectEvent("S", "s", moment(3), 7),
        ObjectEvent("C", "c"),
        ObjectEvent("D", "d"),
    ]
    assert asked["fieldSelector"] == [f"involvedObject.name={TOKEN.name},involvedObject.uid=u"]


async def test_who_may_not_list_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        await read(reply(403, {"kind": "Status", "reason": "Forbidden", "code": 403}), tmp_path)


async def test_what_is_no_such_list_is_no_clear_answer(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        await read(reply(200, {"metadata": {}, "items": [{"reason": 7}]}), tmp_path)
