"""Every request by which Kopf lists or watches our kinds, as it had better be sent, and what Kopf had better not see.

Its first lists are made to be empty: our own list tells what is there already. Kopf would take each object through a
task and a queue of its own, about a millisecond each, and keep a record of it as long as the process lives; and it
would never say what went while nothing was watched.

A refusal is kept from it: after one of most kinds it ends for good, with all that it watches, and of the others it logs
each. Instead it is told, after a while, that the connection broke: it then asks again, and says nothing.

And what Kopf does not notice: a watch that says nothing or hangs, and a cluster that went back in time. The rules are
those of `kube.reflector`, and so are the words in which the stores are told.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from math import inf
from typing import Final

import aiohttp
from yarl import URL

from pharia_access.domain.backoff import Backoff
from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.entrypoints.operator.cache_store import WatchStore
from pharia_access.entrypoints.operator.followed_watch import FollowedWatch
from pharia_access.kube.paths import GROUP, PLURALS
from pharia_access.kube.reflector_store import Interruption
from pharia_access.kube.watch_rules import went_back

__all__ = ["Requests"]

NOTHING = "metadata.name=-"
"""Selects no object, since none can be called so."""

BACKOFF: Final = Backoff(first=1.0, longest=10.0)
"""After a refusal, before Kopf hears of it and asks again."""
BETWEEN_SECONDS: Final = 1.0
"""From the beginning of one watch to that of the next: Kopf itself does not wait where one ends at once."""
BEGIN_SECONDS: Final = 30.0
"""How long the API server may take to begin an answer."""
VERSION_SECONDS: Final = 10.0
"""How long an answer may take that only shows a version."""
_LOGIN: Final = HTTPStatus.UNAUTHORIZED
"""Kopf logs in again."""
_BEGIN_ANEW: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.GONE})
"""Of a watch: it cannot begin where it would. Kopf's end is the way to a new list."""


class Requests:
    """A middleware of aiohttp's client, for all requests about one scope. Use from one event loop.

    Args:
        stores: who is told how the watches go, by the plural of a kind.
    """

    def __init__(self, stores: Mapping[str, WatchStore]) -> None:
        self._stores = stores
        self.session: aiohttp.ClientSession | None = None
        """What to ask for versions with."""
        self._unverified: set[str] = set()
        """The paths of watches that broke off, until it is known that the cluster did not go back meanwhile."""
        self._failures: dict[str, int] = {}
        self._retry_now = asyncio.Event()
        self._buckets: defaultdict[str, TokenBucket] = defaultdict(lambda: TokenBucket(1 / BETWEEN_SECONDS))
        self._provoking: set[asyncio.Task[None]] = set()
        self.kinds: set[str] = set()
        """The plurals of the kinds about which anything was asked."""

    def close(self) -> None:
        """Ask for nothing any more."""
        for provoking in self._provoking:
            provoking.cancel()

    def try_now(self) -> None:
        """Wait no longer: what was refused may be allowed again."""
        self._retry_now.set()

    async def __call__(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Ask for no object where all would be listed; the answer's resourceVersion is where the watch begins."""
        if not _is_ours(request):
            return await send(request)
        self.kinds.add(request.url.name)
        asked, watches, rewound = request.url, "watch" in request.url.query, False
        if watches:
            await self._space_out(asked.path)
            rewound = await self._went_back(asked)
        request.url = _sent_as(asked, watches=watches, rewound=rewound)
        response = await _begin(request, send)
        if response is not None and response.ok:
            self._answered(asked, listed=not watches)
            if watches:
                self._follow(asked, response, rewound=rewound)
            return response
        if response is not None and (response.status == _LOGIN or (watches and response.status in _BEGIN_ANEW)):
            return response
        await self._refused(asked, response)
        message = "refused, or not answered"
        raise aiohttp.ClientPayloadError(message)

    async def _space_out(self, path: str) -> None:
        await asyncio.sleep(self._buckets[path].reserve(_now()))

    def _answered(self, url: URL, *, listed: bool) -> None:
        self._failures.pop(url.path, None)
        if not self._failures:
            self._stores[url.name].alive(_now())
        if listed:
            self._unverified.discard(url.path)
            self._stores[url.name].listed((), None, _now())

    async def _refused(self, url: URL, response: aiohttp.ClientResponse | None) -> None:
        if response is not None:
            response.close()
        denied = response is not None and response.status == HTTPStatus.FORBIDDEN
        await self._rest(url, Interruption.DENIED if denied else Interruption.BROKEN)

    async def _rest(self, url: URL, cause: Interruption) -> None:
        """Longer each time, unless somebody knows better."""
        failures = self._failures[url.path] = self._failures.get(url.path, 0) + 1
        self._unverified.add(url.path)
        self._stores[url.name].interrupted(cause, _now())
        if cause is Interruption.DENIED:
            self._stores[url.name].denied(_now())
        self._retry_now.clear()
        try:
            async with asyncio.timeout(BACKOFF.after(failures)):
                await self._retry_now.wait()
        except TimeoutError:
            return

    def _follow(self, url: URL, response: aiohttp.ClientResponse, *, rewound: bool) -> None:
        """Watch over the watch; where the cluster went back, end it."""
        store, seconds = self._stores[url.name], float(url.query.get("timeoutSeconds", "inf"))
        followed = FollowedWatch(
            response.content,
            seconds=seconds,
            on_piece=lambda: store.mark_fresh(_now()),
            on_silent=lambda: store.interrupted(Interruption.SILENT, _now()),
            on_broken=lambda: self._unverified.add(url.path),
            hang_up=response.close,
        )
        followed.over = rewound
        response.content = followed  # type: ignore[assignment] # it stands in for it
        if self.session is not None and seconds < inf:
            provoking = asyncio.create_task(self._provoke_bookmark(url, seconds / 2))
            self._provoking.add(provoking)
            provoking.add_done_callback(self._provoking.discard)

    async def _provoke_bookmark(self, url: URL, seconds: float) -> None:
        """Ask for one object, so that a quiet watch ends with a bookmark and needs no list: see `kube.reflector`."""
        await asyncio.sleep(seconds)
        await self._version_now(url)

    async def _went_back(self, url: URL) -> bool:
        """Whether the cluster is at an earlier version than a watch that broke off. No answer: ask again next time."""
        if url.path not in self._unverified:
            return False
        theirs = await self._version_now(url)
        if not theirs:
            return False
        self._unverified.discard(url.path)
        if not went_back(url.query.get("resourceVersion", ""), theirs):
            return False
        self._stores[url.name].interrupted(Interruption.REWOUND, _now())
        return True

    async def _version_now(self, url: URL) -> str:
        """Return the version of the kind, from etcd itself, as a list of one shows it; empty where none came."""
        if self.session is None:
            return ""
        timeout = aiohttp.ClientTimeout(total=VERSION_SECONDS)
        with suppress(aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            async with self.session.get(url.with_query(limit="1"), middlewares=(), timeout=timeout) as answer:
                body = await answer.json() if answer.ok else {}
                return str(body["metadata"]["resourceVersion"])
        return ""


def _sent_as(asked: URL, *, watches: bool, rewound: bool) -> URL:
    """Where the cluster went back, Kopf does not see the answer: it is told to begin anew."""
    if watches:
        return asked.with_query(limit="1") if rewound else asked
    return asked.with_query(fieldSelector=NOTHING)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _begin(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse | None:
    """None where no answer begins in time."""
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            return await send(request)
    except TimeoutError:
        return None


def _is_ours(request: aiohttp.ClientRequest) -> bool:
    *_, last = request.url.parts
    return GROUP in request.url.parts and last in PLURALS.values() and request.method == "GET"
