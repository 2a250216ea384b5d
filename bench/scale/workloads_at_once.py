"""Many WorkloadTokens that all get a token at once, and then all another: how long, how much, how far spread."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import say
from bench.client import Channel
from bench.meters import Burden, memory
from bench.requests import by_account
from bench.scale.seeding import by_all
from bench.tokens import CREDENTIAL, GROUP, NAMESPACE, Json
from tools.control_plane.api import MERGE, OPERATOR
from tools.control_plane.installation import NAMESPACE as SYSTEM
from tools.control_plane.installation import OPERATOR_ACCOUNT
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.bench_cluster import BenchCluster
    from bench.scale.scale_cluster import Figures
    from tools.control_plane.operators import RunningOperator

    Work = Callable[[Channel, str], Awaitable[None]]

__all__ = ["PREFIX", "AtOnce"]

PREFIX: Final = "kept-"
"""Of their names, and so of all that they make."""

_PATH: Final = f"{GROUP}/namespaces/{NAMESPACE}/workloadtokens"
_QUICK: Final = {"PHARIA_ACCESS_SETTLE": "1s"}
_LIFE: Final = {"ttl": "720h", "renewBefore": "240h"}
_SECONDS: Final = 900
_LOOK_SECONDS: Final = 2.0


class AtOnce:
    """So many of them, in the namespace of the benchmarks, whose operator may mint there."""

    def __init__(self, cluster: BenchCluster, count: int) -> None:
        self._cluster = cluster
        self._names = [f"{PREFIX}{number}" for number in range(count)]

    def first_tokens(self) -> Figures:
        """All are created at once. Raises ClientError, ProcessError."""
        account = f"--serviceaccount={SYSTEM}:{OPERATOR_ACCOUNT}"
        bind = ("create", "rolebinding", "rotation", "--clusterrole=pharia-access-rotation", account)
        self._cluster.control_plane.kubectl(*bind, f"--namespace={NAMESPACE}")
        spec = {"credentialRef": {"name": CREDENTIAL}, **_LIFE}

        async def create(channel: Channel, name: str) -> None:
            await channel.send("POST", _PATH, json.dumps(workload_token(NAMESPACE, name, **spec)).encode())

        with self._cluster.operator("first-tokens", _QUICK) as operator:
            return self._until("First tokens", 1, operator, create)

    def others(self) -> Figures:
        """Each is asked for another token, all at once. Raises ClientError, ProcessError."""
        patch = json.dumps({"spec": {"rotate": "again"}}).encode()

        async def ask(channel: Channel, name: str) -> None:
            await channel.send("PATCH", f"{_PATH}/{name}", patch, form=MERGE)

        with self._cluster.operator("other-tokens", _QUICK) as operator:
            return self._until("Rotation", 2, operator, ask) | self._spread()

    def _until(self, group: str, revision: int, operator: RunningOperator, work: Work) -> Figures:
        """Do it to all, and wait until all keep the token of that revision."""
        say(f"{group}: {len(self._names)} at once")
        log = self._cluster.control_plane.audit_log.stat().st_size
        burden, began = Burden(self._cluster.pids(operator)), time.monotonic()
        asyncio.run(self._each(work))
        wait_until(lambda: self._have(revision), what=f"all have revision {revision}", timeout=_SECONDS)
        took = time.monotonic() - began
        requests = by_account(self._cluster.control_plane, OPERATOR, start=log)
        say(f"{took:.1f} s; the operator asked: {dict(requests)}")
        return {
            f"{group}: all of them, s": took,
            f"{group}: a second": len(self._names) / took,
            f"{group}: requests of the operator for each": requests.total() / len(self._names),
            f"{group}: ms of CPU of the operator for each": 1000 * burden.seconds()["operator"] / len(self._names),
            f"{group}: operator: MiB at most": memory(operator)[1],
        }

    async def _each(self, work: Work) -> None:
        remaining = iter(self._names)

        async def go_on(channel: Channel) -> None:
            for name in remaining:
                await work(channel, name)

        await by_all(self._cluster.server, go_on)

    def _have(self, revision: int) -> bool:
        time.sleep(_LOOK_SECONDS)
        statuses = asyncio.run(self._statuses())
        there = [status for status in statuses if status.get("current", {}).get("revision") == revision]
        return len(there) == len(self._names)

    async def _statuses(self) -> list[Json]:
        channel = await Channel.open(self._cluster.server)
        answer = json.loads(await channel.send("GET", _PATH))
        channel.close()
        return [item.get("status", {}) for item in answer["items"]]

    def _spread(self) -> Figures:
        """How the renewals lie in the tenth of the overlap before it begins: 0 is its beginning, 1 its end."""
        sooner = sorted(_sooner(status) for status in asyncio.run(self._statuses()))
        gaps = [later - before for before, later in itertools.pairwise(sooner)]
        return {
            "Spread: from, of a tenth of renewBefore": sooner[0],
            "Spread: to, of a tenth of renewBefore": sooner[-1],
            "Spread: largest gap, of a tenth of renewBefore": max(gaps, default=0.0),
        }


def _sooner(status: Json) -> float:
    current = status["current"]
    end, issued = (datetime.fromisoformat(current[field]) for field in ("expiresAt", "issuedAt"))
    overlap = (end - issued) / 3
    return (end - overlap - datetime.fromisoformat(status["renewsAt"])) / (overlap / 10)
