"""The page of `bench service-accounts`: what was seen, beside what it should be."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from math import exp, log
from typing import Final

from bench.checks.check import TOKENS
from bench.checks.forged_flood import FLOODERS, GOOD, Scene
from bench.checks.unseen_tokens import Parts
from bench.meters import machine
from bench.report import Target, table, targets, write

__all__ = [
    "FLOOD_ROUNDS",
    "FLOOD_SECONDS",
    "OWN",
    "ROUNDS",
    "SECONDS",
    "UNSEEN_ROUNDS",
    "Results",
    "Round",
    "Scene",
    "Unseen",
    "report",
]

OWN: Final = "own"
ROUNDS: Final = 9
UNSEEN_ROUNDS: Final = 3
SECONDS: Final = 1
FLOOD_ROUNDS: Final = 5
FLOOD_SECONDS: Final = 3
_LEAST_RATIO: Final = 0.9
_MOST_UNSEEN: Final = 300
_MOST_BESIDE: Final = 2
_MOST_READINGS: Final = 2
"""Of the keys, in a scene of at most some seconds: one that a token asks for, and one by the clock."""
_MOST_GROWTH_MIB: Final = 64
_RESAMPLES: Final = 10_000
_HOW: Final = f"""\
Written by `python -m bench service-accounts`: one verifier on one core with {TOKENS:,} tokens of our own and a
credential that a ServiceAccount holds, wrk on the other, keep-alive over loopback, /auth/nginx on the fast path, by
Debian's CPython where the machine has it. The issuer's keys, one for RS256 (2048 bits) and one for ES256, come from a
file in the place of the API server; when they are read is the verifier's own.

- Seen: {ROUNDS} rounds of {SECONDS} s for each load. In a round each kind of token is asked with, in shuffled order.
  The ratio is the geometric mean over the rounds, and the interval that of 95 % by resampling rounds. Before 10,000
  tokens in turn are measured, they are asked with for 1 s: the memory holds some 30,000, which is all three kinds.
- Unseen: medians of {UNSEEN_ROUNDS} rounds of 3,000 tokens, each asked with once over 8 connections; then once more.
  The parts are measured in one process, without a request.
- Flood: {FLOOD_ROUNDS} rounds of {FLOOD_SECONDS} s. Good tokens, own and ServiceAccounts', come over {GOOD}
  connections, about 1,000 checks a second, by a wrk that runs whenever it can (SCHED_FIFO). Forged ones come over
  {FLOODERS} connections, on the same core as that wrk, each as soon as the last is refused.

Beside other work on the machine, the CPU of a check says more than the rate. A p99 says nothing then: the range of the
quiet one tells how much else there was."""

Round = dict[str, dict[str, float]]
"""By kind of token: its rate, and the CPU of a check."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Microseconds of CPU of a check over HTTP: the first with a token, and the second."""

    first: float
    again: float
    parts: Parts


@dataclass(frozen=True, slots=True)
class Results:
    """All that was seen."""

    unseen: dict[str, Unseen]
    seen: dict[str, list[Round]]
    scenes: list[Scene]


def report(results: Results) -> None:
    """Write the page."""
    parts = [
        "# Tokens of ServiceAccounts",
        _HOW,
        machine(2),
        targets([*_seen_targets(results), *_unseen_targets(results), *_flood_targets(results)]),
        "## Tokens that the verifier has seen",
        _seen_table(results),
        "## Tokens that it has not seen",
        _unseen_table(results),
        "## Good tokens beside forged ones",
        _flood_table(results),
    ]
    write("service-accounts", "\n\n".join(parts))


def _seen_targets(results: Results) -> list[Target]:
    return [
        Target(
            f"{kind}, checks/s as a ratio to own tokens: {load}", _ratio(rounds, kind, "rate")[0], at_least=_LEAST_RATIO
        )
        for load, rounds in results.seen.items()
        for kind in results.unseen
    ]


def _unseen_targets(results: Results) -> list[Target]:
    return [
        Target(f"{kind}, unseen: CPU us of a check", found.first, at_most=_MOST_UNSEEN)
        for kind, found in results.unseen.items()
    ]


def _flood_targets(results: Results) -> list[Target]:
    quiet, *floods = results.scenes
    bound = round(_MOST_BESIDE * statistics.median(quiet.p99), 2)
    times = [Target(f"p99 ms of good tokens: {one.name}", statistics.median(one.p99), at_most=bound) for one in floods]
    asked = [
        Target(f"readings of the keys in a round: {one.name}", max(one.readings), at_most=_MOST_READINGS)
        for one in floods
    ]
    grown = max(one.mib[-1] for one in floods) - floods[-1].mib[0]
    return [
        *times,
        *asked,
        Target("MiB by which the verifier grows after the first round", grown, at_most=_MOST_GROWTH_MIB),
    ]


def _seen_table(results: Results) -> str:
    rows = []
    for load, rounds in results.seen.items():
        for kind in (OWN, *results.unseen):
            rate, cpu = (statistics.median(each[kind][what] for each in rounds) for what in ("rate", "cpu"))
            ratios = ["1", "1"] if kind == OWN else [_told(_ratio(rounds, kind, what)) for what in ("rate", "cpu")]
            rows.append([load, kind, f"{rate:,.0f}", ratios[0], f"{cpu:.1f}", ratios[1]])
    return table(["load", "token", "checks/s", "x own", "CPU us a check", "x own"], rows)


def _unseen_table(results: Results) -> str:
    heads = ["CPU us", "check, unseen", "check, again", "header", "signature", "claims", "rules", "forged signature"]
    rows = []
    for kind, found in results.unseen.items():
        parts = found.parts
        figures = (parts.header, parts.signature, parts.claims, parts.rules, parts.wrong_signature)
        rows.append([kind, *(f"{figure:.1f}" for figure in (found.first, found.again, *figures))])
    return table(heads, rows)


def _flood_table(results: Results) -> str:
    heads = ["beside", "good/s", "forged/s", "p50 ms", "p99 ms", "range of p99", "MiB", "readings"]
    return table(heads, [_flood_row(scene) for scene in results.scenes])


def _flood_row(scene: Scene) -> list[str]:
    return [
        scene.name,
        f"{statistics.median(scene.good):,.0f}",
        f"{statistics.median(scene.refused or [0]):,.0f}",
        f"{statistics.median(scene.p50):.2f}",
        f"{statistics.median(scene.p99):.2f}",
        f"{min(scene.p99):.2f} to {max(scene.p99):.2f}",
        f"{scene.mib[0]:.0f} to {scene.mib[-1]:.0f}",
        str(sum(scene.readings)),
    ]


def _told(ratio: tuple[float, float, float]) -> str:
    middle, low, high = ratio
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"


def _ratio(rounds: list[Round], kind: str, what: str) -> tuple[float, float, float]:
    """The geometric mean of the ratios to own tokens, and its interval of 95 % by resampling rounds."""
    logs = [log(each[kind][what] / each[OWN][what]) for each in rounds]
    drawn = (random.choices(logs, k=len(logs)) for _ in range(_RESAMPLES))  # noqa: S311 - no secret
    means = sorted(map(statistics.fmean, drawn))
    ends = means[_RESAMPLES * 25 // 1000], means[_RESAMPLES * 975 // 1000]
    return exp(statistics.fmean(logs)), exp(ends[0]), exp(ends[1])
