"""Every request by which Kopf lists or watches our kinds, as it had better be sent, and what Kopf had better not see.

Its first lists are made to be empty: our own list tells what is there already. Kopf would take each object through a
task and a queue of its own, about a millisecond each, and keep a record of it as long as the process lives; and it
would never say what went while nothing was watched.

A refusal is kept from it: after one of most kinds it ends for good, with all that it watches, and of the others it logs
each. Instead it is told, after a while, that the connection broke: it then asks again, and says nothing.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import aiohttp

from pharia_access.kube.paths import GROUP, PLURALS

__all__ = ["Requests"]

NOTHING = "metadata.name=-"
"""Selects no object, since none can be called so."""

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 1.0, 10.0
BETWEEN_SECONDS: Final = 1.0
"""From the beginning of one watch to that of the next: Kopf itself does not wait where one ends at once."""
BEGIN_SECONDS: Final = 30.0
"""How long the API server may take to begin an answer."""
_LOGIN: Final = HTTPStatus.UNAUTHORIZED
"""Kopf logs in again."""
_BEGIN_ANEW: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.GONE})
"""Of a watch: it cannot begin where it would. Kopf's end is the way to a new list."""


class Requests:
    """A middleware of aiohttp's client, for all requests about one scope. Use from one event loop.

    Args:
        begun: called when something is watched from now on.
        goes: called with whether what was asked for last is answered.
    """

    def __init__(self, *, begun: Callable[[], None], goes: Callable[[bool], None]) -> None:
        self._begun = begun
        self._goes = goes
        self._rests: dict[str, float] = {}
        self._again = asyncio.Event()
        self._watched: dict[str, float] = {}
        self.kinds: set[str] = set()
        """The plurals of the kinds about which anything was asked."""

    def try_now(self) -> None:
        """Wait no longer: what was refused may be allowed again."""
        self._again.set()

    async def __call__(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Ask for no object where all would be listed; the answer's resourceVersion is where the watch begins."""
        if not _is_ours(request):
            return await send(request)
        self.kinds.add(request.url.name)
        watches = "watch" in request.url.query
        if watches:
            await self._not_at_once(request.url.path)
        else:
            request.url = request.url.with_query(fieldSelector=NOTHING)
        response = await _begin(request, send)
        if response is not None and response.ok:
            self._answered(request.url.path, listed=not watches)
            return response
        if response is not None and (response.status == _LOGIN or (watches and response.status in _BEGIN_ANEW)):
            return response
        if response is not None:
            response.close()
        await self._rest(request.url.path)
        message = "refused, or not answered"
        raise aiohttp.ClientPayloadError(message)

    async def _not_at_once(self, path: str) -> None:
        now = asyncio.get_running_loop().time()
        due = self._watched.get(path, -BETWEEN_SECONDS) + BETWEEN_SECONDS
        self._watched[path] = max(now, due)
        await asyncio.sleep(max(0.0, due - now))

    def _answered(self, path: str, *, listed: bool) -> None:
        self._rests.pop(path, None)
        if not self._rests:
            self._goes(True)  # noqa: FBT003 - whether it does
        if listed:
            self._begun()

    async def _rest(self, path: str) -> None:
        """Longer each time, unless somebody knows better."""
        seconds = self._rests.get(path, FIRST_REST_SECONDS)
        self._rests[path] = min(2 * seconds, LONGEST_REST_SECONDS)
        self._goes(False)  # noqa: FBT003 - as above
        self._again.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._again.wait()
        except TimeoutError:
            return


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
