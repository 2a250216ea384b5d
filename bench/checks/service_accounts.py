"""Tokens of ServiceAccounts beside our own: `python -m bench service-accounts`.

One verifier on one core takes both; wrk asks from the other. First checks per second with tokens that it has seen, in
pairs; then what an unseen token costs, whole and by part; then good tokens beside forged ones. Writes
bench/results/service-accounts.md.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.bench_cluster import say
from bench.checks import service_accounts_report as pages
from bench.checks.asked import count_in
from bench.checks.check import ASKED, images_python, write_tokens
from bench.checks.forged_flood import play, scenes
from bench.checks.one_client import running_verifier
from bench.checks.service_accounts_report import OWN, Results, Round
from bench.checks.signed_tokens import EsKey, RsKey, SigningKey, forged, key_set, signed
from bench.checks.unseen_tokens import cost_of_all, costs_of_parts
from bench.checks.wrk import Load, Wrk
from pharia_access.bootstrap.clocks import SystemClock
from tools.debian_programs import find_program

__all__ = ["main"]

_EACH: Final = 3000
"""Unseen tokens of a kind in a round."""
_GOOD: Final = 500
_LOADS: Final = (
    Load("1 connection", of=(), connections=1),
    Load("8 connections", of=(), connections=8),
    Load("64 connections", of=()),
    Load(f"64, {ASKED:,} tokens in turn", of=(), script="in_turn.lua"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running verifier, and those who sign for it."""

    root: Path
    now: int
    keys: tuple[SigningKey, ...]
    port: int
    verifier: psutil.Process

    @property
    def key_set(self) -> Path:
        """Where the verifier reads the issuer's keys."""
        return self.root / "keys.json"

    def file_of(self, kind: str, texts: list[str]) -> Path:
        """Write them, one a line."""
        file = self.root / kind
        file.write_text("\n".join(texts))
        return file


def main() -> int:
    """Measure, write, and tell."""
    with tempfile.TemporaryDirectory(prefix="pharia-access-service-accounts-") as folder:
        root = Path(folder)
        own = write_tokens(root)
        keys = (RsKey(), EsKey())
        (root / "keys.json").write_bytes(key_set(*keys))
        with running_verifier(root, "--issuer-keys", root / "keys.json", python=images_python()) as (port, process):
            stage = Stage(root, int(SystemClock.wall()), keys, port, psutil.Process(process.pid))
            results = Results(unseen=_unseen(stage), seen=_seen(stage, own), scenes=_flood(stage))
    pages.report(results)
    return 0


def _seen(stage: Stage, own: str) -> dict[str, list[Round]]:
    """By load."""
    program = find_program("wrk")
    askers = {OWN: Wrk(program, own, stage.root / "asked")}
    for key in stage.keys:
        texts = signed(key, stage.now, ASKED)
        askers[key.algorithm] = Wrk(program, texts[0], stage.file_of(f"seen-{key.algorithm}", texts))
    for asker in askers.values():
        asker.run(_LOADS[-1], stage.port, seconds=2)
    found: dict[str, list[Round]] = {}
    for load in _LOADS:
        say(load.name)
        found[load.name] = [_round(stage, askers, load) for _ in range(pages.ROUNDS)]
    return found


def _round(stage: Stage, askers: dict[str, Wrk], load: Load) -> Round:
    """What each kind of token did, in turn. What is asked in turn is asked first for a second that does not count."""
    found = {}
    for name in random.sample(list(askers), len(askers)):
        if load.script:
            askers[name].run(load, stage.port, seconds=pages.SECONDS)
        found[name] = _measured(stage, askers[name], load)
    return found


def _measured(stage: Stage, wrk: Wrk, load: Load) -> dict[str, float]:
    """Checks a second, and microseconds of CPU for a check."""
    before = _cpu(stage.verifier)
    count, seconds = count_in(wrk.run(load, stage.port, seconds=pages.SECONDS))
    return {"rate": count / seconds, "cpu": 1e6 * (_cpu(stage.verifier) - before) / count}


def _unseen(stage: Stage) -> dict[str, pages.Unseen]:
    """By algorithm."""
    found, wrk = {}, Wrk(find_program("wrk"), "", stage.root / "asked")
    for key in stage.keys:
        say(f"unseen, {key.algorithm}")
        costs = []
        for number in range(pages.UNSEEN_ROUNDS):
            file = stage.file_of(f"unseen-{number}", signed(key, stage.now, _EACH))
            first = cost_of_all(wrk, file, port=stage.port, process=stage.verifier)
            costs.append((first, cost_of_all(wrk, file, port=stage.port, process=stage.verifier)))
        good, bad = signed(key, stage.now, _EACH), forged(key, stage.now, _EACH)
        parts = costs_of_parts(key, stage.key_set.read_bytes(), good, bad)
        unseen, again = map(statistics.median, zip(*costs, strict=True))
        found[key.algorithm] = pages.Unseen(unseen, again, parts)
    return found


def _flood(stage: Stage) -> list[pages.Scene]:
    good = (stage.root / "asked").read_text().splitlines()[:_GOOD]
    for key in stage.keys:
        good += signed(key, stage.now, _GOOD)
    random.shuffle(good)
    file = stage.file_of("good", good)
    found = scenes(stage.root, *stage.keys, now=stage.now)
    for number in range(pages.FLOOD_ROUNDS):
        say(f"flood: round {number + 1} of {pages.FLOOD_ROUNDS}")
        for scene in found:
            play(
                scene,
                good=file,
                port=stage.port,
                keys=stage.key_set,
                verifier=stage.verifier,
                seconds=pages.FLOOD_SECONDS,
            )
    return found


def _cpu(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))
