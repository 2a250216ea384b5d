"""A quiet cluster: `python -m bench quiet`.

Verifiers of all namespaces and of 64 watch a control plane in which nothing happens. Each second each is asked about a
token that nobody has minted: it must say 401, since it hears the API server, and never 503. What that costs the API
server is counted. QUIET_MINUTES=10 for those with the default bound. Writes bench/results/quiet.md.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import Burden, bind_to_cores, machine
from bench.report import Target, table, targets, write
from pharia_access.domain.token import mint
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.narrow_rights import NarrowRights
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, start_verifier

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["main"]

NAMESPACES: Final = tuple(f"quiet-{number}" for number in range(64))
SHORT_MINUTES: Final = 2.0
SETTLE_SECONDS: Final = 10
_HOW: Final = """\
Written by `python -m bench quiet`: one verifier at a time on a control plane in which nothing else happens; each second
it is asked about a token that was never minted. Requests are those that the API server's audit log has of the verifier,
a watch being one; CPU in percent of one core."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who watches what, and for how long."""

    name: str
    namespaces: tuple[str, ...]
    contact: str
    minutes: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen."""

    scene: Scene
    answers: Counter[int]
    requests: float
    cpu: dict[str, float]
    mib: float


def main() -> int:
    """Measure, write, and tell; status 1 where an unknown token was answered otherwise than 401."""
    minutes = float(os.environ.get("QUIET_MINUTES", "10"))  # noqa: TID251 - a benchmark's own
    shape = machine(bind_to_cores())
    with bench_cluster() as cluster:
        for namespace in NAMESPACES:
            cluster.control_plane.kubectl("create", "namespace", namespace)
        rights = NarrowRights(cluster.control_plane, NAMESPACES)
        idle = _idle(cluster)
        scenes = [
            Scene("all namespaces", (), "30s", minutes),
            Scene("64 namespaces", NAMESPACES, "30s", minutes),
            Scene("64 namespaces", NAMESPACES, "90s", SHORT_MINUTES),
            Scene("64 namespaces", NAMESPACES, "10s", SHORT_MINUTES),
        ]
        outcomes = [_play(cluster, rights, scene) for scene in scenes]
    wrong = [sum(outcome.answers.values()) - outcome.answers[401] for outcome in outcomes]
    _report(shape, idle, outcomes, sum(wrong))
    return int(any(wrong))


def _idle(cluster: BenchCluster) -> float:
    """The API server's share of a core while nobody watches."""
    say("nobody watches")
    time.sleep(3 * SETTLE_SECONDS)
    burden = Burden(_api_server(cluster))
    time.sleep(60)
    return burden.percent()["kube-apiserver"]


def _play(cluster: BenchCluster, rights: NarrowRights, scene: Scene) -> Outcome:
    say(f"{scene.name}, CONTACT_BOUND {scene.contact}, {scene.minutes:g} minutes")
    root = cluster.root / f"{len(list(cluster.root.iterdir()))}"
    running, user = _start(cluster, rights, scene, root)
    try:
        running.wait_until_ready(timeout=60)
        time.sleep(SETTLE_SECONDS)
        since = cluster.control_plane.audit_log.stat().st_size
        burden = Burden({"verifier": running.process.pid, **_api_server(cluster)})
        answers = _ask(running, 60 * scene.minutes)
        cpu, mib = burden.percent(), burden.mib()["verifier"]
        events = list(cluster.control_plane.audit_events(user, since=since))
        requests = sum(event["stage"] == "ResponseComplete" for event in events) / (60 * scene.minutes)
        return Outcome(scene, answers, requests, cpu, mib)
    finally:
        running.process.stop()


def _start(cluster: BenchCluster, rights: NarrowRights, scene: Scene, root: Path) -> tuple[RunningVerifier, str]:
    root.mkdir()
    account = "narrow-verifier" if scene.namespaces else VERIFIER_ACCOUNT
    kubeconfig = rights.kubeconfig("verifier", root / "kubeconfig") if scene.namespaces else None
    settings = {
        "PHARIA_ACCESS_WATCH_NAMESPACES": ",".join(scene.namespaces),
        "PHARIA_ACCESS_CONTACT_BOUND": scene.contact,
    }
    running = start_verifier(cluster.control_plane, root, settings, kubeconfig=kubeconfig)
    return running, f"system:serviceaccount:{NAMESPACE}:{account}"


def _ask(running: RunningVerifier, seconds: float) -> Counter[int]:
    answers: Counter[int] = Counter()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        unknown = mint("pharia", secrets.token_bytes).reveal()
        answers[running.ask("/auth/nginx", unknown).status] += 1
        time.sleep(1)
    return answers


def _api_server(cluster: BenchCluster) -> dict[str, int]:
    return {process.name: process.pid for process in cluster.control_plane.processes if "apiserver" in process.name}


def _report(shape: str, idle: float, outcomes: list[Outcome], wrong: int) -> None:
    tell: tuple[Callable[[Outcome], str], ...] = (
        lambda one: one.scene.name,
        lambda one: one.scene.contact,
        lambda one: f"{one.scene.minutes:g}",
        lambda one: ", ".join(f"{times:,} x {status}" for status, times in one.answers.items()),
        lambda one: f"{one.requests:.1f}",
        lambda one: f"{one.cpu['kube-apiserver']:.1f}",
        lambda one: f"{one.cpu['verifier']:.1f}",
        lambda one: f"{one.mib:.0f}",
    )
    heads = ["watched", "CONTACT_BOUND", "minutes", "answers", "requests/s", "API server %", "verifier %", "MiB"]
    rows = [[column(outcome) for column in tell] for outcome in outcomes]
    idle_row = ["nobody", "", "1", "", "0.0", f"{idle:.1f}", "", ""]
    verdict = targets([Target("unknown tokens answered otherwise than 401", wrong, at_most=0)])
    write("quiet", "\n\n".join(["# A quiet cluster", _HOW, shape, verdict, table(heads, [idle_row, *rows])]))
