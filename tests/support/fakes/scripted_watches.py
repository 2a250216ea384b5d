"""A scripted API server for lists and watches, and a keeper of the view that writes down what it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from typing import Any, cast

import msgspec
import pytest

from pharia_access.errors import ApiError, InvalidObjectError, UnavailableError
from pharia_access.kube.client import Connection
from pharia_access.kube.http import Request, Response
from pharia_access.kube.reflector import Reflector, ReflectorTools, Watched, WatchTimeouts

__all__ = [
    "BROKEN",
    "GONE",
    "GONE_WATCH",
    "Early",
    "ScriptedServer",
    "Slow",
    "Time",
    "Watch",
    "event",
    "item",
    "page",
    "run",
]


def item(name: str, version: int = 1) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "finance", "resourceVersion": str(version)}}


def page(*names: str, version: int = 10, more: str = "") -> bytes:
    metadata = {"resourceVersion": str(version), **({"continue": more} if more else {})}
    return json.dumps({"metadata": metadata, "items": [item(name) for name in names]}).encode()


def event(kind: str, name: str = "a", version: int = 11) -> bytes:
    return json.dumps({"type": kind, "object": item(name, version)}).encode()


GONE = b'{"type":"ERROR","object":{"code":410,"reason":"Expired"}}'
GONE_WATCH = [GONE]
BROKEN = UnavailableError("GET /: no answer (ClientPayloadError)")
Watch = Sequence[bytes | ApiError]


class Early(list[bytes | ApiError]):
    """The lines of a watch that ends well, but at once."""


class Slow(list[bytes | ApiError]):
    """The lines of a watch, with a while before the first."""


@dataclass
class ScriptedServer:
    """Answers lists by bytes, watches by sequences of lines; an error is raised. Ends the run at the script's end."""

    script: list[bytes | ApiError | Watch]
    time: Time
    order: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def _next(self, call: Request) -> bytes | Watch:
        query = dict(call.query)
        self.asked.append(f"watch {query['resourceVersion']}" if "watch" in query else f"list {_brief(query)}".strip())
        self.order.append(self.asked[-1])
        if not self.script:
            raise asyncio.CancelledError
        answer = self.script.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def fetch(self, call: Request) -> Response:
        body = self._next(call)
        assert isinstance(body, bytes), f"the script has a watch where {self.asked[-1]} was asked"
        return Response(200, {}, body)

    @asynccontextmanager
    async def stream(self, call: Request, *, silence_seconds: float) -> AsyncIterator[ScriptedStream]:
        lines = self._next(call)
        assert isinstance(lines, bytes) is ("watch" not in call.query), f"the script has no {self.asked[-1]} here"
        yield ScriptedStream(lines, None if "watch" in call.query else datetime(2026, 11, 24, 12, tzinfo=UTC))
        if "watch" not in call.query:
            return
        assert silence_seconds > float(call.query["timeoutSeconds"])
        if not isinstance(lines, Early):
            self.time.now += float(call.query["timeoutSeconds"])


def _brief(query: dict[str, str]) -> str:
    """What is asked of a list: all, a page, the page after, or one object."""
    return query.get("continue") or {"": "", "1": "one"}.get(query.get("limit", ""), "page")


@dataclass
class ScriptedStream:
    script: bytes | Watch
    date: datetime | None

    async def chunks(self) -> AsyncIterator[bytes]:
        assert isinstance(self.script, bytes)
        yield self.script

    async def lines(self) -> AsyncIterator[bytes]:
        assert not isinstance(self.script, bytes)
        for _ in range(5 if isinstance(self.script, Slow) else 0):
            await asyncio.sleep(0)
        for line in self.script:
            if isinstance(line, ApiError):
                raise line
            yield line


@dataclass
class Diary:
    """The keeper of the view: writes down what it is told."""

    told: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    signs: list[float] = field(default_factory=list)
    resumes_within: float = inf
    order: list[str] = field(default_factory=list)
    """What was put, among what was asked of the server."""

    def put(self, name: str) -> None:
        self.told.append(f"put {name}")
        self.order.append(f"put {name}")

    def drop(self, key: str) -> None:
        self.told.append(f"drop {key}")

    def invalid(self, key: str, why: str) -> None:
        self.told.append(f"malformed {key}: {why}")

    def alive(self, at: float) -> None:
        self.signs.append(at)

    def may_resume(self, now: float) -> bool:
        return now - self.signs[-1] <= self.resumes_within

    def mark_fresh(self, since: float) -> None:
        self.moments.append(since)

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self.told.append(f"listed {','.join(sorted(keys))} in {namespace}")
        self.moments.append(since)

    def interrupted(self, cause: str, at: float) -> None:
        self.told.append(f"interrupted {cause}")

    def denied(self, at: float) -> None:
        self.told.append("denied")


@dataclass
class Time:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def boottime(self) -> float:
        self.now += 0.25
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def read(body: msgspec.Raw) -> str | None:
    name: str = json.loads(bytes(body))["metadata"]["name"]
    if name == "bad":
        message = "metadata.name: bad"
        raise InvalidObjectError(message)
    return None if name == "pending" else name


async def run(
    *script: bytes | ApiError | Watch, timeouts: WatchTimeouts | None = None, resumes_within: float = inf
) -> Run:
    time, diary, dates = Time(), Diary(resumes_within=resumes_within), list[datetime]()
    server = ScriptedServer(list(script), time, diary.order)
    tools = ReflectorTools(boottime=time.boottime, sleep=time.sleep, jitter=lambda: 0.0, on_date=dates.append)
    watched = Watched("ApiToken", "apitokens", read, "finance")
    reflector = Reflector(cast("Connection", server), watched, diary, timeouts=timeouts or WatchTimeouts(), tools=tools)
    with pytest.raises(asyncio.CancelledError):
        await reflector.run()
    return Run(server.asked, diary, time, dates)


@dataclass(frozen=True)
class Run:
    asked: list[str]
    diary: Diary
    time: Time
    dates: list[datetime]

    @property
    def told(self) -> list[str]:
        return self.diary.told
