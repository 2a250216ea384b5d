"""How fast the tokens of a credential follow it: `python -m bench suspension`.

A credential with many tokens is suspended, resumed, and suspended again while no operator runs; beside that somebody
mints in another namespace, one token after the other, or nobody does. SUSPENSION_TOKENS makes it smaller. Writes
bench/results/suspension.md.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.client import Channel
from bench.meters import Burden, bind_to_cores, machine
from bench.mints.fairness_people import Latencies, Quiet
from bench.report import Target, table, targets, write
from bench.tokens import CREDENTIAL, GROUP, NAMESPACE, TOKENS, following, put_minted
from tools.control_plane.api import MERGE, Api
from tools.control_plane.operators import start_operator
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.client import Seen, Server
    from tools.control_plane.operators import RunningOperator

__all__ = ["main"]

QUIET: Final = "quiet"
MOST_SECONDS, MOST_MINT_SECONDS = 120.0, 1.0
_PATIENCE_SECONDS: Final = 900.0
_WARM_UP: Final = 5
_HOW: Final = """\
Written by `python -m bench suspension`. A credential has many minted tokens, whose one-time Secrets are gone. It is
suspended, or resumed, and "in s" is from the API server's answer to the last token whose condition Active says so;
"at a start": it was suspended while no operator ran, from the start of the process. Beside "somebody", a client mints
in another namespace all the time, one token after the other with 50 ms between; "mint" is from create to Ready, alone
before it begins, and meanwhile. CPU in percent of one core; everything shares the cores below."""


@dataclass(slots=True)
class Followers:
    """The tokens whose condition Active says what it is to say."""

    there: set[str]
    wanted: bool
    _left: set[str] = field(init=False)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """None has followed yet."""
        self._left = set(self.there)

    def take(self, seen: Seen) -> None:
        """A token as a watch shows it."""
        if seen.active is self.wanted:
            self._left.discard(seen.name)
        if not self._left:
            self.over.set()


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one change."""

    what: str
    beside: str
    tokens: int
    seconds: float
    mint: Latencies
    cpu: Mapping[str, float]


def main() -> int:
    """Measure, write, and tell."""
    shape = machine(bind_to_cores())
    tokens = int(os.environ.get("SUSPENSION_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own
    with bench_cluster() as cluster:
        alone, found = asyncio.run(_play(cluster, [f"old-{number}" for number in range(tokens)]))
    write("suspension", "\n\n".join(["# Tokens follow their credential", _HOW, shape, *_tables(alone, found)]))
    return 0


async def _play(cluster: BenchCluster, names: list[str]) -> tuple[Latencies, list[Figures]]:
    template = await asyncio.to_thread(cluster.delivered_token)
    place = Workspace(Api(cluster.control_plane.kubeconfig), QUIET)
    cluster.control_plane.kubectl("create", "namespace", QUIET)
    place.role()
    place.credential()
    say(f"putting {len(names)} tokens there")
    await put_minted(cluster.server, template, names)
    change, found = Change(cluster, names), []
    operator = await change.started()
    quiet = Quiet(cluster.server, QUIET)
    await quiet.mint(enough=lambda minted: minted >= _WARM_UP, seconds=60)
    alone = await quiet.mint(enough=lambda minted: minted >= 20 * _WARM_UP, seconds=60)
    for beside in ("somebody", "nobody"):
        for suspended in (True, False):
            found.append(await change.of(operator, beside, quiet, suspended=suspended))
            say(" | ".join(_row(found[-1])))
    await asyncio.to_thread(operator.process.stop)
    found.append(await change.while_away())
    say(" | ".join(_row(found[-1])))
    return alone, found


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to the credential."""

    cluster: BenchCluster
    names: list[str]

    async def started(self) -> RunningOperator:
        """An operator that leads, soon."""
        made = await asyncio.to_thread(start_operator, self.cluster.control_plane, self.cluster.root / "operator")
        await asyncio.to_thread(made.wait_until_ready, timeout=120)
        return made

    async def of(self, operator: RunningOperator, beside: str, quiet: Quiet, *, suspended: bool) -> Figures:
        """Suspend or resume it, and wait for its tokens."""
        followers = Followers({*self.names}, wanted=not suspended)
        async with following(self.cluster.server, TOKENS, followers.take):
            minting = asyncio.create_task(
                quiet.mint(enough=lambda _: followers.over.is_set(), seconds=_PATIENCE_SECONDS)
            )
            if beside == "nobody":
                minting.cancel()
            burden = Burden(self.cluster.pids(operator))
            await _suspend(self.cluster.server, suspended=suspended)
            seconds = await _until_over(followers)
            cpu = burden.percent()
            mint = (await asyncio.gather(minting, return_exceptions=True))[0]
        what = "suspended" if suspended else "resumed"
        minted = mint if isinstance(mint, Latencies) else Latencies()
        return Figures(what, beside, len(self.names), seconds, minted, cpu)

    async def while_away(self) -> Figures:
        """Suspend it while no operator runs."""
        followers = Followers({*self.names}, wanted=False)
        await _suspend(self.cluster.server, suspended=True)
        async with following(self.cluster.server, TOKENS, followers.take):
            starting = asyncio.create_task(self.started())
            seconds = await _until_over(followers)
            await asyncio.to_thread((await starting).process.stop)
        return Figures("suspended, at a start", "nobody", len(self.names), seconds, Latencies(), {})


async def _suspend(server: Server, *, suspended: bool) -> None:
    channel = await Channel.open(server)
    body = json.dumps({"spec": {"suspended": suspended}}).encode()
    await channel.send("PATCH", f"{GROUP}/namespaces/{NAMESPACE}/apicredentials/{CREDENTIAL}", body, form=MERGE)
    channel.close()


async def _until_over(followers: Followers) -> float:
    began = time.monotonic()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await followers.over.wait()
    return time.monotonic() - began


def _tables(alone: Latencies, found: list[Figures]) -> list[str]:
    verdicts = [
        Target(f"{each.what}, beside {each.beside}: s until the last has followed", each.seconds, at_most=MOST_SECONDS)
        for each in found
    ]
    verdicts += [
        Target(f"{each.what}: p99 of the other's mints, s", each.mint.percentile(99), at_most=MOST_MINT_SECONDS)
        for each in found
        if each.mint.seconds
    ]
    heads = ["credential", "beside", "tokens", "in s", "tokens/s", "mints", "p50 s", "p99 s", "most s"]
    heads += ["CPU operator", "API server", "etcd", "load"]
    lonely = ["(not touched)", "somebody", "", "", "", *_latencies(alone), "", "", "", ""]
    return [targets(verdicts), table(heads, [lonely, *map(_row, found)])]


def _row(figures: Figures) -> list[str]:
    names = ("operator", "kube-apiserver", "etcd", "load generator")
    shares = [f"{figures.cpu[name]:.0f}" if figures.cpu else "" for name in names]
    row = [figures.what, figures.beside, str(figures.tokens), f"{figures.seconds:.0f}"]
    return [*row, f"{figures.tokens / figures.seconds:.0f}", *_latencies(figures.mint), *shares]


def _latencies(mint: Latencies) -> list[str]:
    if not mint.seconds:
        return ["", "", "", ""]
    return [str(len(mint.seconds)), *(f"{mint.percentile(percent):.3f}" for percent in (50, 99, 100))]
