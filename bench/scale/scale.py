"""What many tokens cost, and how long things take among them: `make scale N=10000 CREDENTIALS=1000`.

Half of the tokens, at most 10,000, belong to one credential; the others are spread over all the rest. Each phase is a
function that answers figures. Adds a line to bench/results/scale.jsonl, and writes bench/results/scale.md.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

from bench.bench_cluster import bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.scale.scale_changes import churn, failover, role_edit
from bench.scale.scale_cluster import BIG, Figures, Plan, ScaleCluster
from bench.scale.scale_expiry import expiry
from bench.scale.scale_report import Run, keep, write_report
from bench.scale.scale_rest import at_rest, first_start, operator_start, standby_start, verifier_start
from bench.scale.seeding import Planned, fill, put_credentials, put_role, read_keyring
from bench.tokens import Json
from pharia_access.domain.token import mint
from tools.control_plane.etcd import ask_etcd, compact

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["load", "main"]

LIFE = "240h"
"""Of all tokens: so short that no warning comes before their end."""


def main() -> int:
    """Measure, keep, and tell."""
    plan, shape = Plan.from_environment(), machine(bind_to_cores())
    figures: Figures = {}
    with bench_cluster() as cluster:
        scale_cluster = ScaleCluster(cluster, plan)
        try:
            for phase in _PHASES:
                figures |= phase(scale_cluster)
        finally:
            scale_cluster.stop()
    keep(Run(plan.tokens, plan.credentials, figures))
    write_report(shape)
    return 0


def load(scale_cluster: ScaleCluster) -> Figures:
    """The tokens and their credentials are put there."""
    plan, control_plane = scale_cluster.plan, scale_cluster.cluster.control_plane
    template = scale_cluster.cluster.delivered_token(ttl=LIFE)
    say(f"putting {plan.tokens} tokens under {plan.credentials} credentials there")
    before = _etcd_bytes(scale_cluster)
    rate = asyncio.run(_put(scale_cluster, template))
    control_plane.restart_api_server()  # what the load left in its memory is gone
    return {
        "Load: tokens/s": rate,
        "Load: etcd, bytes a token": (_etcd_bytes(scale_cluster) - before) / plan.tokens,
    }


async def _put(scale_cluster: ScaleCluster, template: Json) -> float:
    """How many tokens a second were created by requests."""
    plan, server = scale_cluster.plan, scale_cluster.cluster.server
    keyring = await read_keyring(server)
    await put_role(server, "extra")
    big = await put_credentials(server, [BIG], ["studio-user", "extra"])
    others = await put_credentials(server, (f"c{n}" for n in range(plan.credentials - 1)), ["studio-user"])
    spread = islice(cycle(others), plan.tokens - plan.of_big)
    texts = [mint("pharia", secrets.token_bytes) for _ in range(plan.tokens)]
    holders = [*spread, *(big * plan.of_big)]
    planned = (Planned(f"t{n}", text, holder) for n, (text, holder) in enumerate(zip(texts, holders, strict=True)))
    scale_cluster.texts = [text.reveal() for text in texts]
    return await fill(scale_cluster.cluster, template, keyring, planned)


def _etcd_bytes(scale_cluster: ScaleCluster) -> int:
    """What etcd holds, without what is only history."""
    compact(scale_cluster.cluster.control_plane)
    time.sleep(1)  # it is done in the background
    status = ask_etcd(scale_cluster.cluster.control_plane, "/v3/maintenance/status", {})
    return int(status["dbSizeInUse"])


_PHASES: tuple[Callable[[ScaleCluster], Figures], ...] = (
    load,
    first_start,
    operator_start,
    verifier_start,
    standby_start,
    at_rest,
    churn,
    failover,
    role_edit,
    expiry,
)
