"""What `bench matrix` found: a line a version in results/kubernetes.jsonl, and results/kubernetes.md from all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypedDict
from xml.etree import ElementTree as ET

from bench.report import RESULTS, table, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["ALL", "Conditions", "Outcome", "Run", "keep", "outcome", "text", "write_report"]

ALL = "all"
_LINES = RESULTS / "kubernetes.jsonl"
_HOW = """\
# The integration tests on each version of Kubernetes

Written by `make matrix KUBERNETES=1.32`, one version at a time: the tests of `make integration` with that version's
kube-apiserver, kube-controller-manager and kubectl, built from source. etcd and Helm are the same for all. A test is
skipped where the machine lacks a program or a right; its run says which."""


class Outcome(TypedDict):
    """How the tests of a run ended."""

    passed: int
    skipped: int
    failed: list[str]
    """Their names, also of those that could not be set up."""


class Conditions(TypedDict):
    """What a run was on."""

    version: str
    server: str
    commit: str
    day: str
    conditions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run on one version, and its conditions."""

    version: str
    server: str
    commit: str
    day: str
    tests: str
    """The options that chose them, or `ALL`."""
    workers: int
    minutes: float
    conditions: str
    passed: int
    skipped: int
    failed: Sequence[str]


def outcome(report: Path) -> Outcome:
    """Read pytest's JUnit report."""
    cases = list(ET.parse(report).iter("testcase"))  # noqa: S314 - written by our own pytest
    failed = sorted({_name(case) for case in cases if _ended(case, "failure", "error")})
    skipped = {_name(case) for case in cases if _ended(case, "skipped")}
    names = {_name(case) for case in cases}
    return {"passed": len(names - skipped - set(failed)), "skipped": len(skipped), "failed": failed}


def keep(run: Run, lines: Path = _LINES) -> None:
    """Add a run; one on the same version before it is replaced."""
    runs = sorted(
        [*(known for known in _read(lines) if known.version != run.version), run],
        key=lambda known: [int(part) for part in known.version.split(".")],
    )
    lines.parent.mkdir(exist_ok=True)
    lines.write_text("".join(json.dumps(asdict(known)) + "\n" for known in runs), encoding="utf-8")


def write_report() -> None:
    """Write results/kubernetes.md from all runs that are kept."""
    write("kubernetes", text(_read(_LINES)))


def text(runs: Iterable[Run]) -> str:
    """The page."""
    known = list(runs)
    heads = ["Kubernetes", "passed", "failed", "skipped", "tests", "minutes", "processes", "day", "commit"]
    rows = [
        [
            run.server,
            f"{run.passed:,}",
            str(len(run.failed)),
            str(run.skipped),
            "all" if run.tests == ALL else "a part",
            f"{run.minutes:.1f}",
            str(run.workers),
            run.day,
            run.commit,
        ]
        for run in known
    ]
    return "\n\n".join([_HOW, table(heads, rows), *map(_details, known)])


def _details(run: Run) -> str:
    names = "\n".join(f"- `{name}`" for name in run.failed)
    failures = f"\n\nFailed:\n\n{names}" if run.failed else ""
    part = "" if run.tests == ALL else f"\n\nOnly `{run.tests}`."
    return f"## {run.server}\n\n{run.conditions}{part}{failures}"


def _read(lines: Path) -> list[Run]:
    written = lines.read_text(encoding="utf-8").splitlines() if lines.exists() else []
    return [Run(**json.loads(line)) for line in written]


def _name(case: ET.Element) -> str:
    return f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"


def _ended(case: ET.Element, *ways: str) -> bool:
    return any(case.find(way) is not None for way in ways)
