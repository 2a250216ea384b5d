"""How soon a change counts, and how a verifier starts, with many tokens: `python -m bench at-once`.

`BENCH_TOKENS` says how many (default 100,000). One by one, 200 tokens are revoked, 200 deleted, 200 lose a role, while
wrk asks for another token at full speed: the time from the API server's answer to the verifier's first refusal. Writes
bench/results/at-once.md.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from statistics import median
from typing import TYPE_CHECKING

import psutil

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.checks.check_client import CheckConnection
from bench.client import Channel
from bench.meters import bind_to_cores, machine
from bench.report import Target, table, targets, write
from bench.scale.seeding import CREDENTIALS, Holder, Planned, fill, put_credentials, put_role, read_keyring
from bench.tokens import TOKENS, Json
from pharia_access.domain.token import mint
from tools.control_plane.api import MERGE
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.debian_programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["main"]

CHANGES = 200
FIRST = 20_000
"""So many tokens are asked for once and then again, right after the start."""
_STARTS = 3
_REST_SECONDS = 130
"""Go collects garbage after two minutes in which it had no need to: so does the API server of a cluster at rest."""
_DEADLINE_SECONDS = 10.0
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Start:
    """How the verifier began."""

    seconds: float
    mib: float


def main() -> int:
    """Measure, write, and tell."""
    count = int(os.environ.get("BENCH_TOKENS", "100000"))  # noqa: TID251 - a benchmark's own
    shape = machine(bind_to_cores())
    with bench_cluster() as cluster:
        template = cluster.delivered_token()
        say(f"putting {count} tokens there")
        texts = asyncio.run(_put(cluster, template, count))
        starts = [_started_only(cluster, number, rest=_REST_SECONDS) for number in range(_STARTS)]
        in_turn = [_started_only(cluster, number, rest=0) for number in range(_STARTS, 2 * _STARTS)]
        with _verifier(cluster, "last") as (verifier, last):
            in_turn.append(last)
            first, again = asyncio.run(_twice(verifier, random.sample(texts, min(FIRST, len(texts)))))
            with _load(verifier, texts[0]) as loaded:
                latencies = asyncio.run(_measure(cluster, verifier, texts[1 : 3 * CHANGES + 1]))
            after = psutil.Process(verifier.process.pid).memory_info().rss / _MIB
    once = f"Right after the start, {len(first)} tokens once each over one connection: {_spread(first)}."
    beside = f"Beside the changes: {'; '.join(loaded)}. Memory at the end: {after:.0f} MiB."
    notes = f"{_told(starts, in_turn)}\n\n{once} Again: {_spread(again)}.\n\n{beside}"
    _report(f"# At once, with {count} tokens", shape, notes, starts=starts, latencies=latencies)
    return 0


async def _put(cluster: BenchCluster, template: Json, count: int) -> list[str]:
    """Tokens with secrets of their own, so many; their texts."""
    keyring = await read_keyring(cluster.server)
    # A role and credentials of their own, for the tokens that lose it.
    await put_role(cluster.server, "extra")
    names = [f"holder-{number}" for number in range(CHANGES)]
    made = {holder.name: holder for holder in await put_credentials(cluster.server, names, ["studio-user", "extra"])}
    holders = dict(enumerate((made[name] for name in names), start=2 * CHANGES + 1))
    texts = [mint("pharia", secrets.token_bytes) for _ in range(count)]
    usual = Holder.of(template)
    planned = (Planned(f"t{n}", text, holders.get(n, usual)) for n, text in enumerate(texts))
    await fill(cluster, template, keyring, planned)
    return [text.reveal() for text in texts]


def _started_only(cluster: BenchCluster, number: int, *, rest: float) -> Start:
    time.sleep(rest)
    with _verifier(cluster, str(number)) as (_, start):
        return start


@contextmanager
def _verifier(cluster: BenchCluster, name: str) -> Iterator[tuple[RunningVerifier, Start]]:
    folder = cluster.root / f"verifier-{name}"
    write_keyring(cluster.control_plane, folder / "keyring")
    began = time.monotonic()
    verifier = start_verifier(cluster.control_plane, folder, {"PHARIA_ACCESS_LAST_USED": "false"})
    try:
        verifier.wait_until_ready(timeout=120)
        start = Start(time.monotonic() - began, psutil.Process(verifier.process.pid).memory_info().rss / _MIB)
        say(f"ready after {start.seconds:.1f} s with {start.mib:.0f} MiB")
        yield verifier, start
    finally:
        verifier.process.stop()


@contextmanager
def _load(verifier: RunningVerifier, token: str) -> Iterator[list[str]]:
    """Ask at full speed beside; what wrk says of it is there at the end of the block."""
    said: list[str] = []
    asked = ("-H", f"Authorization: Bearer {token}", f"{verifier.url}/auth/nginx")
    argv: list[str | Path] = [find_program("wrk"), "-t1", "-c16", "-d600s", *asked]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield said
        finally:
            running.send_signal(2)
            output, _ = running.communicate(timeout=20)
            said += [line.strip() for line in output.splitlines() if "Requests/sec" in line or "Non-2xx" in line]


async def _twice(verifier: RunningVerifier, texts: list[str]) -> tuple[list[float], list[float]]:
    """Seconds of each token's first check, and of its second."""
    asker = await CheckConnection.of(verifier)
    say(f"{len(texts)} tokens, twice")
    passes: tuple[list[float], list[float]] = ([], [])
    for seconds in passes:
        for text in texts:
            began = time.perf_counter()
            status = await asker.ask(text)
            seconds.append(time.perf_counter() - began)
            if status != HTTPStatus.OK:
                message = "a good token was refused"
                raise TimeoutError(message)
    asker.close()
    return passes


async def _measure(cluster: BenchCluster, verifier: RunningVerifier, texts: list[str]) -> dict[str, list[float]]:
    """Seconds from the API server's answer to the first refusal, by kind of change."""
    channel = await Channel.open(cluster.server)
    asker = await CheckConnection.of(verifier)
    latencies: dict[str, list[float]] = {}
    say(f"{3 * CHANGES} changes, one by one")
    for number, text in enumerate(texts, start=1):
        kind, method, path, body = _change(number)
        target = "/auth/nginx?role=extra" if kind == "role taken away" else "/auth/nginx"
        if await asker.ask(text, target) != HTTPStatus.OK:
            message = f"token t{number} is not good before its change"
            raise TimeoutError(message)
        await channel.send(method, path, body, form=MERGE)
        latencies.setdefault(kind, []).append(await asker.until_refused(text, target, within=_DEADLINE_SECONDS))
    asker.close()
    channel.close()
    return latencies


def _change(number: int) -> tuple[str, str, str, bytes]:
    if number <= CHANGES:
        return "revoked", "PATCH", f"{TOKENS}/t{number}", b'{"spec":{"revoked":true}}'
    if number <= 2 * CHANGES:
        return "deleted", "DELETE", f"{TOKENS}/t{number}", b""
    path = f"{CREDENTIALS}/holder-{number - 2 * CHANGES - 1}"
    return "role taken away", "PATCH", path, b'{"spec":{"roles":["studio-user"]}}'


def _report(title: str, shape: str, notes: str, *, starts: list[Start], latencies: dict[str, list[float]]) -> None:
    everything = [value for values in latencies.values() for value in values]
    verdicts = [
        Target("ms from the API server's answer to the first refusal, p99", _percentile(everything, 99), at_most=50),
        Target("s from the process's start to ready, median", median(start.seconds for start in starts), at_most=15),
        Target("MiB when ready, most", max(start.mib for start in starts), at_most=250),
    ]
    rows = [
        [kind, str(len(values)), *(f"{_percentile(values, percent):.1f}" for percent in (50, 99, 100))]
        for kind, values in latencies.items()
    ]
    parts = [
        title,
        "Written by `python -m bench at-once`. Verifier, API server, etcd, controllers and clients share the cores.",
        shape,
        targets(verdicts),
        table(["change", "changes", "p50 ms", "p99 ms", "most ms"], rows),
        notes,
    ]
    write("at-once", "\n\n".join(parts))


def _told(starts: list[Start], in_turn: list[Start]) -> str:
    rested, later = ([f"{start.seconds:.1f}" for start in some] for some in (starts, in_turn))
    return (
        f"Each start after {_REST_SECONDS} s of rest: {', '.join(rested)} s. One right after the other: "
        f"{', '.join(later)} s; the slow ones share the two cores with the API server's garbage collector."
    )


def _spread(values: list[float]) -> str:
    return f"p50 {_percentile(values, 50):.3f} ms, p99 {_percentile(values, 99):.3f} ms"


def _percentile(values: list[float], percent: float) -> float:
    """Milliseconds that so many percent did not exceed (nearest rank)."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
