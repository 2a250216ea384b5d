"""The first phases of `bench scale`: operators and a verifier start among many tokens, and rest."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import TYPE_CHECKING

from bench.bench_cluster import say
from bench.meters import Burden, memory
from bench.requests import by_verb, since
from bench.scale.scale_cluster import Figures, ScaleCluster
from pharia_access.services.operator.lists import REST_AFTER_LIST
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tools.control_plane.operators import RunningOperator

__all__ = [
    "LEADING",
    "LISTED",
    "at_rest",
    "first_start",
    "operator_start",
    "standby_start",
    "verifier_start",
    "wait_for",
    "wait_until_at_rest",
]

REST_SECONDS = 30
RESYNC_SECONDS = 900
"""How often the operator lists everything."""

LISTED = '"full list done", "namespace": "*"'
"""Of the tokens; the roles have a line of their own."""
LEADING = '"leading"'
_RESTS_BELOW = 3.0  # percent of a core
_LOOK_SECONDS = 3.0
_OURS = ("operator", "standby", "verifier")


def first_start(scale_cluster: ScaleCluster) -> Figures:
    """An operator brings everything in sync that was put there: the credentials' counts. It is not measured."""
    say("an operator looks through everything once")
    operator = scale_cluster.start_operator("first")
    wait_for(operator, LISTED, 2, scale_cluster.plan.seconds(60, 0.006))
    _wait_until_idle(operator, scale_cluster.plan.seconds(60, 0.006))
    scale_cluster.operators.pop("first").process.stop()
    return {}


def operator_start(scale_cluster: ScaleCluster) -> Figures:
    """From the start of the process; and what that takes of the API server."""
    say("an operator starts")
    before, began = asyncio.run(by_verb(scale_cluster.cluster.server)), time.monotonic()
    operator = scale_cluster.start_operator("operator")
    wait_for(operator, LEADING, 1, scale_cluster.plan.seconds(60, 0.004))
    leading = time.monotonic() - began
    wait_for(operator, LISTED, 2, scale_cluster.plan.seconds(60, 0.006))
    listed = time.monotonic() - began
    say(f"leading after {leading:.1f} s, and the list that follows ended after {listed:.1f} s")
    wait_until_at_rest(scale_cluster)
    requests = asyncio.run(since(scale_cluster.cluster.server, before))
    return {
        "Start: operator: leading with a full view and all its dates, s": leading,
        "Start: operator: until the list that follows has ended too, s": listed,
        "Start: operator: until it rests, s": time.monotonic() - began - _LOOK_SECONDS,
        "Start: operator: MiB at most": memory(operator)[1],
        "Start: requests: LIST": requests["LIST"],
        "Start: requests: GET": requests["GET"],
        "Start: requests: all others": requests.total() - requests["LIST"] - requests["GET"],
        "At rest: its lists, % of a core of the operator": _share_of_lists(_list_seconds(operator)),
    }


def verifier_start(scale_cluster: ScaleCluster) -> Figures:
    """From the start of the process until it answers."""
    say("a verifier starts")
    began = time.monotonic()
    scale_cluster.start_verifier().wait_until_ready(timeout=scale_cluster.plan.seconds(60, 0.002))
    return {"Start: verifier: ready, s": time.monotonic() - began}


def standby_start(scale_cluster: ScaleCluster) -> Figures:
    """The second operator, until it could take over."""
    say("a second operator starts")
    began = time.monotonic()
    standby = scale_cluster.start_operator("standby")
    standby.wait_until_ready(timeout=scale_cluster.plan.seconds(60, 0.004))
    ready = time.monotonic() - began
    wait_for(
        standby, LISTED, 2, scale_cluster.plan.seconds(60, 0.006)
    )  # it waits for the API server, and seems to rest
    wait_until_at_rest(scale_cluster)
    return {"Start: standby: ready, s": ready}


def at_rest(scale_cluster: ScaleCluster) -> Figures:
    """Nobody does anything."""
    say(f"at rest for {REST_SECONDS} s")
    before, burden = asyncio.run(by_verb(scale_cluster.cluster.server)), Burden(scale_cluster.pids())
    time.sleep(REST_SECONDS)
    figures = burden_figures("At rest", burden)
    requests = asyncio.run(since(scale_cluster.cluster.server, before))
    minutes = REST_SECONDS / 60
    shown = {verb: requests[verb] / minutes for verb in ("GET", "PUT", "LIST", "WATCH")}
    shown = {"all": requests.total() / minutes, **shown}
    return figures | {f"At rest: requests a minute: {verb}": count for verb, count in shown.items()}


def burden_figures(group: str, burden: Burden) -> Figures:
    """CPU since the burden was made, and memory now."""
    percent = {f"{group}: {name}, % of a core": value for name, value in burden.percent().items()}
    return percent | {f"{group}: {name}, MiB": value for name, value in burden.mib().items()}


def wait_until_at_rest(scale_cluster: ScaleCluster) -> None:
    """What a start brings with it is over."""
    pids = {name: pid for name, pid in scale_cluster.pids().items() if name in _OURS}

    def rests() -> bool:
        burden = Burden(pids)
        time.sleep(_LOOK_SECONDS)
        return max(burden.percent().values()) < _RESTS_BELOW

    wait_until(rests, what="nobody works any more", timeout=scale_cluster.plan.seconds(60, 0.006))


def wait_for(operator: RunningOperator, words: str, times: int, seconds: float) -> None:
    """Until its log says so, so often: asking it would cost what is measured."""
    operator.process.wait_until(
        lambda: operator.process.log_text().count(words) >= times, what=f"{words} in the log", timeout=seconds
    )


def _wait_until_idle(operator: RunningOperator, seconds: float) -> None:
    """Until nothing waits in its queue, twice in a row."""
    seen = Counter[bool]()

    def idle() -> bool:
        time.sleep(1)
        empty = "pharia_access_queue_depth 0.0" in operator.get("/metrics")[1]
        seen[True] = seen[True] + 1 if empty else 0
        return seen[True] > 2

    operator.process.wait_until(idle, what="its queue is empty", timeout=seconds)


def _share_of_lists(seconds: float) -> float:
    """At most: not all of a list's time is CPU of ours."""
    return 100 * seconds / max(RESYNC_SECONDS, min(seconds * REST_AFTER_LIST, 2 * RESYNC_SECONDS))


def _list_seconds(operator: RunningOperator) -> float:
    """How long its first list took, when nothing else was to do."""
    line = next(line for line in operator.process.log_text().splitlines() if LISTED in line)
    return float(json.loads(line)["seconds"])
