"""Kopf's first lists, which are made to be empty: our own list tells what is there already.

Kopf would take each object through a task and a queue of its own, about a millisecond each, and keep a record of it as
long as the process lives; and it would never say what went while nothing was watched.
"""

from collections.abc import Callable

import aiohttp

from pharia_access.kube.paths import GROUP, PLURALS

__all__ = ["FirstLists"]

NOTHING = "metadata.name=-"
"""Selects no object, since none can be called so."""


class FirstLists:
    """A middleware of aiohttp's client. `begun` is called when something is watched from now on."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun = begun

    async def __call__(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        """Ask for no object where all would be listed; the answer's resourceVersion is where the watch begins."""
        if not _lists_ours(request):
            return await send(request)
        request.url = request.url.with_query(fieldSelector=NOTHING)
        response = await send(request)
        if response.ok:
            self._begun()
        return response


def _lists_ours(request: aiohttp.ClientRequest) -> bool:
    *_, last = request.url.parts
    ours = GROUP in request.url.parts and last in PLURALS.values()
    return ours and request.method == "GET" and "watch" not in request.url.query
