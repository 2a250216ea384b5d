"""What `bench scale` found: each run a line in results/scale.jsonl, and results/scale.md from all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from bench.report import RESULTS, Target, table, targets, write
from bench.scale.growth import exponent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FIGURES", "Figure", "Run", "keep", "write_report"]

MANY = 100_000
"""How many tokens the targets are about."""

MOST_GROWTH = 1.1

_PROCESSES = ("operator", "standby", "verifier", "kube-apiserver", "etcd", "kube-controller-manager")
_ENDING = "tokens that end in one second"
_LINES = RESULTS / "scale.jsonl"


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured.

    Attributes:
        grows: whether its exponent is held against the target; else it tells nothing of how we scale.
        by: the figure of which its exponent is, where that is not the number of tokens.
    """

    group: str
    name: str
    at_most: float | None = None
    grows: bool = True
    by: str = ""

    @property
    def key(self) -> str:
        """Its name in the lines."""
        return f"{self.group}: {self.name}"


@dataclass(frozen=True, slots=True)
class Run:
    """So many tokens under so many credentials, and what was measured."""

    tokens: int
    credentials: int
    figures: Mapping[str, float]

    @property
    def title(self) -> str:
        """For the head of a column."""
        return f"{self.tokens:,} under {self.credentials:,}"


def _of_processes(
    what: str, group: str, *, operator: float | None = None, verifier: float | None = None
) -> list[Figure]:
    bounds = {"operator": operator, "standby": operator, "verifier": verifier}
    return [Figure(group, f"{name}, {what}", bounds.get(name), grows=name in bounds) for name in _PROCESSES]


FIGURES: tuple[Figure, ...] = (
    Figure("Load", "tokens/s", grows=False),
    Figure("Load", "etcd, bytes a token", grows=False),
    Figure("Start", "operator: leading with a full view and all its dates, s", 60),
    Figure("Start", "operator: until the list that follows has ended too, s", 60),
    Figure("Start", "operator: until it rests, s"),
    Figure("Start", "operator: MiB at most"),
    Figure("Start", "requests: LIST"),
    Figure("Start", "requests: GET", grows=False),
    Figure("Start", "requests: all others", grows=False),
    Figure("Start", "standby: ready, s"),
    Figure("Start", "verifier: ready, s"),
    *_of_processes("MiB", "At rest", operator=300, verifier=250),
    *_of_processes("% of a core", "At rest", operator=2, verifier=2),
    Figure("At rest", "its lists, % of a core of the operator", 2),
    Figure("At rest", "requests a minute: all", grows=False),
    Figure("At rest", "requests a minute: GET", grows=False),
    Figure("At rest", "requests a minute: PUT", grows=False),
    Figure("At rest", "requests a minute: LIST", grows=False),
    Figure("At rest", "requests a minute: WATCH", grows=False),
    Figure("Churn", "changes/s", grows=False),
    *_of_processes("MiB", "Churn"),
    *_of_processes("% of a core", "Churn"),
    Figure("Failover", "kill -9 to the first mint, s", 20),
    Figure("Role edit", "tokens of the credential", grows=False),
    Figure("Role edit", "API answer to the verifier's other answer, ms"),
    Figure("Role edit", "requests of the operator", grows=False),
    Figure("Expiry", _ENDING, grows=False),
    Figure("Expiry", "asked after their end", grows=False),
    Figure("Expiry", "accepted after their end", 0, grows=False),
    Figure("Expiry", "the last marked, s", 120, by=f"Expiry: {_ENDING}"),
    Figure("Expiry", "mints meanwhile", grows=False),
    Figure("Expiry", "p99 of the mints meanwhile, s", 2),
    *[Figure("Expiry", f"{name}, ms of CPU a token", grows=False) for name in (*_PROCESSES, "this benchmark")],
)


def keep(run: Run) -> None:
    """Add a run; one of the same size before it is replaced."""
    others = [known for known in _read() if (known.tokens, known.credentials) != (run.tokens, run.credentials)]
    runs = sorted([*others, run], key=lambda known: (known.tokens, known.credentials))
    lines = [json.dumps({"tokens": r.tokens, "credentials": r.credentials, "figures": dict(r.figures)}) for r in runs]
    RESULTS.mkdir(exist_ok=True)
    _LINES.write_text("\n".join(lines) + "\n")


def write_report(shape: str) -> None:
    """Write results/scale.md from all runs that are kept."""
    runs = _read()
    parts = ["# Scale", _INTRODUCTION, shape, _verdicts(runs)]
    for group, figures in groupby(FIGURES, key=lambda figure: figure.group):
        parts += [f"## {group}", _table(list(figures), runs)]
    write("scale", "\n\n".join(parts))


def _read() -> list[Run]:
    lines = _LINES.read_text().splitlines() if _LINES.exists() else []
    return [Run(**json.loads(line)) for line in lines]


def _verdicts(runs: Sequence[Run]) -> str:
    """Targets of the largest number of tokens, and of growth."""
    largest = max(runs, key=lambda run: run.tokens)
    found = [
        Target(f"{figure.key}", largest.figures[figure.key], at_most=figure.at_most)
        for figure in FIGURES
        if figure.at_most is not None and figure.key in largest.figures
    ]
    growths = {f.key: growth for f in FIGURES if f.grows and (growth := _growth(f, runs)) is not None}
    if growths:
        worst = max(growths, key=lambda key: growths[key])
        found.append(Target(f"the largest exponent of N ({worst})", growths[worst], at_most=MOST_GROWTH))
    note = "" if largest.tokens >= MANY else f" The targets are for {MANY:,}, which were not run."
    return f"At {largest.title} credentials.{note}\n\n{targets(found)}"


def _table(figures: Sequence[Figure], runs: Sequence[Run]) -> str:
    rows = [
        [f.name, *(_text(run.figures.get(f.key)) for run in runs), _exponent_text(_growth(f, runs))]
        for f in figures
        if any(f.key in run.figures for run in runs)
    ]
    return table(["tokens under credentials", *(run.title for run in runs), "exponent of N"], rows)


def _growth(figure: Figure, runs: Sequence[Run]) -> float | None:
    measured = [run for run in runs if figure.key in run.figures]
    return exponent((run.figures[figure.by] if figure.by else run.tokens, run.figures[figure.key]) for run in measured)


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _exponent_text(value: float | None) -> str:
    return "-" if value is None else f"{round(value, 2) + 0.0:.2f}"  # no -0.00


_INTRODUCTION = f"""\
Written by `make scale`, from results/scale.jsonl: API server, etcd, controllers, two operators, a verifier and the load
share the cores below. The last column is the exponent of N that fits best: 1 where a figure doubles with the number of
tokens, 0 where it stays; that of the marking of ends is of the tokens that end. The targets are for {MANY:,} tokens."""
