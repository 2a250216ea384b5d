"""One run of Kopf, for one scope: a namespace, all of them, or the catalog. What ends it ends no other's.

Only `on.event` handlers: no finalizers, no annotations, no API calls of Kopf's own, and nothing that Kopf would have
to remember. What an event stream loses, the periodic list repairs.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
import kopf

from pharia_access.entrypoints.operator.cache_store import WatchStore
from pharia_access.entrypoints.operator.first_lists import Requests
from pharia_access.entrypoints.operator.task_scope import TaskScope, end_all
from pharia_access.kube.client import Connection
from pharia_access.kube.paths import GROUP, VERSION
from pharia_access.services.operator.scopes import CATALOG, EVERYWHERE

__all__ = ["WATCH_SECONDS", "KopfRun", "Logins"]

BACKOFFS: Final = (1, 1, 2, 3, *[5] * 2000)
"""Seconds between tries to reach the API server: about three hours of them, then the run starts anew."""
STOP_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 60
"""After which the API server ends a watch. One that hangs is noticed a little later."""


class Logins:
    """How runs log in, with one TLS context for all of them: each would take more than a megabyte."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: tuple[kopf.ConnectionInfo, ssl.SSLContext | None] | None = None

    def current(self) -> tuple[kopf.ConnectionInfo, ssl.SSLContext | None]:
        """Whom to log in as, and the context, which is made anew with each new token: it may be that of another CA."""
        info = kopf.ConnectionInfo(**self._connection.login())
        if self._made is None or self._made[0] != info:
            self._made = info, info.as_ssl_context()
        return self._made


class KopfRun:
    """Watches from `run` until it is cancelled. Use each once, from one event loop.

    Args:
        scope: what to watch.
        stores: who takes the events, by the plural of their kind.
        requests: what each request about our kinds goes through.
        watch_seconds: after which the API server ends a watch.
    """

    def __init__(
        self,
        scope: str,
        *,
        logins: Logins,
        stores: Mapping[str, WatchStore],
        requests: Requests,
        watch_seconds: int = WATCH_SECONDS,
    ) -> None:
        self._scope = scope
        self._logins = logins
        self._stores = stores
        self._requests = requests
        self._watch_seconds = watch_seconds
        self._login_made: tuple[kopf.ConnectionInfo, kopf.AiohttpSession] | None = None

    async def run(self) -> BaseException | None:
        """Run Kopf's tasks until one of them ends: none should, and with one gone nothing may be seen any more.

        Returns why. All tasks that the run began end with it. Kopf's own way to an orderly end is not taken: it waits
        for requests that may be tried again for hours.
        """
        clusterwide = self._scope in {EVERYWHERE, CATALOG}
        scope = TaskScope()
        try:
            with scope.begun_here():
                tasks = await kopf.spawn_tasks(
                    registry=self._registry(),
                    settings=_kopf_settings(self._watch_seconds),
                    standalone=True,
                    clusterwide=clusterwide,
                    namespaces=() if clusterwide else (self._scope,),
                )
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._end(scope)
        return next((error for task in done if not task.cancelled() and (error := task.exception())), None)

    async def _end(self, scope: TaskScope) -> None:
        self._requests.close()
        try:
            await end_all(scope.unfinished, seconds=STOP_SECONDS)
        finally:
            await self._log_out()

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for plural, store in self._stores.items():
            kopf.on.event(GROUP, VERSION, plural, registry=registry, id=plural)(_handler(store))
        return registry

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """As Kopf itself would make it, but for the middleware."""
        info, context = self._logins.current()
        if self._login_made is not None and self._login_made[0] == info:
            return self._login_made[1]  # Kopf knows that this one was refused, and ends instead of trying it for ever
        # One connection for each kind's list and then watch, which also serve to find the kinds, and one to ask for
        # versions: each holds 256 KiB.
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=len(self._stores) + 1, ssl=context or True),
            headers=info.as_http_headers(),
            middlewares=(self._requests,),
        )
        self._requests.session = session
        made = kopf.AiohttpSession(server=info.server, aiohttp_session=session)
        self._login_made = info, made
        return made

    async def _log_out(self) -> None:
        if self._login_made is not None:
            await self._login_made[1].aiohttp_session.close()


def _handler(store: WatchStore) -> Callable[..., Any]:
    async def handle(event: Mapping[str, Any], **_: object) -> None:
        body = event["object"]
        metadata = body.get("metadata", {})
        if not metadata.get("name"):
            store.invalid("", "an event without the name of an object")
        elif event["type"] == "DELETED":
            key = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
            store.drop(key, metadata["uid"])
        else:
            store.put(body)

    return handle


def _kopf_settings(watch_seconds: int) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.watching.server_timeout = watch_seconds
    settings.watching.connect_timeout = 10
    settings.queueing.idle_timeout = 0.1
    settings.queueing.exit_timeout = 1.0
    settings.networking.error_backoffs = BACKOFFS
    settings.process.ultimate_exiting_timeout = None  # Kopf would kill the process some time after the end of a run
    settings.persistence.diffbase_storage = _NoDiffs()
    return settings


class _NoDiffs(kopf.DiffBaseStorage):
    """Spares Kopf a deep copy of every object, which it would compare for handlers of changes; we have none."""

    def build(self, *, body: kopf.Body, extra_fields: object = None) -> kopf.BodyEssence:  # noqa: ARG002 - Kopf's
        return kopf.BodyEssence()

    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:  # noqa: ARG002 - Kopf's
        return None

    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Only handlers of changes would have something stored."""
