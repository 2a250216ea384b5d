"""What people notice in a round of `bench scale-workloads`: how fast tokens are minted, checked, and refused."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Final

from bench.bench_cluster import say
from bench.checks.check_client import CheckConnection
from bench.client import Channel
from bench.mints.fairness_people import Latencies
from bench.tokens import TOKENS, Mints
from tools.control_plane.api import MERGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.scale.scale_cluster import Figures, ScaleCluster

__all__ = ["PREFIX", "Use"]

PREFIX: Final = "used-"
"""Of the names of tokens that are minted here."""

CHECKS: Final = 3000
REVOCATIONS: Final = 50
MINTS: Final = 300
_AT_A_TIME: Final = 16
_WARM_UP: Final = 20
_DEADLINE_SECONDS: Final = 10.0


class Use:
    """Of each round the same; tokens that one round revokes no other asks for."""

    def __init__(self, scale_cluster: ScaleCluster) -> None:
        self._scale_cluster = scale_cluster
        self._numbers: Iterator[int] = iter(range(scale_cluster.plan.tokens))

    def measure(self) -> Figures:
        """With the operator and the verifier that run. Raises ClientError, TimeoutError."""
        say(f"{CHECKS} checks, {REVOCATIONS} revocations, {MINTS} mints")
        return asyncio.run(self._measure())

    async def _measure(self) -> Figures:
        checks, revocations = await self._checks(), await self._revocations()
        mints = Mints(self._scale_cluster.cluster.server, PREFIX.rstrip("-"))
        async with mints.following():
            await mints.mint(iter(range(_WARM_UP)), at_a_time=_AT_A_TIME)
            minted = await mints.mint(iter(range(MINTS)), at_a_time=_AT_A_TIME)
        return {
            **_milliseconds("Use: check", checks),
            **_milliseconds("Use: API answer of a revocation to the first refusal", revocations),
            f"Use: mints/s, {_AT_A_TIME} at a time": minted.rate,
            f"Use: create to Ready, p99, {_AT_A_TIME} at a time, s": minted.percentile(99),
        }

    async def _checks(self) -> Latencies:
        """Of one good token after the other, each for the first time of this verifier."""
        asker, took = await CheckConnection.of(self._scale_cluster.running_verifier), Latencies()
        texts = self._scale_cluster.texts[-CHECKS:]  # those that are revoked are the first ones
        for text in texts:
            began = time.perf_counter()
            _expect_good(await asker.ask(text))
            took.seconds.append(time.perf_counter() - began)
        asker.close()
        return took

    async def _revocations(self) -> Latencies:
        asker, took = await CheckConnection.of(self._scale_cluster.running_verifier), Latencies()
        channel = await Channel.open(self._scale_cluster.cluster.server)
        for number in islice(self._numbers, REVOCATIONS):
            text = self._scale_cluster.texts[number]
            _expect_good(await asker.ask(text))
            await channel.send("PATCH", f"{TOKENS}/t{number}", b'{"spec":{"revoked":true}}', form=MERGE)
            took.seconds.append(await asker.until_refused(text, "/auth/nginx", within=_DEADLINE_SECONDS))
        channel.close()
        asker.close()
        return took


def _expect_good(status: int) -> None:
    if status != HTTPStatus.OK:
        message = f"a good token was answered with {status}"
        raise TimeoutError(message)


def _milliseconds(what: str, took: Latencies) -> Figures:
    return {f"{what}, p{percent}, ms": 1000 * took.percentile(percent) for percent in (50, 99)}
