"""Whether anything grows that should not: `make soak SOAK_MINUTES=60`.

Two operators and a verifier among 2,000 tokens, ten changes and a hundred checks a second, watches of 5 s, and now and
then a proxy is cut.
Every 15 s their memory, open files, threads and tasks are noted, and how often they connected. Writes
bench/results/soak.md.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
from contextlib import ExitStack
from itertools import pairwise

from bench.bench_cluster import BenchCluster, bench_cluster, say
from bench.checks.check_client import CHECKS_PER_SECOND, Client
from bench.meters import bind_to_cores, machine
from bench.report import Target, table, targets, write
from bench.scale.churn import PER_SECOND, Churn
from bench.scale.seeding import Holder, Planned, put_tokens, read_keyring
from bench.scale.soak_samples import Replica, Sample
from pharia_access.domain.token import mint
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.operators import start_operator
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, start_verifier, write_keyring

__all__ = ["main"]

TOKENS = 2000
SAMPLE_SECONDS = 15
CUT_SECONDS = 120
"""Between two cuts of one proxy or another, on average."""
MOST_MIB_AN_HOUR = 5.0
POOL = 32
"""Connections: 24 of the operator's own pool, and Kopf's."""

_WATCHES = {"PHARIA_ACCESS_WATCH_TIMEOUT": "5s"}


def main() -> int:
    """Watch, write, and tell; status 1 where something grew."""
    minutes = float(os.environ.get("SOAK_MINUTES", "60"))  # noqa: TID251 - a benchmark's own
    shape = machine(bind_to_cores())
    with ExitStack() as stack:
        cluster = stack.enter_context(bench_cluster())
        texts = _fill(cluster)
        operators = _operators(cluster, stack)
        verifier, client = _verifier(cluster, stack, list(texts.values()))
        replicas = [*operators, verifier]
        say(f"{PER_SECOND:.0f} changes and {CHECKS_PER_SECOND} checks a second for {minutes:g} minutes")
        ran = asyncio.run(_soak(cluster, replicas, client, list(texts), minutes * 60))
    verdicts = [
        *(Target(f"MiB an hour of the {r.name}, second half", r.growth, at_most=MOST_MIB_AN_HOUR) for r in replicas),
        *(Target(f"more open files of the {r.name} in the second half", r.more("files"), at_most=0) for r in replicas),
        *(Target(f"connections of the {r.name} at a time", r.most_connections, at_most=POOL) for r in replicas),
        *(Target(f"more tasks of the {r.name} in the second half", r.more("tasks"), at_most=0) for r in replicas),
    ]
    _report(shape, f"{minutes:g} minutes, {ran}.", replicas, verdicts)
    return 0 if all(target.held for target in verdicts) else 1


def _fill(cluster: BenchCluster) -> dict[str, str]:
    """Tokens' texts by their names."""
    template = cluster.delivered_token()
    holder = Holder.of(template)
    planned = [Planned(f"t{number}", mint("pharia", secrets.token_bytes), holder) for number in range(TOKENS)]

    async def fill() -> None:
        await put_tokens(cluster.server, template, await read_keyring(cluster.server), planned)

    say(f"putting {TOKENS} tokens there")
    asyncio.run(fill())
    return {plan.name: plan.text.reveal() for plan in planned}


def _operators(cluster: BenchCluster, stack: ExitStack) -> list[Replica]:
    return [_operator(cluster, stack, name) for name in ("first operator", "second operator")]


def _operator(cluster: BenchCluster, stack: ExitStack, name: str) -> Replica:
    folder, cuttable_proxy = (
        cluster.root / name.replace(" ", "-"),
        stack.enter_context(CuttableProxy(cluster.control_plane.server_url)),
    )
    folder.mkdir()
    kubeconfig = cluster.control_plane.service_account_kubeconfig(
        NAMESPACE, OPERATOR_ACCOUNT, folder / "kubeconfig", server=cuttable_proxy.url
    )
    operator = start_operator(cluster.control_plane, folder, kubeconfig=kubeconfig)
    stack.callback(operator.process.stop)
    operator.wait_until_ready(timeout=60)
    return Replica(name, cuttable_proxy, operator)


def _verifier(cluster: BenchCluster, stack: ExitStack, texts: list[str]) -> tuple[Replica, Client]:
    folder, cuttable_proxy = (
        cluster.root / "verifier",
        stack.enter_context(CuttableProxy(cluster.control_plane.server_url)),
    )
    write_keyring(cluster.control_plane, folder / "keyring")
    kubeconfig = cluster.control_plane.service_account_kubeconfig(
        NAMESPACE, VERIFIER_ACCOUNT, folder / "kubeconfig", server=cuttable_proxy.url
    )
    verifier = start_verifier(cluster.control_plane, folder, _WATCHES, kubeconfig=kubeconfig)
    stack.callback(verifier.process.stop)
    verifier.wait_until_ready(timeout=60)
    return Replica("verifier", cuttable_proxy, verifier), Client(verifier, texts)


async def _soak(
    cluster: BenchCluster, replicas: list[Replica], client: Client, names: list[str], seconds: float
) -> str:
    """What was done, in words. Raises ProcessError if the verifier was wrong once."""
    rng = random.Random(7)  # noqa: S311 - the same cuts and edits each time
    asking = asyncio.create_task(client.ask_on())
    churn = asyncio.create_task(Churn(cluster.server, names, rng).run(seconds))
    began, cuts = time.monotonic(), 0
    while not churn.done():
        for replica in replicas:
            replica.look((time.monotonic() - began) / 3600)
        if rng.random() < SAMPLE_SECONDS / CUT_SECONDS:
            cuttable_proxy = rng.choice(replicas).cuttable_proxy
            cuttable_proxy.cut()
            cuttable_proxy.mend()
            cuts += 1
        await asyncio.wait([churn], timeout=SAMPLE_SECONDS)
        if asking.done():
            asking.result()
    asking.cancel()
    return f"{churn.result():.1f} changes/s, {client.asked:,} checks answered as they must be, {cuts} cuts of a proxy"


def _report(shape: str, ran: str, replicas: list[Replica], verdicts: list[Target]) -> None:
    rows = [[replica.name, *_row(replica)] for replica in replicas]
    heads = ["process", "MiB at a quarter", "half", "three quarters", "end", "files", "connections", "threads", "tasks"]
    parts = [
        "# Soak",
        _INTRODUCTION,
        shape,
        ran,
        targets(verdicts),
        table(heads, rows),
        table(["connections made in the quarter", "1", "2", "3", "4"], [[r.name, *_connections(r)] for r in replicas]),
    ]
    write("soak", "\n\n".join(parts))


def _row(replica: Replica) -> list[str]:
    spans = [_span(replica, what) for what in ("files", "connections", "threads", "tasks")]
    return [*(f"{sample.mib:.1f}" for sample in _quarters(replica)[1:]), *spans]


def _span(replica: Replica, what: str) -> str:
    values = [getattr(sample, what) for sample in replica.second_half]
    return f"{min(values)} to {max(values)}"


def _connections(replica: Replica) -> list[str]:
    """How many it made in each quarter: what is cut, and each watch that ends."""
    return [str(after.connected - before.connected) for before, after in pairwise(_quarters(replica))]


def _quarters(replica: Replica) -> list[Sample]:
    """The first sample, and the last ones of the four quarters."""
    samples = replica.samples
    return [samples[min(len(samples) - 1, len(samples) * part // 4)] for part in range(5)]


_INTRODUCTION = """\
Written by `make soak`: two operators and a verifier among 2,000 tokens; edits, creations, revocations and deletions;
checks of good tokens and forged ones; the verifier's watches last 5 s. The slope is that of least squares over the
second half."""
