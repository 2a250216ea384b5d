"""Keeps a view of one kind up to date: a full list, then watches, each from where the last one ended.

Only a list, an event or a bookmark makes a view fresh. A watch does not: if etcd was restored and has not reached the
watch's version, the server accepts the watch, stays silent, and ends it cleanly.
"""

import asyncio
import logging
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from pharia_access.domain.backoff import Backoff
from pharia_access.errors import (
    ApiError,
    ForbiddenError,
    InvalidObjectError,
    ResourceExpiredError,
    UnavailableError,
)
from pharia_access.kube import paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request, Stream
from pharia_access.kube.list_decoding import ListBody, WatchEvent, error_of, read_event, read_key, read_listing
from pharia_access.kube.listing import Lists
from pharia_access.kube.reflector_store import Interruption, ReflectorStore
from pharia_access.kube.watch_rules import EARLY_SECONDS, GRACE_SECONDS, went_back
from pharia_access.kube.watched import ReflectorTools, Watched, WatchTimeouts

__all__ = ["Reflector", "ReflectorTools", "WatchTimeouts", "Watched"]

log = logging.getLogger(__name__)

T = TypeVar("T")

_STEADY_SECONDS: Final = 1.0
"""A watch of this length counts as healthy; after a shorter watch comes a wait, however the watch ended."""
_BACKOFF: Final = Backoff(first=0.2, longest=5.0, jitter=0.5)
_JITTER: Final = 0.1
_EVENTS: Final = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK"})


class Reflector(Generic[T]):
    """Lists and watches for ever; see `run`."""

    def __init__(
        self,
        connection: Connection,
        watched: Watched[T],
        store: ReflectorStore[T],
        *,
        timeouts: WatchTimeouts,
        tools: ReflectorTools,
    ) -> None:
        self._connection = connection
        self._lists = Lists(connection)
        self._watched = watched
        self._path = paths.of_kind(watched.plural, watched.namespace)
        self._store = store
        self._timeouts = timeouts
        self._tools = tools
        self._failures = 0
        self._version: str | None = None
        self._must_verify_version = False
        self._denied = ""

    async def run(self) -> None:
        """Run until cancelled. Failures of the API server are reported and retried."""
        while True:
            try:
                await self._watch_once()
            except InvalidObjectError as error:
                await self._start_over(Interruption.UNDECODABLE, error)
            except ResourceExpiredError as error:
                await self._start_over(Interruption.EXPIRED, error)
            except ApiError as error:
                # Where the connection broke off, the watch goes on, once it is known that the server did not go back.
                self._must_verify_version = True
                await self._wait(
                    Interruption.DENIED if isinstance(error, ForbiddenError) else Interruption.BROKEN, error
                )

    async def _watch_once(self) -> None:
        """Run one watch, after the list or the check that must come first."""
        if self._must_verify_version and self._version is not None:
            await self._check_resuming(self._version)
        self._must_verify_version = False
        if self._version is None:
            self._version = await self._list()
        seconds = max(1, int(self._timeouts.watch * (1 + _JITTER * self._tools.jitter())))
        began = self._tools.boottime()
        try:
            received = await self._watch(self._version, seconds)
        finally:
            lasted = self._tools.boottime() - began
            if lasted >= _STEADY_SECONDS:
                self._failures = 0
        await self._ended_well(seconds=seconds, lasted=lasted, received=received)

    async def _ended_well(self, *, seconds: float, lasted: float, received: bool) -> None:
        if not received:
            log.info("a watch said nothing: listing anew", extra={"kind": self._watched.kind})
            self._store.interrupted(Interruption.SILENT, self._tools.boottime())
            self._version = None
        elif lasted < seconds - EARLY_SECONDS:
            self._must_verify_version = True
        if lasted < _STEADY_SECONDS:
            await self._back_off()

    async def _list(self) -> str:
        """List everything and return the list's version."""
        began = self._tools.boottime()
        keys: set[str] = set()
        version = ""
        async with aclosing(self._lists.portions(self._path, on_date=self._report_date)) as portions:
            async for portion in portions:
                self._store.alive(self._tools.boottime())
                keys.update(key for item in portion.items if (key := self._shown(item)) is not None)
                version = portion.version
                await asyncio.sleep(0)  # requests are answered
        self._store.listed(keys, self._watched.namespace, began)
        seconds = round(self._tools.boottime() - began, 3)
        log.info("listed", extra={"kind": self._watched.kind, "objects": len(keys), "seconds": seconds})
        return version

    async def _page(self, query: dict[str, str]) -> ListBody:
        answer = await self._connection.fetch(Request("GET", self._path, self._timeouts.request, query=query))
        self._report_date(answer.date)
        return read_listing(answer.body)

    async def _watch(self, version: str, seconds: int) -> bool:
        """Watch from this version to the end, and return whether the server sent anything."""
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(seconds),
        }
        call = Request("GET", self._path, self._timeouts.request, query=query)
        async with self._connection.stream(call, silence_seconds=seconds + GRACE_SECONDS) as stream:
            self._report_date(stream.date)
            self._store.alive(self._tools.boottime())
            self._denied = ""
            provoking = asyncio.create_task(self._provoke_bookmark(seconds / 2))
            try:
                return await self._follow(stream)
            finally:
                provoking.cancel()

    async def _provoke_bookmark(self, seconds: float) -> None:
        """Ask for one object, so that a quiet watch ends with a bookmark and needs no list.

        The API server sends a bookmark only if it knows a version after the watch's first. In a quiet cluster it asks
        etcd for that version only to answer such a read.
        """
        await self._tools.sleep(seconds)
        with suppress(ApiError, InvalidObjectError):  # the watch itself will tell
            await self._page({"limit": "1"})

    async def _follow(self, stream: Stream) -> bool:
        received = False
        async with aclosing(stream.lines()) as lines:
            async for line in lines:
                self._version, received = self._apply_event(read_event(line)), True
                self._store.mark_fresh(self._tools.boottime())
        return received

    def _apply_event(self, event: WatchEvent) -> str:
        """Apply an event and return its version."""
        if event.type not in _EVENTS:
            raise error_of(event)
        key, version = read_key(event.object)
        if not version:  # a watch from nowhere would be one with a gap
            message = f"{event.type} without a resourceVersion"
            raise InvalidObjectError(message)
        if event.type == "DELETED":
            self._store.drop(key)
        elif event.type != "BOOKMARK":
            self._take(key, event.object)
        return version

    def _shown(self, body: msgspec.Raw) -> str | None:
        """Put an object of a list and return its key, or None if the object is not kept."""
        try:
            key, _ = read_key(body)
        except InvalidObjectError as error:
            # Nobody can say which it is. Whichever: it was not shown, and so is forgotten when the list ends.
            self._store.invalid("", str(error))
            return None
        return key if self._take(key, body) else None

    def _take(self, key: str, body: msgspec.Raw) -> bool:
        """Put or forget an object, and return whether it is kept."""
        try:
            item = self._watched.read(body)
        except InvalidObjectError as error:
            self._store.invalid(key, str(error))
            return False
        if item is None:
            self._store.drop(key)
            return False
        self._store.put(item)
        return True

    async def _check_resuming(self, ours: str) -> None:
        """Return whether the watch may resume: after a short silence, and if the server did not go back.

        A list of one object is read from etcd itself: a version below ours means that etcd was restored.
        """
        if not self._store.may_resume(self._tools.boottime()):
            self._version = None
            return
        theirs = (await self._page({"limit": "1"})).metadata.resource_version
        if went_back(ours, theirs):
            log.warning("the cluster went back in time: listing anew", extra={"kind": self._watched.kind})
            self._store.interrupted(Interruption.REWOUND, self._tools.boottime())
            self._version = None

    async def _start_over(self, cause: Interruption, error: Exception) -> None:
        self._version = None
        await self._wait(cause, error)

    async def _wait(self, cause: Interruption, error: Exception) -> None:
        now = self._tools.boottime()
        self._store.interrupted(cause, now)
        if cause is Interruption.DENIED:
            self._store.denied(now)
        self._log_interruption(cause, str(error))
        await self._back_off(error.retry_after if isinstance(error, UnavailableError) else None)

    async def _back_off(self, retry_after: float | None = None) -> None:
        self._failures += 1
        chance = self._tools.jitter()
        await self._tools.sleep(_BACKOFF.after(self._failures, chance=chance, retry_after=retry_after))

    def _log_interruption(self, cause: Interruption, problem: str) -> None:
        """Log an interruption; a missing right only once, since it can last for days."""
        if cause is Interruption.DENIED:
            if problem == self._denied:
                return
            self._denied = problem
            problem += f". Give the ServiceAccount the verbs list and watch on {self._watched.plural}.{paths.GROUP}."
        log.warning("watching was interrupted", extra={"kind": self._watched.kind, "cause": cause, "problem": problem})

    def _report_date(self, date: datetime | None) -> None:
        if date is not None:
            self._tools.on_date(date)
