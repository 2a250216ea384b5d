"""Follows our kinds for a person's open pages: by list and watch, or by lists where one may not watch.

See docs/decisions/0049-open-pages-are-live.md.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from http import HTTPStatus
from random import random
from typing import Any, Final, Generic, Protocol, TypeVar, cast

import msgspec

from pharia_access.domain.administration.silence import Silence
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.errors import ApiError, InvalidObjectError
from pharia_access.kube import paths
from pharia_access.kube.administration.summarized_objects import kind_of, summary_reader
from pharia_access.kube.administration.token_reading import read_token
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request
from pharia_access.kube.list_decoding import decoded, read_listing
from pharia_access.kube.reflector import Reflector, ReflectorTools, Watched, WatchTimeouts
from pharia_access.kube.reflector_store import Interruption

__all__ = ["FollowingTime", "KubeFollower", "Shown"]

_ANSWER_SECONDS: Final = 10.0
_RESUMES_WITHIN_SECONDS: Final = 60.0
_TRUSTED_SECONDS: Final = 2.0
"""The API server's date has whole seconds: clocks that differ by less count as equal."""

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)
T_contra = TypeVar("T_contra", contravariant=True)

_objects: Final = msgspec.json.Decoder(dict[str, Any])


class Shown(Protocol[T_contra]):
    """What pages show of a kind: `services.administration.live_kinds.LiveKind`."""

    def put(self, item: T_contra) -> None:
        """Add or change one."""
        ...

    def drop(self, key: str) -> None:
        """Forget one."""
        ...

    def listed(self, keys: Collection[str]) -> None:
        """A whole list had these."""
        ...

    def watched(self) -> None:
        """A watch is open."""
        ...

    def polled(self) -> None:
        """Only lists are allowed."""
        ...

    def forbidden(self) -> None:
        """Nothing is allowed."""
        ...

    def broke(self) -> None:
        """Nothing comes any more."""
        ...

    def expect(self, total: int) -> None:
        """There are about so many."""
        ...


@dataclass(frozen=True, slots=True)
class FollowingTime:
    """Time and chance; `poll_seconds`: between two lists of what one may not watch."""

    now: Callable[[], datetime]
    boottime: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    poll_seconds: float
    jitter: Callable[[], float] = random


class KubeFollower:
    """Implements `services.administration.live_kinds.Follower`."""

    def __init__(self, connection: Connection, time: FollowingTime) -> None:
        self._connection = connection
        self._time = time

    async def follow(self, kind: type[S], namespace: str | None, live: Shown[S]) -> None:
        """Keep it up to date until cancelled; None stands for all namespaces."""
        name = kind_of(kind)
        watched = Watched(name, paths.PLURALS[name], _reader(kind), namespace)
        store = _Store(live)

        async def sleep(seconds: float) -> None:
            await self._time.sleep(max(seconds, self._time.poll_seconds) if store.denied_for_good else seconds)

        tools = ReflectorTools(self._time.boottime, sleep, self._time.jitter, on_date=lambda _: None)
        reflector = Reflector(self._connection, watched, store, timeouts=WatchTimeouts(), tools=tools)
        counting = None if namespace else asyncio.create_task(self._count(watched, live))
        try:
            await reflector.run()
        finally:
            if counting is not None:
                counting.cancel()

    async def _count(self, watched: Watched[S], live: Shown[S]) -> None:
        """Tell how many there are, as far as the API server does: a streamed list does not say it before its end."""
        path = paths.of_kind(watched.plural, None)
        with suppress(ApiError, InvalidObjectError):
            answer = await self._connection.fetch(Request("GET", path, _ANSWER_SECONDS, query={"limit": "1"}))
            live.expect(1 + (read_listing(answer.body).metadata.remaining_item_count or 0))

    async def seconds_ahead(self) -> float | Silence:
        """How far the API server's clock is ahead of ours, to about a second, or why it serves nothing."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                answer = await self._connection.fetch(Request("GET", "/version", _ANSWER_SECONDS))
        except ApiError as error:
            return _silence(error) or 0.0
        except TimeoutError:
            return Silence.NO_ANSWER
        ahead = 0.0 if answer.date is None else (answer.date.astimezone(UTC) - self._time.now()).total_seconds()
        return ahead if abs(ahead) > _TRUSTED_SECONDS else 0.0


def _silence(error: ApiError) -> Silence | None:
    """None where it answers: a refusal is an answer."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Silence.LOGIN_ENDED
    answers = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    return None if answers else Silence.NO_ANSWER


def _reader(kind: type[S]) -> Callable[[msgspec.Raw], S]:
    if kind is TokenSummary:  # there are many of these
        return cast("Callable[[msgspec.Raw], S]", read_token)
    sum_up = summary_reader(kind)

    def read(body: msgspec.Raw) -> S:
        return sum_up(decoded(_objects.decode, body))

    return read


class _Stage(Enum):
    """How far it came since the last interruption."""

    NOTHING = auto()
    RESUMING = auto()
    LISTED = auto()
    WATCHING = auto()


@dataclass(slots=True)
class _Store(Generic[S]):
    """Answers `ReflectorStore`: tells pages what a reflector does, in fewer words.

    Attributes:
        denied_for_good: whether a right is missing, so that asking soon again is of no use.
    """

    shown: Shown[S]
    denied_for_good: bool = False
    _stage: _Stage = _Stage.NOTHING
    _before: _Stage = _Stage.NOTHING
    _alive: float | None = field(default=None)

    def put(self, item: S) -> None:
        self.shown.put(item)

    def drop(self, key: str) -> None:
        self.shown.drop(key)

    def invalid(self, key: str, _why: str) -> None:
        self.shown.drop(key)

    def alive(self, at: float) -> None:
        """A list goes on, or, after it, a watch began."""
        if self._stage is _Stage.NOTHING:
            return
        self._alive, self._stage, self.denied_for_good = at, _Stage.WATCHING, False
        self.shown.watched()

    def may_resume(self, now: float) -> bool:
        if self._alive is None or self.denied_for_good or now - self._alive > _RESUMES_WITHIN_SECONDS:
            return False
        self._stage = _Stage.RESUMING
        return True

    def mark_fresh(self, since: float) -> None:
        self._alive = since

    def listed(self, keys: Collection[str], _namespace: str | None, _since: float) -> None:
        self._stage = _Stage.LISTED
        self.shown.listed(keys)

    def interrupted(self, cause: str, _at: float) -> None:
        self._before, self._stage = self._stage, _Stage.NOTHING
        if cause in {Interruption.BROKEN, Interruption.DENIED}:
            self.shown.broke()

    def denied(self, _at: float) -> None:
        """Whatever was allowed before may be no more: the next list tells."""
        self.denied_for_good, self._alive = self._before in {_Stage.NOTHING, _Stage.LISTED}, None
        if self._before is _Stage.LISTED:
            self.shown.polled()
        elif self._before is _Stage.NOTHING:
            self.shown.forbidden()
