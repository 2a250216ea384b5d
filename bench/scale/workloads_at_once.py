"""Many WorkloadTokens that all get a token at once, and then all another: how long, how much, how far spread.

Meanwhile somebody mints in a quiet namespace now and then, and asks the operator whether it is ready.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import say
from bench.client import Channel, ClientError
from bench.meters import Burden, memory
from bench.mints.fairness_people import Latencies, Quiet
from bench.requests import by_account
from bench.scale.seeding import by_all
from bench.tokens import CREDENTIAL, GROUP, NAMESPACE, Json
from tools.control_plane.api import MERGE, OPERATOR, Api
from tools.control_plane.installation import NAMESPACE as SYSTEM
from tools.control_plane.installation import OPERATOR_ACCOUNT
from tools.control_plane.resources import workload_token
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bench.bench_cluster import BenchCluster
    from bench.scale.scale_cluster import Figures
    from tools.control_plane.operators import RunningOperator

    Work = Callable[[Channel, str], Awaitable[None]]

__all__ = ["PREFIX", "QUIET_NAMESPACE", "AtOnce"]

PREFIX: Final = "kept-"
"""Of their names, and so of all that they make."""

QUIET_NAMESPACE: Final = "quiet"
"""Where somebody else mints meanwhile."""

_PATH: Final = f"{GROUP}/namespaces/{NAMESPACE}/workloadtokens"
_QUICK: Final = {"PHARIA_ACCESS_SETTLE": "1s"}
_LIFE: Final = {"ttl": "720h", "renewBefore": "240h"}
_SECONDS: Final = 900
_LOOK_SECONDS: Final = 2.0
_PAUSE_SECONDS: Final = 10.0
"""Between two of the quiet namespace's mints: for two seconds after each a crowd has one worker (`domain.turns`)."""
_ALONE: Final = 4
_ASK_SECONDS: Final = 0.5


class AtOnce:
    """So many of them, in the namespace of the benchmarks, whose operator may mint there."""

    def __init__(self, cluster: BenchCluster, count: int) -> None:
        self._cluster = cluster
        self._names = [f"{PREFIX}{number}" for number in range(count)]
        self._quiet = Quiet(cluster.server, QUIET_NAMESPACE, pause=_PAUSE_SECONDS)

    def first_tokens(self) -> Figures:
        """All are created at once. Raises ClientError, ProcessError."""
        account = f"--serviceaccount={SYSTEM}:{OPERATOR_ACCOUNT}"
        bind = ("create", "rolebinding", "rotation", "--clusterrole=pharia-access-rotation", account)
        self._cluster.control_plane.kubectl(*bind, f"--namespace={NAMESPACE}")
        self._cluster.control_plane.kubectl("create", "namespace", QUIET_NAMESPACE)
        place = Workspace(Api(self._cluster.control_plane.kubeconfig), QUIET_NAMESPACE)
        place.role()
        place.credential()
        spec = {"credentialRef": {"name": CREDENTIAL}, **_LIFE}

        async def create(channel: Channel, name: str) -> None:
            await channel.send("POST", _PATH, json.dumps(workload_token(NAMESPACE, name, **spec)).encode())

        with self._cluster.operator("first-tokens", _QUICK) as operator:
            alone = asyncio.run(self._quiet.mint(enough=lambda minted: minted >= _ALONE, seconds=_SECONDS))
            return _waits("Nobody", alone) | self._until("First tokens", 1, operator, create)

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
        burden = Burden(self._cluster.pids(operator))
        took, mints, answers = asyncio.run(self._play(revision, operator, work))
        requests = by_account(self._cluster.control_plane, OPERATOR, start=log)
        say(f"{took:.1f} s; the operator asked: {dict(requests)}")
        return {
            f"{group}: all of them, s": took,
            f"{group}: a second": len(self._names) / took,
            f"{group}: requests of the operator for each": requests.total() / len(self._names),
            f"{group}: ms of CPU of the operator for each": 1000 * burden.seconds()["operator"] / len(self._names),
            f"{group}: operator: MiB at most": memory(operator)[1],
            **_waits(group, mints),
            f"{group}: answers of /readyz": len(answers.seconds),
            f"{group}: answer of /readyz, at most, s": answers.percentile(100),
        }

    async def _play(self, revision: int, operator: RunningOperator, work: Work) -> tuple[float, Latencies, Latencies]:
        """Seconds until all are done; what the quiet one waited for a mint, and the asker for an answer."""
        over, began = asyncio.Event(), time.monotonic()
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as tasks:
            minting = tasks.create_task(self._quiet.mint(enough=lambda _: over.is_set(), seconds=_SECONDS))
            asking = tasks.create_task(_ask_on(operator, over))
            await self._each(work)
            await self._until_all_have(revision)
            took = time.monotonic() - began
            over.set()
        return took, minting.result(), asking.result()

    async def _each(self, work: Work) -> None:
        remaining = iter(self._names)

        async def go_on(channel: Channel) -> None:
            for name in remaining:
                await work(channel, name)

        await by_all(self._cluster.server, go_on)

    async def _until_all_have(self, revision: int) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if all(_keeps(status, revision) for status in await self._statuses()):
                return

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


async def _ask_on(operator: RunningOperator, over: asyncio.Event) -> Latencies:
    """Ask whether it is ready. Raises ClientError if it says no, or does not answer within 5 s."""
    took = Latencies()
    while not over.is_set():
        began = time.perf_counter()
        status, _ = await asyncio.to_thread(operator.get, "/readyz")
        took.seconds.append(time.perf_counter() - began)
        if status != HTTPStatus.OK:
            message = f"the operator answered /readyz with {status} after {took.seconds[-1]:.1f} s"
            raise ClientError(message)
        await asyncio.sleep(_ASK_SECONDS)
    return took


def _waits(group: str, mints: Latencies) -> Figures:
    return {
        f"{group}: mints in the quiet namespace": len(mints.seconds),
        f"{group}: mint in the quiet namespace, p50, s": mints.percentile(50),
        f"{group}: mint in the quiet namespace, at most, s": mints.percentile(100),
    }


def _keeps(status: Json, revision: int) -> bool:
    """Whether it is Ready with the token of that revision."""
    ready = any((it["type"], it["status"]) == ("Ready", "True") for it in status.get("conditions", ()))
    return ready and bool(status.get("current", {}).get("revision") == revision)


def _sooner(status: Json) -> float:
    current = status["current"]
    end, issued = (datetime.fromisoformat(current[field]) for field in ("expiresAt", "issuedAt"))
    overlap = (end - issued) / 3
    return (end - overlap - datetime.fromisoformat(status["renewsAt"])) / (overlap / 10)
