"""The operator's process: starts the parts, tells the kubelet how they are, and ends in order."""

import asyncio
import gc
import logging
import os
import signal

from pharia_access.bootstrap.operator import Application, open_application
from pharia_access.domain.api_values import Kind
from pharia_access.entrypoints.descriptors import raise_open_files
from pharia_access.entrypoints.health import HealthServer
from pharia_access.entrypoints.operator.cache_store import CacheStore, WatchStore
from pharia_access.entrypoints.operator.watching import Watcher
from pharia_access.errors import AccessError
from pharia_access.settings.operator import OperatorSettings
from pharia_access.telemetry.logs import configure_logging

__all__ = ["run_operator"]

log = logging.getLogger(__name__)

EXIT_FAILED = 1
DRAIN_SECONDS = 5.0


def run_operator() -> int:
    """Run until SIGTERM or SIGINT; the exit status. Raises SettingsError."""
    settings = OperatorSettings.from_environment()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    raise_open_files()
    try:
        return asyncio.run(_run(settings))
    except AccessError:
        raise
    except Exception:
        # Through the log, since that cuts out tokens, and Python's own last words do not.
        log.exception("the operator failed")
        return EXIT_FAILED


async def _run(settings: OperatorSettings) -> int:
    async with open_application(settings) as application:
        operator = application.operator

        def store_of(kind: Kind, scope: str) -> WatchStore:
            window = settings.default_window
            return CacheStore(kind, scope, cache=operator.cache, health=operator.lists, window=window)

        process = _Process(application, Watcher(store_of, application.connection, settings))
        health = HealthServer(
            settings.health_host,
            settings.health_port,
            live=process.live,
            ready=process.ready,
            metrics=process.metrics,
        )
        await health.start()
        try:
            return await process.run()
        finally:
            await health.stop()


def _spare_the_collector() -> None:
    """The view lives as long as the process: looking through it for garbage again and again finds none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class _Process:
    """What runs, and how it ends: on a signal in order, on lost leadership at once."""

    def __init__(self, application: Application, watcher: Watcher) -> None:
        self._application = application
        self._watcher = watcher
        self._stop = asyncio.Event()
        self._status = 0

    def live(self) -> list[str]:
        """What only a restart would mend."""
        return ["watching has ended"] if self._status else []

    def ready(self) -> list[str]:
        """What is missing before this replica does its work, or stands by for it."""
        problems = self._application.operator.missing()
        return problems if self._watcher.alive else [*problems, "not watching"]

    def metrics(self) -> bytes:
        """Everything for Prometheus."""
        self._application.operator.gauge()
        self._application.metrics.reloaded("keyring", successful=self._application.operator.keys.is_read)
        return self._application.metrics.render()

    async def run(self) -> int:
        """Run to the end; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        events = asyncio.create_task(self._application.recorder.run())
        events.add_done_callback(self._ended)
        work = asyncio.create_task(self._work())
        work.add_done_callback(self._ended)
        await self._stop.wait()
        log.info("stopping")
        self._watcher.stop()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await self._application.elector.release()
        await self._application.recorder.drain(DRAIN_SECONDS)
        events.cancel()
        return self._status

    async def _work(self) -> None:
        application = self._application
        await application.operator.sync_cache()
        _spare_the_collector()
        lists = application.operator.lists
        lists.on_back = self._watcher.try_now
        self._watcher.start(self._watching_ended)
        standby = asyncio.create_task(application.operator.run_standby())
        standby.add_done_callback(lambda task: None if task.cancelled() else self._ended(task))
        await application.elector.acquire()
        standby.cancel()
        tasks = {
            asyncio.create_task(application.operator.run_leader()),
            asyncio.create_task(application.elector.hold()),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        # Another replica may lead by now: not one more write. The kubelet starts us again.
        error = next((error for task in tasks if task.done() and (error := task.exception()) is not None), None)
        log.critical("exiting: this replica no longer leads", exc_info=error)
        logging.shutdown()
        os._exit(EXIT_FAILED)

    def _ended(self, work: "asyncio.Task[None]") -> None:
        if not work.cancelled() and (error := work.exception()) is not None:
            log.critical("the operator failed", exc_info=error)
            self._status = EXIT_FAILED
        self._stop.set()

    def _watching_ended(self) -> None:
        if not self._stop.is_set():
            self._status = EXIT_FAILED
            self._stop.set()
