"""How long it takes until the last of 1,000 tokens that end in the same second is marked: `python -m bench expiry`.

Once with tokens whose Secrets are long gone, as nearly all are when they end, and once with tokens whose one-time
Secrets are still there, which must be deleted first. Writes bench/results/expiry.md.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.report import Target, table, targets, write
from bench.tokens import NAMESPACE, TOKENS, Mints, following, put_minted
from pharia_access.domain.times import format_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.client import Seen

__all__ = ["main"]

COUNT = 1000
AT_A_TIME = 16
MINT_SECONDS = 120
"""For 1,000 mints and for writing their Events."""
START_SECONDS = 75
"""For putting 1,000 tokens there, and for an operator to start, take the lead and list."""
MARK_SECONDS = 120
"""How long after their end everything must be marked and told."""

_EVENTS = f"/api/v1/namespaces/{NAMESPACE}/events?fieldSelector=reason%3DExpired"


@dataclass(slots=True)
class Marks:
    """When tokens were seen Expired, and when their Events were seen: seconds after their end."""

    end: datetime
    prefix: str
    expired: dict[str, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def token(self, seen: Seen) -> None:
        """Take in a change of a token."""
        if seen.phase == "Expired" and seen.name.startswith(self.prefix):
            self._mark(self.expired, seen)

    def event(self, seen: Seen) -> None:
        """Take in an Event; its name begins with its token's."""
        if seen.name.startswith(self.prefix):
            self._mark(self.told, seen)

    def _mark(self, marks: dict[str, float], seen: Seen) -> None:
        marks.setdefault(seen.name, _now() - self.end.timestamp())
        if min(len(self.expired), len(self.told)) == COUNT:
            self.complete.set()


def main() -> int:
    """Measure, write, and tell."""
    shape = machine(bind_to_cores())
    with bench_cluster() as cluster:
        gone, there = _secrets_gone(cluster), _secrets_there(cluster)
    verdicts = [
        Target(f"s until the last of {COUNT} is marked, Secrets gone", max(gone.expired.values()), at_most=5),
        Target(f"s until the last of {COUNT} is marked, Secrets there", max(there.expired.values()), at_most=5),
    ]
    heads = ["tokens", "marked", "first after s", "median", "last", "last Event after s"]
    rows = [_row("Secrets gone", gone), _row("Secrets there", there)]
    parts = [
        f"# {COUNT} tokens that end in the same second",
        "Written by `make bench`. Operator, API server, etcd, controllers and watcher share the cores below.",
        shape,
        targets(verdicts),
        table(heads, rows),
    ]
    write("expiry", "\n\n".join(parts))
    return 0


def _secrets_gone(cluster: BenchCluster) -> Marks:
    template = cluster.delivered_token()
    say(f"putting {COUNT} minted tokens there")
    marks = Marks(_in(START_SECONDS), "gone-")
    names = [f"{marks.prefix}{number}" for number in range(COUNT)]
    asyncio.run(put_minted(cluster.server, template, names, expires_at=format_time(marks.end)))
    with cluster.operator("gone"):
        asyncio.run(_follow(cluster, marks))
    return marks


def _secrets_there(cluster: BenchCluster) -> Marks:
    marks = Marks(_in(MINT_SECONDS), "there-")
    with cluster.operator("there"):
        say(f"{COUNT} mints")
        mints = Mints(cluster.server, marks.prefix.rstrip("-"))
        asyncio.run(mints.run(COUNT, at_a_time=AT_A_TIME, expiresAt=format_time(marks.end)))
        asyncio.run(_follow(cluster, marks))
    return marks


async def _follow(cluster: BenchCluster, marks: Marks) -> None:
    """Wait for the end and see what comes; raises TimeoutError."""
    if _now() > marks.end.timestamp():
        message = "the tokens ended before everything was ready: the machine is too slow for this benchmark"
        raise TimeoutError(message)
    say("waiting for their end")
    async with _both(cluster, marks), asyncio.timeout(marks.end.timestamp() - _now() + MARK_SECONDS):
        await marks.complete.wait()
    say(f"the last was marked after {max(marks.expired.values()):.1f} s")


@asynccontextmanager
async def _both(cluster: BenchCluster, marks: Marks) -> AsyncIterator[None]:
    async with following(cluster.server, TOKENS, marks.token), following(cluster.server, _EVENTS, marks.event):
        yield


def _row(what: str, marks: Marks) -> list[str]:
    moments = sorted(marks.expired.values())
    numbers = (moments[0], moments[len(moments) // 2], moments[-1], max(marks.told.values()))
    return [what, str(len(moments)), *(f"{number:.1f}" for number in numbers)]


def _in(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(_now()), UTC) + timedelta(seconds=seconds)


def _now() -> float:
    return time.time()  # noqa: TID251 - ends of tokens are on the wall clock


if __name__ == "__main__":
    raise SystemExit(main())
