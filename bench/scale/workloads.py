"""What WorkloadTokens cost beside many tokens: `BENCH_TOKENS=10000 WORKLOADS=1000 python -m bench scale-workloads`.

One cluster, four rounds in the order without, with, with, without: an operator and a verifier start, rest, and are
used. Before the second round all WorkloadTokens get their first token at once, and then all another. Before the last
one they leave etcd with what they made. Writes bench/results/scale-workloads.md.
"""

from __future__ import annotations

import base64
import os
import time
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import bench_cluster, say
from bench.meters import Burden, bind_to_cores, machine, memory
from bench.requests import by_account
from bench.scale.scale import load
from bench.scale.scale_cluster import Figures, Plan, ScaleCluster
from bench.scale.scale_rest import LEADING, LISTED, at_rest, verifier_start, wait_for, wait_until_at_rest
from bench.scale.workloads_at_once import PREFIX, QUIET_NAMESPACE, AtOnce
from bench.scale.workloads_report import write_report
from bench.scale.workloads_use import PREFIX as USED
from bench.scale.workloads_use import Use
from bench.tokens import NAMESPACE
from tools.control_plane.api import OPERATOR
from tools.control_plane.etcd import ask_etcd
from tools.control_plane.operators import start_operator

if TYPE_CHECKING:
    from collections import Counter

__all__ = ["main"]

_STORED: Final = ("access.pharia.ai/workloadtokens", "access.pharia.ai/apitokens", "secrets")
"""Where etcd keeps a WorkloadToken, its ApiTokens and their Secrets."""
_LOOKS: Final = ("update secrets", "delete secrets")
"""Dry runs, where nothing rotates."""
_API_SERVER_SECONDS: Final = 10
"""Right after its start it answers 503 for custom resources, and takes CPU of its own."""
_WRITES: Final = ("create ", "update ", "patch ", "delete ")


def main() -> int:
    """Measure, and tell."""
    plan, shape = Plan.from_environment(), machine(bind_to_cores())
    count = int(os.environ.get("WORKLOADS", "1000"))  # noqa: TID251 - a benchmark's own
    with bench_cluster() as cluster:
        scale_cluster, at_once = ScaleCluster(cluster, plan), AtOnce(cluster, count)
        try:
            load(scale_cluster)
            _caught_up(scale_cluster, "first")
            use = Use(scale_cluster)
            rounds = [_round(scale_cluster, "1", use)]
            story = at_once.first_tokens() | at_once.others()
            _forget(scale_cluster, QUIET_NAMESPACE, "")
            rounds += [_round(scale_cluster, "2", use), _round(scale_cluster, "3", use)]
            _forget(scale_cluster, NAMESPACE, PREFIX)
            rounds.append(_round(scale_cluster, "4", use))
        finally:
            scale_cluster.stop()
    write_report(shape, plan.tokens, count, story=story, rounds=rounds)
    return 0


def _caught_up(scale_cluster: ScaleCluster, name: str) -> Figures:
    """An operator starts, as the only one, and looks through everything; it goes on."""
    control_plane = scale_cluster.cluster.control_plane
    began = time.monotonic()
    operator = start_operator(control_plane, scale_cluster.cluster.root / f"operator-{name}")
    scale_cluster.operators["operator"] = operator
    burden = Burden({"operator": operator.process.pid})
    wait_for(operator, LEADING, 1, scale_cluster.plan.seconds(120, 0.01))
    leading = time.monotonic() - began
    wait_for(operator, LISTED, 2, scale_cluster.plan.seconds(120, 0.01))
    listed = time.monotonic() - began
    wait_until_at_rest(scale_cluster)
    figures = {
        "Start: operator: leading, s": leading,
        "Start: operator: until the list that follows has ended, s": listed,
        "Start: operator: seconds of CPU until it rests": burden.seconds()["operator"],
        "Start: operator: MiB at most": memory(operator)[1],
    }
    if name == "first":
        _stop(scale_cluster)
    return figures


def _round(scale_cluster: ScaleCluster, name: str, use: Use) -> Figures:
    """All that is measured with what is there now."""
    say(f"round {name}")
    control_plane = scale_cluster.cluster.control_plane
    control_plane.restart_api_server()
    time.sleep(_API_SERVER_SECONDS)
    log = control_plane.audit_log.stat().st_size
    figures = _caught_up(scale_cluster, name)
    figures |= _told("Start", by_account(control_plane, OPERATOR, start=log))
    figures |= verifier_start(scale_cluster)
    wait_until_at_rest(scale_cluster)
    log = control_plane.audit_log.stat().st_size
    figures |= at_rest(scale_cluster)
    figures |= _told("At rest", by_account(control_plane, OPERATOR, start=log))
    figures |= use.measure()
    _stop(scale_cluster)
    _forget(scale_cluster, NAMESPACE, USED)
    return figures


def _told(group: str, requests: Counter[str]) -> Figures:
    """The operator's requests; looks at Secrets are dry runs and change nothing."""
    say(f"{group}: the operator asked: {dict(requests)}")
    looks = sum(requests[what] for what in _LOOKS)
    writes = sum(count for what, count in requests.items() if what.startswith(_WRITES))
    return {
        f"{group}: operator: requests": requests.total(),
        f"{group}: operator: looks at Secrets": looks,
        f"{group}: operator: writes": writes - looks,
        f"{group}: operator: writes of WorkloadTokens": requests["patch workloadtokens"],
    }


def _stop(scale_cluster: ScaleCluster) -> None:
    """Of the next round both are new."""
    scale_cluster.stop()
    scale_cluster.operators.clear()
    scale_cluster.verifier = None


def _forget(scale_cluster: ScaleCluster, namespace: str, prefix: str) -> None:
    """Take out of etcd what has names like this, as if it had never been."""
    say(f"{namespace}/{prefix}... leaves etcd")
    for kind in _STORED:
        key = f"/registry/{kind}/{namespace}/{prefix}"
        span = {"key": key, "range_end": key[:-1] + chr(ord(key[-1]) + 1)}
        keys: dict[str, object] = {name: base64.b64encode(end.encode()).decode() for name, end in span.items()}
        ask_etcd(scale_cluster.cluster.control_plane, "/v3/kv/deleterange", keys)
