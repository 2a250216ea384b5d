"""Resource servers of other projects before the real verifier: `python -m bench introspection-clients`.

`CLIENTS` names some of them by their folders, and then nothing is written down. Writes
bench/results/introspection-clients.md.
"""

from __future__ import annotations

import http.client
import os
import time
from typing import TYPE_CHECKING

from bench.bench_cluster import bench_cluster, say
from bench.introspection.report import page
from bench.introspection.stage import stage
from bench.introspection.trials import tried
from bench.meters import bind_to_cores, machine
from bench.report import write
from tools.introspection.proxies import PROXIES
from tools.introspection.services import SERVICES

if TYPE_CHECKING:
    from bench.introspection.trials import Trial

__all__ = ["main"]


def main() -> int:
    """Try all of them and write it down; the exit status is 1 where a token passed that is not good."""
    named = os.environ.get("CLIENTS", "").split()  # noqa: TID251 - a benchmark's own
    chosen = [client for client in (*SERVICES, *PROXIES) if not named or client.folder in named]
    for client in chosen:
        say(f"there is {client.versions()}")  # built before anything is timed
    conditions = machine(bind_to_cores())
    with bench_cluster() as cluster, stage(cluster) as made:
        trials = [
            tried(client, made, cluster.root / client.folder / str(number)) for number, client in enumerate(chosen)
        ]
        day = time.strftime("%Y-%m-%d", time.gmtime())
        written = page(trials, day=day, conditions=conditions, texts=made.texts)
    if named:
        print(written)
    else:
        write("introspection-clients", written)
    return _status(trials)


def _status(trials: list[Trial]) -> int:
    """Tell of tokens that passed and should not have, or the other way round."""
    wrong = [
        f"{trial.name}: {situation}"
        for trial in trials
        for situation, answer in trial.answers.items()
        if situation != "two tokens" and (answer.status == http.client.OK) != (situation == "good")
    ]
    for each in wrong:
        say(f"NOT AS IT SHOULD BE: {each}")
    return 1 if wrong else 0
