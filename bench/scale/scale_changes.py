"""The phases of `bench scale` in which something changes: churn, the leader's end, and an edit of a credential."""

from __future__ import annotations

import asyncio
import json
import random
import time
from http import HTTPStatus

from bench.bench_cluster import say
from bench.checks.check_client import CheckConnection
from bench.client import Channel
from bench.meters import Burden
from bench.requests import by_account
from bench.scale.churn import Churn
from bench.scale.scale_cluster import BIG, Figures, ScaleCluster
from bench.scale.scale_rest import burden_figures
from bench.scale.seeding import CREDENTIALS
from bench.tokens import Mints
from tools.control_plane.api import MERGE, OPERATOR

__all__ = ["churn", "failover", "role_edit"]

CHURN_SECONDS = 60
EDIT_SECONDS = 10
"""How long after an edit of roles the operator's requests are counted, and the verifier's answer must have changed."""


def churn(scale_cluster: ScaleCluster) -> Figures:
    """Ten changes a second."""
    say(f"churn for {CHURN_SECONDS} s")
    there = [f"t{number}" for number in range(min(1000, scale_cluster.plan.tokens))]
    work = Churn(scale_cluster.cluster.server, there, random.Random(7))  # noqa: S311 - the same edits each time
    burden = Burden(scale_cluster.pids())
    rate = asyncio.run(work.run(CHURN_SECONDS))
    return {"Churn: changes/s": rate, **burden_figures("Churn", burden)}


def failover(scale_cluster: ScaleCluster) -> Figures:
    """The leader is killed and a token created at once: until it is Ready, by the other's hand."""
    say("the leader is killed")
    seconds = asyncio.run(_failover(scale_cluster))
    scale_cluster.operators["operator"] = scale_cluster.operators.pop("standby")
    say(f"the other minted after {seconds:.1f} s")
    return {"Failover: kill -9 to the first mint, s": seconds}


async def _failover(scale_cluster: ScaleCluster) -> float:
    mints = Mints(scale_cluster.cluster.server, "failover")
    async with mints.following():
        began = time.monotonic()
        scale_cluster.operators["operator"].process.kill()
        await mints.mint(iter([1]), at_a_time=1)
        return time.monotonic() - began


def role_edit(scale_cluster: ScaleCluster) -> Figures:
    """A credential with many tokens loses a role."""
    say("a credential with many tokens loses a role")
    log = scale_cluster.cluster.control_plane.audit_log.stat().st_size
    milliseconds = asyncio.run(_role_edit(scale_cluster))
    time.sleep(EDIT_SECONDS)
    requests = by_account(
        scale_cluster.cluster.control_plane, OPERATOR, start=log
    )  # looks at one-time Secrets go on beside
    say(f"the operator asked: {dict(requests)}")
    return {
        "Role edit: tokens of the credential": scale_cluster.plan.of_big,
        "Role edit: API answer to the verifier's other answer, ms": milliseconds,
        "Role edit: requests of the operator": sum(n for what, n in requests.items() if what != "delete secrets"),
    }


async def _role_edit(scale_cluster: ScaleCluster) -> float:
    channel = await Channel.open(scale_cluster.cluster.server)
    asker = await CheckConnection.of(scale_cluster.running_verifier)
    text = scale_cluster.texts[-1]
    if await asker.ask(text, _EXTRA) != HTTPStatus.OK:
        message = "the credential's role does not count before it is taken away"
        raise TimeoutError(message)
    await channel.send("PATCH", f"{CREDENTIALS}/{BIG}", _WITHOUT, form=MERGE)
    seconds = await asker.until_refused(text, _EXTRA, within=EDIT_SECONDS)
    channel.close()
    asker.close()
    return 1000 * seconds


_EXTRA = "/auth/nginx?role=extra"
_WITHOUT = json.dumps({"spec": {"roles": ["studio-user"]}}).encode()
