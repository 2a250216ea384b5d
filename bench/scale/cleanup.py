"""10,000 tokens that ended long ago are deleted: `python -m bench cleanup`.

How long until the last is gone, how long a mint in another namespace takes meanwhile, from create to Ready, and whether
one of each form that is exempt stays (docs/decisions/0044). CLEANUP_TOKENS makes it smaller.
Writes bench/results/cleanup.md.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.client import Channel
from bench.meters import Burden, bind_to_cores, machine
from bench.mints.fairness_people import Latencies, Quiet
from bench.report import Target, table, targets, write
from bench.tokens import NAMESPACE, TOKENS, Json, put_minted
from pharia_access.domain.times import format_time
from tools.control_plane.api import OPERATOR, Api
from tools.control_plane.workspace import Workspace, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.control_plane.operators import RunningOperator

__all__ = ["main"]

QUIET: Final = "quiet"
_ENDED: Final = "ended-"
ALONE_MINTS: Final = 50
KEEP_DAYS: Final = 30
MOST_SECONDS: Final = 240.0
GIVE_UP_SECONDS: Final = 600.0
MOST_MINT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 2.0

_ARGO: Final = {"argocd.argoproj.io/tracking-id": "apps:access.pharia.ai/ApiToken:bench/argo"}
_OWNER: Final = {"apiVersion": "example.com/v1", "kind": "Claim", "name": "claim", "uid": "0", "controller": True}
EXEMPT: Final[Mapping[str, Json]] = {
    "Argo CD's annotation": {"annotations": _ARGO},
    "Flux's label": {"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}},
    "a Helm release": {"annotations": {"meta.helm.sh/release-name": "apps"}},
    "another controller": {"ownerReferences": [_OWNER]},
    "a restore": {"labels": {"velero.io/restore-name": "nightly"}},
    "a field manager": {},
}
"""What each has in its metadata. The last is written by the field manager of Argo CD."""

_HOW: Final = f"""\
Written by `python -m bench cleanup`. Revoked tokens whose end was noted {KEEP_DAYS + 1} days ago, and an operator that
is started with `PHARIA_ACCESS_DELETE_ENDED_AFTER={KEEP_DAYS * 24}h` and its default pace. "gone in" is from the moment
it leads to the last token that goes; "mint" is from create to Ready, of one client in another namespace, one token
after the other, alone (before there was anything to delete) and meanwhile. CPU in percent of one core; everything
shares the cores below."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How many are there, and how long a mint took before they were."""

    tokens: int
    alone: Latencies


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it."""

    scene: Scene
    meanwhile: Latencies
    seconds: float
    cpu: Mapping[str, float]
    stayed: frozenset[str]


def main() -> int:
    """Measure, write, and tell; 1 where an exempt token went."""
    shape = machine(bind_to_cores())
    tokens = int(os.environ.get("CLEANUP_TOKENS", "10000"))  # noqa: TID251 - a benchmark's own
    with bench_cluster() as cluster:
        quiet = Quiet(cluster.server, QUIET)
        alone = _fill(cluster, quiet, tokens)
        with cluster.operator("operator", _SETTINGS) as operator:
            it = asyncio.run(_play(cluster, operator, quiet, Scene(tokens, alone)))
    verdicts = [
        Target(f"s until the last of {tokens:,} is gone", it.seconds, at_most=MOST_SECONDS),
        Target("a mint elsewhere, p99 s", it.meanwhile.percentile(99), at_most=MOST_MINT_SECONDS),
        Target(f"tokens of the {len(EXEMPT)} exempt forms that stayed", len(it.stayed), at_least=len(EXEMPT)),
    ]
    heads = ["tokens", "gone in s", "a second", "mint alone p50 s", "p99 s", "meanwhile mints", "p50 s", "p99 s"]
    heads += ["most s", "CPU operator", "API server"]
    stayed = f"Stayed: {', '.join(form for form in EXEMPT if form in it.stayed) or 'none'}."
    parts = ["# Tokens that ended long ago are deleted", _HOW, shape, targets(verdicts), table(heads, [_row(it)])]
    write("cleanup", "\n\n".join([*parts, stayed]))
    return 0 if len(it.stayed) == len(EXEMPT) else 1


_SETTINGS: Final = {"PHARIA_ACCESS_LOG_LEVEL": "warning", "PHARIA_ACCESS_DELETE_ENDED_AFTER": f"{KEEP_DAYS * 24}h"}


def _row(it: Figures) -> list[str]:
    tokens, alone = it.scene.tokens, it.scene.alone
    times = [alone.percentile(50), alone.percentile(99)]
    mints = [it.meanwhile.percentile(percent) for percent in (50, 99, 100)]
    shares = [f"{it.cpu[name]:.0f}" for name in ("operator", "kube-apiserver")]
    row = [f"{tokens:,}", f"{it.seconds:.0f}", f"{tokens / it.seconds:.0f}", *(f"{one:.3f}" for one in times)]
    return [*row, str(len(it.meanwhile.seconds)), *(f"{one:.3f}" for one in mints), *shares]


def _fill(cluster: BenchCluster, quiet: Quiet, tokens: int) -> Latencies:
    """Put the tokens there, as they are long after they were revoked; how long a mint takes before."""
    cluster.control_plane.kubectl("create", "namespace", QUIET)
    place = Workspace(Api(cluster.control_plane.kubeconfig), QUIET)
    place.role()
    place.credential()
    cluster.delivered_token()
    with cluster.operator("before", {"PHARIA_ACCESS_LOG_LEVEL": "warning"}):
        revoking = Workspace(place.api, NAMESPACE)
        revoking.revoke("template")
        template = revoking.until_outcome("template", "Revoked", "Revoked")
        alone = asyncio.run(quiet.mint(enough=lambda minted: minted >= ALONE_MINTS, seconds=60))
    template["status"]["endsAt"] = format_time(now() - timedelta(days=KEEP_DAYS + 1))
    say(f"putting {tokens:,} ended tokens there")
    asyncio.run(put_minted(cluster.server, template, [f"{_ENDED}{number}" for number in range(tokens)]))
    _put_exempt(place.api, template)
    return alone


def _put_exempt(api: Api, template: Json) -> None:
    for number, (form, metadata) in enumerate(EXEMPT.items()):
        name = _name(number)
        body = {**template, "metadata": {"name": name, "namespace": NAMESPACE, **metadata}}
        manager = {"fieldManager": "argocd-controller"} if not metadata else {}
        made = api.create(body, **manager)
        assert made.ok, f"{form}: {made.message}"
        status = {**template["status"], "tokenID": f"{'a' * 15}{'bcdefg'[number]}"}
        status["delivery"] = {**status["delivery"], "secretName": f"{name}-token"}
        written = api.as_user(OPERATOR).patch(made.body, {"status": status}, subresource="status")
        assert written.ok, f"{form}: {written.message}"


def _name(number: int) -> str:
    return f"exempt-{number}"


async def _play(cluster: BenchCluster, operator: RunningOperator, quiet: Quiet, scene: Scene) -> Figures:
    left = [scene.tokens]
    burden, began = Burden(cluster.pids(operator)), time.monotonic()
    watching = asyncio.create_task(_watch(cluster, left))
    meanwhile = await quiet.mint(enough=lambda _: left[0] == 0, seconds=GIVE_UP_SECONDS)
    seconds, cpu = time.monotonic() - began, burden.percent()
    stayed = await watching
    forms = frozenset(form for number, form in enumerate(EXEMPT) if _name(number) in stayed)
    return Figures(scene, meanwhile, seconds, cpu, forms)


async def _watch(cluster: BenchCluster, left: list[int]) -> set[str]:
    """How many are left, now and then; the names of what stays."""
    channel = await Channel.open(cluster.server)
    began, names = time.monotonic(), set[str]()
    while left[0] and time.monotonic() - began < GIVE_UP_SECONDS:
        page = msgspec.json.decode(await channel.send("GET", f"{TOKENS}?limit=500"))
        names = {item["metadata"]["name"] for item in page["items"]}
        left[0] = sum(map(_goes, names)) + int(page["metadata"].get("remainingItemCount", 0))
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(LOOK_SECONDS)
    page = msgspec.json.decode(await channel.send("GET", TOKENS))
    channel.close()
    return {item["metadata"]["name"] for item in page["items"]}


def _goes(name: str) -> bool:
    return name.startswith(_ENDED)
