"""What is remembered of what clients send has bounds, for a client that never sends the same twice."""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
import weakref
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import pharia_access
from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.checks import EarlyAnswers
from pharia_access.entrypoints.verifier.connection import Connection
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.services.verifier.audit_log import AuditLimits, AuditLog
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.telemetry.verifier_metrics import VerifierMetrics
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.verifier_server import VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


EACH = 12_000
ONES_OWN = {"_identity_template"}
"""Caches without a bound whose keys are constants of ours."""


def caches() -> dict[str, Any]:
    """All functions of the package that remember their answers."""
    found: dict[str, Any] = {}
    for module in pkgutil.walk_packages(pharia_access.__path__, "pharia_access."):
        if ".kubectl" in module.name or module.name.endswith("__main__"):
            continue
        members = vars(importlib.import_module(module.name))
        found |= {name: value for name, value in members.items() if hasattr(value, "cache_info")}
    return found


def requests(token: str, start: int) -> Iterator[bytes]:
    """No two alike, in whatever a client decides: target, requirement, headers, token, method."""
    good = f"authorization: Bearer {token}"
    for number in range(start, start + EACH):
        for line, header in (
            (f"GET /auth/nginx?role=r{number}", good),
            (f"GET /auth/nginx?permission=A;f={'x' * 1500}{number}", good),
            (f"GET /auth/forward?{number}{'y' * 3000}", good),
            (f"GET /auth/envoy/any/-/{number}", good),
            (f"GET /auth/nginx?n{number}", f"authorization: Bearer pharia_{number:016d}_x_y"),
            (f"GET /auth/forward?x{number}", f"authorization: Basic {number}"),
        ):
            yield f"{line} HTTP/1.1\r\nhost: v{number}\r\n{header}\r\n\r\n".encode()


def sizes(roots: list[object]) -> dict[int, int]:
    """How many things each container holds that can be reached."""
    seen: dict[int, int] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type) or type(one).__name__ in {"module", "function"}:
            continue
        seen[id(one)] = len(one) if isinstance(one, dict | set | list) else 0
        waiting += gc.get_referents(one)
    return {key: size for key, size in seen.items() if size > 64}


async def test_a_client_that_changes_everything_is_not_remembered_without_end() -> None:
    server = VerifierServer()
    metrics = VerifierMetrics(version="1")
    audit = AuditLog(AuditLimits(), boottime=lambda: server.boottime, metrics=metrics)
    server.authorizer = Authorizer(
        server.verifier, metrics=metrics, auditor=audit, last_used=server.journal, monotonic=lambda: server.boottime
    )
    token = server.issue().reveal()
    early = EarlyAnswers(server.authorizer, BusyPoll(0, now=lambda: 0.0), AcceptedTexts(most=1000))
    memory_transport = MemoryTransport(server, early=early)
    roots: list[object] = [server.authorizer, early.texts, memory_transport.protocol, metrics, audit]

    after = []
    for start in (0, EACH):
        for request in requests(token, start):
            memory_transport.feed(request)
            memory_transport.written = b""
        server.journal.used_.clear()
        after.append((sizes(roots), {name: cache.cache_info().currsize for name, cache in caches().items()}))

    assert sum(after[1][0].values()) <= sum(after[0][0].values()) + 1000  # of the accepted texts, one generation
    assert after[1][1] == after[0][1]
    assert len(metrics.render()) < 20_000


def test_every_cache_has_a_bound() -> None:
    found = caches()

    assert {name for name, cache in found.items() if cache.cache_info().maxsize is None} <= ONES_OWN
    assert {"_ready", "_parse"} <= found.keys()


async def test_what_is_longer_than_any_requirement_is_not_kept() -> None:
    server = VerifierServer()
    memory_transport = MemoryTransport(server)
    token = server.issue().reveal()
    before = {name: cache.cache_info().currsize for name, cache in caches().items()}
    for number in range(5):
        line = f"GET /auth/nginx?role={'x' * 4000}{number} HTTP/1.1\r\nhost: v"
        assert memory_transport.send(f"{line}\r\nauthorization: Bearer {token}\r\n\r\n".encode()).status == 403

    assert {name: cache.cache_info().currsize for name, cache in caches().items()} == before


@pytest.mark.parametrize("said", [b"", b"GET /x HTTP/1.1\r\nhost: v\r\n", b"GET /x HTTP/1.1\r\nhost: v\r\n\r\n"])
@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
def test_a_connection_that_ended_does_not_wait_for_the_collector(
    monkeypatch: pytest.MonkeyPatch, said: bytes, *, fast: bool
) -> None:
    """Behind TLS it would keep 50 KiB and more for as long, and thousands may come and go meanwhile."""
    seen: list[weakref.ref[Connection]] = []
    made = Connection.connection_made

    def note(connection: Connection, transport: object) -> None:
        seen.append(weakref.ref(connection))
        made(connection, transport)

    monkeypatch.setattr(Connection, "connection_made", note)

    async def main() -> list[Connection | None]:
        async with open_verifier_server(fast=fast) as server:
            for _ in range(4):
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(said)
                await asyncio.sleep(0.02)
                writer.transport.abort()
            await asyncio.sleep(0.1)
            return [one() for one in seen]

    gc.disable()
    try:
        assert uvloop.run(main()) == [None] * 4
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("set_", "behind_tls", "for_reviews"), [(4096, 2048, 256), (65536, 32768, 256), (300, 150, 150), (16, 8, 8)]
)
def test_a_tls_port_has_half_the_places_and_that_of_reviews_few(set_: int, behind_tls: int, for_reviews: int) -> None:
    limits = Limits(connections=set_, idle_seconds=7)

    assert limits.behind_tls() == Limits(connections=behind_tls, idle_seconds=7)
    assert limits.for_reviews() == Limits(connections=for_reviews, idle_seconds=7)
