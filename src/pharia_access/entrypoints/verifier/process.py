"""The verifier's process: start the parts, answer the kubelet's probes, follow mounted files, end in order."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import uvloop

from pharia_access.bootstrap.verifier import VerifierParts, connections_to_server, open_verifier
from pharia_access.domain.verification.certificates import Validity
from pharia_access.entrypoints.descriptors import connections_within, raise_open_files
from pharia_access.entrypoints.health import HealthServer
from pharia_access.entrypoints.verifier.app import VerifierApp, review_app
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from pharia_access.entrypoints.verifier.checks import EarlyAnswers
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.files import FollowedFiles, read_keyring
from pharia_access.entrypoints.verifier.header_answers import early_answers
from pharia_access.entrypoints.verifier.introspection import Introspector
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Listener, Tls
from pharia_access.errors import AccessError, CertificateError
from pharia_access.settings.verifier import VerifierSettings
from pharia_access.telemetry.logs import configure_logging
from pharia_access.telemetry.verifier_metrics import VerifierMetrics

__all__ = ["listeners", "run_verifier"]

log = logging.getLogger(__name__)

EXIT_FAILED = 1
LOOK_AT_FILES_SECONDS = 2.0
LOOK_AT_VIEW_SECONDS = 0.05


def run_verifier() -> int:
    """Run until SIGTERM or SIGINT. Return the exit status. Raises SettingsError."""
    settings = VerifierSettings.from_environment()
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    try:
        return uvloop.run(_run(settings))
    except AccessError:
        raise
    except Exception:
        # Through the log, since the log redacts tokens, and the interpreter's own traceback does not.
        log.exception("the verifier failed")
        return EXIT_FAILED


async def _run(settings: VerifierSettings) -> int:
    async with open_verifier(settings) as parts:
        process = _Process(settings, parts)
        health = HealthServer(
            settings.health_host,
            settings.health_port,
            live=process.live,
            ready=process.ready,
            metrics=parts.metrics.render,
        )
        await health.start()
        try:
            return await process.run()
        finally:
            await health.stop()


class _Process:
    """Everything that runs, and how it ends."""

    def __init__(self, settings: VerifierSettings, parts: VerifierParts) -> None:
        self._settings = settings
        self._parts = parts
        self._stop = asyncio.Event()
        self._status = 0
        self._listeners = listeners(settings, parts)
        self._keyring_folder = Path(settings.keyring_folder) if settings.keyring_folder else None
        self._followed = tuple(self._follow())

    def live(self) -> list[str]:
        """List the problems that only a restart can fix."""
        return ["a part of the verifier has ended"] if self._status else []

    def ready(self) -> list[str]:
        """List the reasons why no request should come here."""
        if self._stop.is_set():
            return ["stopping"]
        return self._parts.problems()

    async def run(self) -> int:
        """Run to the end. Return the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        for listener, _, port in self._listeners:
            await listener.start(self._settings.host, port)
        for files in self._followed:
            await files.look()
        tasks = [asyncio.ensure_future(work()) for work in (*self._parts.work, self._follow_files, self._settle)]
        for task in tasks:
            task.add_done_callback(self._ended)
        await self._stop.wait()
        log.info("stopping")
        drain = self._settings.drain_timeout.total_seconds()
        await asyncio.gather(*(listener.stop(drain) for listener, _, _ in self._listeners))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return self._status

    async def _settle(self) -> None:
        """Once the view is complete, exclude it from garbage collection: it lives as long as the process."""
        while self._parts.problems():  # noqa: ASYNC110 - once, at the start
            await asyncio.sleep(LOOK_AT_VIEW_SECONDS)
        gc.collect()
        gc.freeze()
        log.info("ready", extra={"objects": self._parts.view.index.sizes()})

    async def _follow_files(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_FILES_SECONDS)
            for files in self._followed:
                await files.look()

    def _follow(self) -> Iterator[FollowedFiles]:
        metrics = self._parts.metrics
        if self._keyring_folder is not None:
            yield FollowedFiles("keyring", [self._keyring_folder], self._read_keyring, metrics=metrics)
        for listener, name, _ in self._listeners:
            if listener.tls is not None:
                renew = partial(_renew_tls, listener, name, metrics)
                yield FollowedFiles(f"{name}-certificate", listener.tls.files, renew, metrics=metrics)

    async def _read_keyring(self) -> None:
        """Read and apply the keyring. Raises KeyringError, and the last keyring stays in use."""
        keyring = None if self._keyring_folder is None else read_keyring(self._keyring_folder)
        self._parts.verifier.use_keyring(keyring)
        keys = [] if keyring is None else sorted(keyring.keys)
        log.info("read the keyring" if keys else "no keyring: Argon2id proves each token", extra={"keys": keys})

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.critical("the verifier failed", exc_info=error)
        self._status = EXIT_FAILED
        self._stop.set()


async def _renew_tls(listener: Listener, name: str, metrics: VerifierMetrics) -> None:
    """Read and apply the TLS files. Raises SettingsError or OSError, and the last files stay in use."""
    await listener.renew_tls()
    if listener.tls is not None:
        metrics.certificate(name, _known(listener.tls.ends))
        metrics.certificate(f"{name}-clients", _known(listener.tls.authorities_end))
        log.info("read the %s certificate", name, extra={"files": [str(file) for file in listener.tls.files]})


def _known(ends: Callable[[], Validity | None]) -> Validity | None:
    """Return the validity; None where we cannot parse a certificate that OpenSSL takes."""
    try:
        return ends()
    except CertificateError:
        return None


def _limits(settings: VerifierSettings) -> Limits:
    open_files = raise_open_files()
    ports = 2 if settings.token_review else 1
    most = connections_within(
        settings.max_connections, open_files=open_files, ports=ports, to_server=connections_to_server(settings)
    )
    if most < settings.max_connections:
        what = "fewer connections than set may be open, because of the limit of open files"
        log.warning(what, extra={"connections": most, "set": settings.max_connections, "openFiles": open_files})
    return Limits(
        head_bytes=settings.max_header_bytes,
        body_bytes=settings.max_body_bytes,
        request_seconds=settings.request_read_timeout.total_seconds(),
        idle_seconds=settings.idle_timeout.total_seconds(),
        connections=most,
    )


def listeners(settings: VerifierSettings, parts: VerifierParts) -> list[tuple[Listener, str, int]]:
    """Make the listeners, each with its name and port. Raises SettingsError."""
    introspector = Introspector(settings.introspection_issuer, _capped(settings, lambda: parts.clock.now().timestamp()))
    protocols = Protocols(parts.authorizer, settings.max_body_bytes, introspector)
    limits = _limits(settings)
    tls = _tls(settings.tls_cert_file, settings.tls_key_file)
    of_checks = limits if tls is None else limits.behind_tls()
    parts.metrics.connections_bound(of_checks.connections)
    headers = CheckHeaders(settings.token_headers, settings.requirement_headers)
    closed = parts.metrics.connection_closed
    app = VerifierApp(protocols, client_word=parts.client_word, headers=headers)
    checks = Listener(app, of_checks, early=_early(settings, parts, headers), tls=tls, closed=closed)
    found = [(checks, "checks", settings.port)]
    if settings.token_review:
        tls = _tls(
            settings.token_review_cert_file, settings.token_review_key_file, settings.token_review_client_ca_file
        )
        reviews = review_app(protocols, settings.token_review_audiences)
        listener = Listener(reviews, limits.for_reviews(), tls=tls, closed=closed)
        found.append((listener, "token-review", settings.token_review_port))
    return found


def _early(settings: VerifierSettings, parts: VerifierParts, headers: CheckHeaders) -> EarlyAnswers | None:
    """What answers gateways' checks at once; None where the application answers all."""
    if not settings.fast_path:
        return None
    poll, word = BusyPoll(settings.busy_poll.total_seconds(), now=parts.clock.monotonic), parts.client_word
    return early_answers(parts.authorizer, poll, headers, client_word=word)


def _capped(settings: VerifierSettings, now: Callable[[], float]) -> Callable[[float], float]:
    """What introspection says of a token's end."""
    most = settings.introspection_longest_expiry.total_seconds()
    return (lambda end: min(end, now() + most)) if most else float


def _tls(certificate: str, key: str, client_ca: str = "") -> Tls | None:
    if not certificate:
        return None
    return Tls(Path(certificate), Path(key), Path(client_ca) if client_ca else None)
