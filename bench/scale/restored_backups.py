"""Backups by kubectl, put back: `python -m bench restore`.

20 tokens and their credential are kept by `kubectl get --output=json`, deleted, and put back by `kubectl apply`, in
their namespace and into another one, RESTORE_RUNS times (20). Counts which tokens are there afterwards, minted anew.
Writes bench/results/restore.md.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.meters import bind_to_cores, machine
from bench.report import table, write
from tools.control_plane.api import Api
from tools.control_plane.backups import back_up, fill, survivors
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["main"]

TOKENS: Final = 20

_HOW: Final = f"""\
Written by `python -m bench restore`. {TOKENS} tokens and their credential are kept by `kubectl get --output=json`. "In
their namespace": the credential is deleted, its tokens go with it, and the file is applied as it is. "In another one":
it is applied there while the originals stay. Counted once Kubernetes' garbage collector has taken a piece of garbage
that was made afterwards; a token counts if it is Active, with another ID than before."""


def main() -> int:
    """Restore, count, write; 1 where a token was lost."""
    shape = machine(bind_to_cores())
    runs = int(os.environ.get("RESTORE_RUNS", "20"))  # noqa: TID251 - a benchmark's own
    with bench_cluster() as cluster, cluster.operator("operator"):
        found = list(_play(cluster, runs))
    rows = [[f"{number}", *map(str, counts)] for number, counts in enumerate(found, 1)]
    whole = [sum(counts[place] == TOKENS for counts in found) for place in (0, 1)]
    summary = f"All {TOKENS} were there: in {whole[0]} of {runs} runs in their namespace, in {whole[1]} in another one."
    heads = ["run", "in their namespace", "in another one"]
    write("restore", "\n\n".join(["# Backups by kubectl, put back", _HOW, shape, summary, table(heads, rows)]))
    return 0 if whole == [runs, runs] else 1


def _play(cluster: BenchCluster, runs: int) -> Iterator[tuple[int, int]]:
    for number in range(runs):
        names = f"from-{number}", f"to-{number}"
        for name in names:
            cluster.control_plane.kubectl("create", "namespace", name)
        place = Workspace(Api(cluster.control_plane.kubeconfig), names[0])
        fill(place, TOKENS)
        copied = back_up(cluster.control_plane, place, then_delete=False)
        elsewhere = survivors(copied.put_back(names[1]), copied)
        kept = back_up(cluster.control_plane, place)
        counts = survivors(kept.put_back(names[0]), kept), elsewhere
        say(f"run {number + 1}: {counts[0]} of {TOKENS} in their namespace, {counts[1]} in another one")
        yield counts
        for name in names:
            cluster.control_plane.kubectl("delete", "namespace", name, "--wait=false")
