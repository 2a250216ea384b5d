"""Kopf, in a thread and an event loop of its own: it watches, and hands what it sees to the operator's loop.

Each scope has a run of Kopf of its own: Kopf ends with all that it watches where one watch cannot go on.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection
from typing import Any

import kopf

from pharia_access.domain.api_values import Kind
from pharia_access.domain.backoff import Backoff
from pharia_access.entrypoints.operator.cache_store import Body, StoreOf, WatchStore
from pharia_access.entrypoints.operator.first_lists import Requests
from pharia_access.entrypoints.operator.kopf_run import STOP_SECONDS, WATCH_SECONDS, KopfRun, Logins
from pharia_access.entrypoints.operator.task_scope import end_all, record_tasks
from pharia_access.errors import label_of
from pharia_access.kube.client import Connection
from pharia_access.kube.paths import PLURALS
from pharia_access.kube.reflector_store import Interruption
from pharia_access.services.operator.scopes import CATALOG, EVERYWHERE
from pharia_access.settings.operator import OperatorSettings

__all__ = ["Watcher"]

log = logging.getLogger(__name__)

BACKOFF = Backoff(first=1.0, longest=30.0)
"""Between a run that ended and the next one."""
ALIVE_AFTER_SECONDS = 5.0
"""A run that lasted as long watches: that is told, though it may still end as the one before."""
STEADY_SECONDS = 60.0
"""A run that lasted as long was well: the next one begins without a long wait."""
CLOSE_SECONDS = 0.25
"""TLS connections that were closed end a little later (aiohttp's documentation): the loop must still run then."""


class Watcher:
    """Watches from `start` until `stop`.

    Args:
        store_of: gives whom a kind's watch in a scope feeds. Stores are called in the operator's loop.
        watch_seconds: after which the API server ends a watch.
    """

    def __init__(
        self,
        store_of: StoreOf,
        connection: Connection,
        settings: OperatorSettings,
        *,
        watch_seconds: int = WATCH_SECONDS,
    ) -> None:
        self._store_of = store_of
        self._watch_seconds = watch_seconds
        self._logins = Logins(connection)
        self._scopes = (CATALOG, *(settings.watch_namespaces or (EVERYWHERE,)))
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        self._operators: asyncio.AbstractEventLoop | None = None
        self._own: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: Callable[[], None]
        self._requests: dict[str, Requests] = {}
        self._runs: dict[str, asyncio.Task[BaseException | None]] = {}
        self._unsteady: dict[str, asyncio.TimerHandle] = {}
        self._over = False

    @property
    def alive(self) -> bool:
        """Whether it watches."""
        return self._thread.is_alive() and not self._over

    def start(self, ended: Callable[[], None]) -> None:
        """Begin to watch; call from the operator's loop, as `ended` is where the login is refused for good."""
        self._operators = asyncio.get_running_loop()
        self._ended = ended
        self._thread.start()

    def stop(self) -> None:
        """Ask Kopf to end; it is not waited for, since it holds nothing that must be put down."""
        self._over = True
        self._in_its_loop(self._cancel)

    def try_now(self, scope: str) -> None:
        """What was refused in a scope may be allowed again, and what was not served may be served."""
        self._in_its_loop(lambda: self._try_now(scope))

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except Exception as error:  # noqa: BLE001 - whatever ends it ends the process, and is said
            log.critical("watching failed", extra={"error": label_of(type(error))})
        self._over = True
        self._call(self._ended)

    async def _watch(self) -> None:
        """Watch all scopes until the login is refused for good, or until `stop`."""
        self._own = asyncio.get_running_loop()
        self._own.set_exception_handler(_aside)
        record_tasks(self._own)
        tasks = [asyncio.create_task(self._watch_scope(scope)) for scope in self._scopes]
        self._tasks = tasks
        if self._over:
            self._cancel()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        self._cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await end_all(_others, seconds=STOP_SECONDS)
        await asyncio.sleep(CLOSE_SECONDS)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _cancel(self) -> None:
        """Each once: a second time would interrupt how they end."""
        for task in self._tasks:
            if not task.cancelling():
                task.cancel()

    def _try_now(self, scope: str) -> None:
        requests = self._requests.get(scope)
        if requests is None:
            return
        requests.try_now()
        if len(requests.kinds) < len(_kinds_of(scope)) and scope in self._runs:
            self._runs[scope].cancel()  # Kopf asks only at its start which kinds there are

    async def _watch_scope(self, scope: str) -> None:
        """One run of Kopf after the other. Raises the error of a login that is refused: that concerns all."""
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            error = await self._one_run(scope)
            if isinstance(error, kopf.LoginError):
                raise error
            failures = 1 if loop.time() - began > STEADY_SECONDS else failures + 1
            rest = BACKOFF.after(failures)
            self._run_ended(scope, error, rest)
            await asyncio.sleep(rest)

    async def _one_run(self, scope: str) -> BaseException | None:
        """Why it ended; None where it was ended for another one to begin."""
        stores = self._stores(scope)
        self._requests[scope] = Requests(stores)
        run = KopfRun(
            scope,
            logins=self._logins,
            stores=stores,
            requests=self._requests[scope],
            watch_seconds=self._watch_seconds,
        )
        self._runs[scope] = asyncio.create_task(run.run())
        try:
            await asyncio.wait({self._runs[scope]})
        except asyncio.CancelledError:
            self._runs[scope].cancel()
            await asyncio.wait({self._runs[scope]})
            raise
        return None if self._runs[scope].cancelled() else self._runs[scope].result()

    def _run_ended(self, scope: str, error: BaseException | None, rest: float) -> None:
        """Say so once, and not that it goes on before the next one has lasted: what ended it may end that too."""
        now = asyncio.get_running_loop().time()
        for store in self._stores(scope).values():
            store.interrupted(Interruption.BROKEN, now)
        if scope in self._unsteady:
            self._unsteady[scope].cancel()
        else:
            log.warning("a watch ended, another begins", extra={"namespace": scope, "error": label_of(type(error))})
        steady = asyncio.get_running_loop().call_later(rest + ALIVE_AFTER_SECONDS, self._steady, scope)
        self._unsteady[scope] = steady

    def _steady(self, scope: str) -> None:
        del self._unsteady[scope]
        now = asyncio.get_running_loop().time()
        for store in self._stores(scope).values():
            store.alive(now)

    def _stores(self, scope: str) -> dict[str, WatchStore]:
        """The stores of a scope as they are called from Kopf's loop, by the plural of their kind."""
        return {
            PLURALS[kind]: _HandedOver(
                self._store_of(kind, scope), call=self._call, is_unsteady=lambda: scope in self._unsteady
            )
            for kind in _kinds_of(scope)
        }

    def _call(self, take: Callable[..., None], *arguments: object) -> None:
        """In the operator's loop."""
        if self._operators is not None and not self._operators.is_closed():
            self._operators.call_soon_threadsafe(take, *arguments)

    def _in_its_loop(self, do: Callable[[], None]) -> None:
        if self._own is not None and not self._own.is_closed():
            self._own.call_soon_threadsafe(do)


def _aside(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Of a run that ended one error was told. What else Kopf leaves behind would be logged with a traceback each."""
    log.debug("left behind", extra={"error": type(context.get("exception")).__name__})


def _others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def _kinds_of(scope: str) -> tuple[Kind, ...]:
    return ("ApiRole",) if scope == CATALOG else ("ApiCredential", "WorkloadToken", "ApiToken")


class _HandedOver:
    """A store in another loop: it hears of everything in order, and a little later."""

    def __init__(self, store: WatchStore, *, call: Callable[..., None], is_unsteady: Callable[[], bool]) -> None:
        self._store = store
        self._call = call
        self._is_unsteady = is_unsteady

    def put(self, item: Body) -> None:
        self._call(self._store.put, item)

    def drop(self, key: str, uid: str | None = None) -> None:
        self._call(self._store.drop, key, uid)

    def invalid(self, key: str, why: str) -> None:
        self._call(self._store.invalid, key, why)

    def alive(self, at: float) -> None:
        if not self._is_unsteady():  # what ended one run may end the next one too
            self._call(self._store.alive, at)

    def may_resume(self, now: float) -> bool:
        """A question that another loop cannot be asked. Kopf asks nobody."""
        return self._store.may_resume(now)

    def mark_fresh(self, since: float) -> None:
        """Not handed over: the other loop would be woken for each piece, and what the piece held follows."""

    def listed(self, keys: Collection[str], namespace: str | None, since: float) -> None:
        self._call(self._store.listed, keys, namespace, since)

    def interrupted(self, cause: str, at: float) -> None:
        self._call(self._store.interrupted, cause, at)

    def denied(self, at: float) -> None:
        self._call(self._store.denied, at)
