"""A credential with many tokens is deleted: `python -m bench cascade`.

How long until the last token is gone, and how long a mint in another namespace takes meanwhile, from create to Ready.
Then the same tokens with an owner reference each, as versions up to 0.2.0 wrote them: how long until the last
reference is off. Kubernetes' controllers have their own pace (20 requests a second). CASCADE_TOKENS makes it smaller.
Writes bench/results/cascade.md.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.client import Channel
from bench.meters import Burden, bind_to_cores, machine
from bench.mints.fairness_people import Latencies, Quiet
from bench.report import Target, table, targets, write
from bench.tokens import CREDENTIAL, TOKENS, put_minted
from tools.control_plane.api import Api
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tools.control_plane.operators import RunningOperator

__all__ = ["main"]

DELETED, OWNED = "the credential is deleted", "references of an earlier version"
SCENES: Final = (DELETED, OWNED)
QUIET: Final = "quiet"
ALONE_MINTS: Final = 50
MOST_SECONDS: Final = 1800.0
MOST_MINT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 2.0

_HOW: Final = """\
Written by `python -m bench cascade`. "gone in" is from the request to the last token that goes (or to the last owner
reference that is off); "mint" is from create to Ready, of one client in another namespace, one token after the other,
alone and meanwhile. CPU in percent of one core; everything shares the cores below. kube-controller-manager has its
default pace, 20 requests a second and 30 at once."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one scene."""

    scene: str
    tokens: int
    alone: Latencies
    meanwhile: Latencies
    seconds: float
    cpu: Mapping[str, float]


def main() -> int:
    """Measure, write, and tell."""
    shape = machine(bind_to_cores())
    tokens = int(os.environ.get("CASCADE_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own
    found = [_measure(scene, tokens) for scene in SCENES]
    heads = ["what", "tokens", "gone in s", "a second", "mint alone p50 s", "p99 s", "meanwhile mints", "p50 s"]
    heads += ["p99 s", "most s", "CPU operator", "API server", "controllers"]
    verdicts = [
        Target(f"{it.scene}: a mint elsewhere, p99 s", it.meanwhile.percentile(99), at_most=MOST_MINT_SECONDS)
        for it in found
    ]
    title = "# A credential with many tokens is deleted"
    write("cascade", "\n\n".join([title, _HOW, shape, targets(verdicts), table(heads, [_row(it) for it in found])]))
    return 0


def _row(it: Figures) -> list[str]:
    times = [it.alone.percentile(50), it.alone.percentile(99)]
    mints = [it.meanwhile.percentile(percent) for percent in (50, 99, 100)]
    shares = [f"{it.cpu[name]:.0f}" for name in ("operator", "kube-apiserver", "kube-controller-manager")]
    row = [it.scene, str(it.tokens), f"{it.seconds:.0f}", f"{it.tokens / it.seconds:.0f}"]
    row += [*(f"{one:.3f}" for one in times), str(len(it.meanwhile.seconds)), *(f"{one:.3f}" for one in mints)]
    return [*row, *shares]


def _measure(scene: str, tokens: int) -> Figures:
    with bench_cluster() as cluster:
        _fill(cluster, tokens, owned=scene == OWNED)
        cluster.control_plane.restart_controllers("--kube-api-qps=20", "--kube-api-burst=30")
        with cluster.operator("operator", {"PHARIA_ACCESS_LOG_LEVEL": "warning"}) as operator:
            figures = asyncio.run(_play(cluster, operator, scene, tokens))
    say(" | ".join(_row(figures)))
    return figures


def _fill(cluster: BenchCluster, tokens: int, *, owned: bool) -> None:
    cluster.control_plane.kubectl("create", "namespace", QUIET)
    place = Workspace(Api(cluster.control_plane.kubeconfig), QUIET)
    place.role()
    place.credential()
    template = cluster.delivered_token()
    say(f"putting {tokens} tokens there")
    if owned:
        credential = template["status"]["credential"]
        kind = {"apiVersion": template["apiVersion"], "kind": "ApiCredential", "controller": True}
        template["metadata"]["ownerReferences"] = [{**kind, **credential, "blockOwnerDeletion": False}]
        cluster.control_plane.kubectl("delete", "validatingadmissionpolicybinding", "mint-tokens.access.pharia.ai")
        time.sleep(5)  # it takes the API server a second or so to forget it
    asyncio.run(put_minted(cluster.server, template, [f"t{number}" for number in range(tokens)]))
    if owned:
        cluster.control_plane.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "crds")


async def _play(cluster: BenchCluster, operator: RunningOperator, scene: str, tokens: int) -> Figures:
    quiet, left, owned = Quiet(cluster.server, QUIET), [tokens], scene == OWNED
    burden, began = Burden(cluster.pids(operator)), time.monotonic()
    alone = Latencies()
    if not owned:
        alone = await quiet.mint(enough=lambda minted: minted >= ALONE_MINTS, seconds=60)
        channel = await Channel.open(cluster.server)
        began = time.monotonic()
        await channel.send("DELETE", TOKENS.replace("apitokens", f"apicredentials/{CREDENTIAL}"))
        channel.close()
    watching = asyncio.create_task(_watch(cluster, left, _owned if owned else _all))
    meanwhile = await quiet.mint(enough=lambda _: left[0] == 0, seconds=MOST_SECONDS)
    seconds, cpu = time.monotonic() - began, burden.percent()
    await watching
    if owned:
        alone = await quiet.mint(enough=lambda minted: minted >= ALONE_MINTS, seconds=60)
    return Figures(scene, tokens, alone, meanwhile, seconds, cpu)


async def _watch(cluster: BenchCluster, left: list[int], counted: Callable[[object], int]) -> None:
    """How many are left, now and then."""
    channel = await Channel.open(cluster.server)
    began = told = time.monotonic()
    while left[0] and time.monotonic() - began < MOST_SECONDS:
        first = counted(msgspec.json.decode(await channel.send("GET", f"{TOKENS}?limit=500")))
        left[0] = first or counted(msgspec.json.decode(await channel.send("GET", TOKENS)))
        if time.monotonic() - told > 30:
            told = time.monotonic()
            say(f"{left[0]} left after {told - began:.0f} s")
        await asyncio.sleep(LOOK_SECONDS)
    channel.close()


def _all(page: object) -> int:
    assert isinstance(page, dict)
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


def _owned(page: object) -> int:
    """Of the page alone."""
    assert isinstance(page, dict)
    return sum("ownerReferences" in item["metadata"] for item in page["items"])
