"""Builds a verifier from real parts."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pharia_access import __version__
from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.bootstrap.service_accounts import service_account_verifier
from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.holders import BoundObjects
from pharia_access.domain.verdict import RULES, issued_before
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.reflector import Reflector, ReflectorTools, Watched, WatchTimeouts
from pharia_access.kube.verifier.decoding import read_credential, read_role, read_token
from pharia_access.kube.verifier.last_used import KubeLastUsedWriter
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.audit_log import AuditLimits, AuditLog
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.client_word import ClientWord
from pharia_access.services.verifier.freshness import Bounds, Freshness, MaxClock, Part
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.index_updater import IndexUpdater, VerifierState
from pharia_access.services.verifier.last_used import LastUsedRecorder, NullLastUsedRecorder
from pharia_access.services.verifier.token_reviews import MOST_AT_ONCE
from pharia_access.services.verifier.verifier import Verifier
from pharia_access.settings.verifier import VerifierSettings
from pharia_access.telemetry.verifier_metrics import Gauges, VerifierMetrics

__all__ = ["VerifierParts", "connections_to_server", "open_verifier"]

_CONNECTIONS_BESIDE_WATCHES = 4
_OWN_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class VerifierParts:
    """A verifier, and everything that runs beside it.

    Attributes:
        client_word: for the audit log; None unless a setting names a header.
        work: coroutines that must run for as long as the process does.
    """

    authorizer: Authorizer
    verifier: Verifier
    view: VerifierState
    clock: SystemClock
    metrics: VerifierMetrics
    client_word: ClientWord | None
    work: tuple[Callable[[], Awaitable[None]], ...]

    def problems(self) -> list[str]:
        """Tell why checks are not answered, a sentence for each reason."""
        freshness, now = self.view.freshness, self.clock.boottime()
        missing = [f"the first full list of {part} has not ended" for part in freshness.missing(now)]
        if missing or freshness.is_fresh_anywhere(now):
            return missing
        return ["the view of the cluster is too old: nothing was heard from the API server, or it may not be read"]


def connections_to_server(settings: VerifierSettings) -> int:
    """Return the most connections to the API server: one for each watch, and some more."""
    reviews = MOST_AT_ONCE if settings.service_accounts_bound_objects is BoundObjects.LIVE else 0
    return 2 * max(1, len(settings.watch_namespaces)) + 1 + _CONNECTIONS_BESIDE_WATCHES + reviews


@asynccontextmanager
async def open_verifier(settings: VerifierSettings) -> AsyncIterator[VerifierParts]:
    """Connect and build; on leaving, what was opened is closed. Raises SettingsError if no API server is configured."""
    hash_verifier = HashVerifier(
        verify_hash, HashVerifierLimits(threads=settings.argon2_threads, waiting=settings.argon2_queue)
    )
    pool = connections_to_server(settings)
    async with connect(settings.kubeconfig or None, pool_size=pool, user_agent="pharia-access-verifier") as connection:
        try:
            yield _assemble(settings, connection, hash_verifier)
        finally:
            hash_verifier.close()


def _assemble(settings: VerifierSettings, connection: Connection, hash_verifier: HashVerifier) -> VerifierParts:
    clock, metrics = SystemClock(), VerifierMetrics(version=__version__)
    max_clock = MaxClock(clock.wall, clock.boottime)
    bounds = Bounds(view=settings.view_bound.total_seconds(), contact=settings.contact_bound.total_seconds())
    view = VerifierState(Index(), Freshness((_part(watched) for watched, _ in _watched(settings, Index())), bounds))
    rules = (issued_before(settings.refuse_issued_before.timestamp()), *RULES)
    jwts, jwt_work = service_account_verifier(
        settings, connection, view, now=max_clock.at, rules=rules, metrics=metrics
    )
    verifier = Verifier(
        index=view.index,
        freshness=view.freshness,
        hash_verifier=hash_verifier,
        boottime=clock.boottime,
        now=max_clock.at,
        rules=rules,
        own_key=secrets.token_bytes(_OWN_KEY_BYTES),
        jwts=jwts,
    )
    client_word = ClientWord(settings.audit_client_header) if settings.audit_client_header else None
    last_used, last_used_work = _last_used(settings, connection, view.index, clock, metrics)
    built = VerifierParts(
        authorizer=Authorizer(
            verifier,
            metrics=metrics,
            auditor=_audit_log(settings, clock, metrics, client_word),
            last_used=last_used,
            monotonic=clock.monotonic,
        ),
        verifier=verifier,
        view=view,
        clock=clock,
        metrics=metrics,
        client_word=client_word,
        work=(
            *_reflectors(settings, connection, view, metrics=metrics, max_clock=max_clock),
            *last_used_work,
            *jwt_work,
        ),
    )
    metrics.watch(_gauges(built, hash_verifier, max_clock))
    return built


def _audit_log(
    settings: VerifierSettings, clock: SystemClock, metrics: VerifierMetrics, word: ClientWord | None
) -> AuditLog:
    limits = AuditLimits(accepted=settings.audit_accepted, interval=settings.audit_interval.total_seconds())
    client = None if word is None else word.read
    return AuditLog(limits, boottime=clock.boottime, metrics=metrics, client=client)


def _watched(settings: VerifierSettings, index: Index) -> Iterator[tuple[Watched[Any], Callable[[Any], None]]]:
    for namespace in settings.watch_namespaces or (None,):
        yield Watched("ApiToken", "apitokens", read_token, namespace), index.put_token
        yield Watched("ApiCredential", "apicredentials", read_credential, namespace), index.put_credential_record
    yield Watched("ApiRole", "apiroles", read_role), index.put_role


def _part(watched: Watched[Any]) -> Part:
    return Part(watched.kind, watched.namespace)


def _reflectors(
    settings: VerifierSettings,
    connection: Connection,
    view: VerifierState,
    *,
    metrics: VerifierMetrics,
    max_clock: MaxClock,
) -> Iterator[Callable[[], Awaitable[None]]]:
    clock = SystemClock()
    timeouts = WatchTimeouts(
        watch=settings.watch_seconds,
        request=settings.request_timeout.total_seconds(),
    )

    def on_date(date: datetime) -> None:
        max_clock.set_server_time(date.timestamp())

    tools = ReflectorTools(boottime=clock.boottime, sleep=asyncio.sleep, jitter=random.random, on_date=on_date)
    for watched, put in _watched(settings, view.index):
        updater: IndexUpdater[Any] = IndexUpdater(view, _part(watched), put, metrics=metrics)
        yield Reflector(connection, watched, updater, timeouts=timeouts, tools=tools).run


def _last_used(
    settings: VerifierSettings, connection: Connection, index: Index, clock: SystemClock, metrics: VerifierMetrics
) -> tuple[LastUsedRecorder | NullLastUsedRecorder, tuple[Callable[[], Awaitable[None]], ...]]:
    if not settings.last_used:
        return NullLastUsedRecorder(), ()
    recorder = LastUsedRecorder(
        KubeLastUsedWriter(connection, timeout_seconds=settings.request_timeout.total_seconds()),
        interval=settings.last_used_interval.total_seconds(),
        rate_limiter=RateLimiter(clock, settings.last_used_writes_per_second),
        clock=clock,
        now=clock.wall,
        metrics=metrics,
        known=index.find,
        credential=index.credential,
    )
    return recorder, (recorder.run,)


def _gauges(parts: VerifierParts, hash_verifier: HashVerifier, max_clock: MaxClock) -> Gauges:
    index = parts.view.index

    def ages() -> Mapping[str, float]:
        return parts.view.freshness.ages(parts.clock.boottime())

    return Gauges(
        objects=index.sizes,
        shared_ids=lambda: index.shared_ids,
        view_ages=ages,
        namespaces=lambda: parts.view.freshness.watched(parts.clock.boottime()),
        argon2_waiting=lambda: hash_verifier.waiting,
        ready=lambda: not parts.problems(),
        keyring_keys=lambda: parts.verifier.keys,
        keys_replaced=lambda: parts.verifier.known_keys.replaced,
        clock_offset=max_clock.offset,
    )
