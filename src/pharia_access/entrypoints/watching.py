"""Kopf, in a thread and an event loop of its own: it watches, and hands what it sees to the operator's loop.

Only `on.event` handlers: no finalizers, no annotations, no API calls of Kopf's own, and nothing that Kopf would have
to remember. What an event stream loses, the periodic list repairs.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import kopf

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.sightings import Kind
from pharia_access.entrypoints.first_lists import FirstLists
from pharia_access.errors import MalformedObjectError
from pharia_access.kube.client import Connection
from pharia_access.kube.paths import GROUP, VERSION
from pharia_access.kube.schema import malformed, to_credential, to_role, to_token
from pharia_access.services.intake import Intake
from pharia_access.services.view import View
from pharia_access.settings.operator import OperatorSettings

__all__ = ["Inbox", "Watcher"]

log = logging.getLogger(__name__)

BACKOFFS = (1, 1, 2, 3, *[5] * 2000)
"""Seconds between tries to reach the API server: about three hours of them, then the process starts anew."""

Event = Mapping[str, Any]


class Inbox:
    """Translates watch events for the intake. Runs in the operator's loop."""

    def __init__(self, *, intake: Intake, view: View, settings: OperatorSettings) -> None:
        self._intake = intake
        self._view = view
        self._window = settings.default_window

    def token(self, event: Event) -> None:
        """An ApiToken was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._intake.token_gone(key, uid)
        elif not self._view.knows(key, body["metadata"]["resourceVersion"]):
            self._guarded("ApiToken", body, lambda: self._intake.token_seen(to_token(body, self._window)))

    def credential(self, event: Event) -> None:
        """An ApiCredential was added, changed or deleted."""
        body = event["object"]
        key, uid = _identity(body)
        if event["type"] == "DELETED":
            self._intake.credential_gone(key, uid)
        else:
            self._guarded("ApiCredential", body, lambda: self._intake.credential_seen(to_credential(body)))

    def role(self, event: Event) -> None:
        """An ApiRole was added, changed or deleted."""
        body = event["object"]
        if event["type"] == "DELETED":
            self._intake.role_gone(body["metadata"]["name"])
        else:
            self._guarded("ApiRole", body, lambda: self._intake.role_seen(to_role(body)))

    def _guarded(self, kind: Kind, body: Mapping[str, Any], take_in: Callable[[], None]) -> None:
        try:
            take_in()
        except MalformedObjectError as error:
            self._intake.malformed_seen(malformed(kind, body, str(error)))


class Watcher:
    """Runs Kopf from `start` until `stop`.

    In the operator's loop `on_begin` is called when watching begins, at first or anew: of what changed before that no
    event tells. `on_end` is called when Kopf ends by itself.
    """

    def __init__(self, inbox: Inbox, connection: Connection, settings: OperatorSettings) -> None:
        self._inbox = inbox
        self._connection = connection
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: Callable[[], None] = lambda: None
        self._begun: Callable[[], None] = lambda: None
        self._login_made: tuple[kopf.ConnectionInfo, kopf.AiohttpSession] | None = None
        self._over = False

    @property
    def alive(self) -> bool:
        """Whether Kopf runs."""
        return self._thread.is_alive() and not self._over

    def start(self, *, on_begin: Callable[[], None], on_end: Callable[[], None]) -> None:
        """Begin to watch; call from the operator's loop."""
        self._loop = asyncio.get_running_loop()
        self._begun, self._ended = on_begin, on_end
        self._thread.start()

    def stop(self) -> None:
        """Ask Kopf to end; it is not waited for, since it holds nothing that must be put down."""
        self._stop.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except Exception as error:  # noqa: BLE001 - whatever ends Kopf ends the process, and is said
            self._end(error)

    async def _watch(self) -> None:
        """Run Kopf's tasks until one of them ends: none should, and with one of them gone nothing may be seen any more.

        Kopf's own way to an orderly end is not taken: it waits for requests that may be tried again for hours.
        """
        tasks = await kopf.spawn_tasks(
            registry=self._registry(),
            settings=_kopf_settings(),
            standalone=True,
            clusterwide=not self._settings.watch_namespaces,
            namespaces=self._settings.watch_namespaces,
            stop_flag=self._stop,
        )
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self._end(next((error for task in done if (error := task.exception()) is not None), None))

    def _end(self, error: BaseException | None) -> None:
        if error is not None:
            log.critical("watching failed", extra={"error": type(error).__name__})
        self._over = True
        self._call(self._ended)

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(self._login)
        for plural, take in (
            ("apiroles", self._inbox.role),
            ("apicredentials", self._inbox.credential),
            ("apitokens", self._inbox.token),
        ):
            kopf.on.event(GROUP, VERSION, plural, registry=registry, id=plural)(self._handler(take))
        return registry

    def _handler(self, take: Callable[[Event], None]) -> Callable[..., Any]:
        async def handle(event: Event, **_: object) -> None:
            self._call(take, event)

        return handle

    async def _login(self, **_: object) -> kopf.AiohttpSession:
        """As Kopf itself would make it, but for the middleware."""
        info = kopf.ConnectionInfo(**self._connection.login())
        if self._login_made is not None and self._login_made[0] == info:
            return self._login_made[1]  # Kopf knows that this one was refused, and ends instead of trying it for ever
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
            headers=info.as_http_headers(),
            middlewares=(FirstLists(lambda: self._call(self._begun)),),
        )
        made = kopf.AiohttpSession(server=info.server, aiohttp_session=session)
        self._login_made = info, made
        return made

    def _call(self, take: Callable[..., None], *arguments: Event) -> None:
        """In the operator's loop."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(take, *arguments)


def _kopf_settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.watching.server_timeout = 300
    settings.watching.connect_timeout = 10
    settings.queueing.idle_timeout = 0.1
    settings.queueing.exit_timeout = 1.0
    settings.networking.error_backoffs = BACKOFFS
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


def _identity(body: Mapping[str, Any]) -> tuple[ObjectKey, str]:
    metadata = body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"]), metadata["uid"]
