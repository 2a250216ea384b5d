"""What became of the mistakes: the score, run by run, and each that no test noticed, with a verdict."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.report import RESULTS, table, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.mutants.mutant_sites import Site

__all__ = ["Fate", "Tried", "write_report"]

_RUNS: Final = RESULTS / "mutants.jsonl"
_VERDICTS: Final = Path(__file__).with_name("mutant_verdicts.toml")
_WHAT: Final = """\
Small mistakes in `domain/` and `services/`, one at a time (`make mutants`); the unit tests of these packages that run
the changed lines are asked whether they notice. Others, and the integration tests, are not asked. Operators: mutmut's
without those for words and for what mypy refuses, and a call dropped, a keyword argument dropped, a condition or an
answer negated (`bench/mutants/mutant_sites.py`). The score is the share that was noticed. A run with `MISSED=1` takes
over what the one before it noticed. The load is the machine's when the run ended."""


class Fate(StrEnum):
    """What became of a mistake."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    UNTESTED = "untested"


@dataclass(frozen=True, slots=True)
class Tried:
    """One mistake, as text, and its fate."""

    path: str
    line: int
    operator: str
    change: tuple[str, ...]
    fate: Fate

    @classmethod
    def of(cls, site: Site, fate: Fate) -> Tried:
        """Describe a site."""
        return cls(str(site.path), site.lines[0], site.operator.removeprefix("operator_").strip("_"), _diff(site), fate)

    @property
    def what(self) -> tuple[str, ...]:
        """The change, wherever it stands in its file."""
        return (self.path, self.operator, *self.change)

    @property
    def noticed(self) -> bool:
        """Whether a test failed, or went on for ever."""
        return self.fate in {Fate.KILLED, Fate.TIMED_OUT}


def _diff(site: Site) -> tuple[str, ...]:
    lines = unified_diff(site.path.read_text().splitlines(), site.source().splitlines(), n=0, lineterm="")
    return tuple(f"{line[0]} {line[1:].strip()}" for line in list(lines)[2:] if line[0] in "+-")


def write_report(fates: Sequence[Tried], *, seed: int, of: int, seconds: float) -> None:
    """Keep the run's figures beside those of earlier ones, and write the page of this one."""
    kinds = Counter(one.fate for one in fates)
    run = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",  # noqa: TID251 - a tool's own
        "commit": _commit(),
        "seed": seed,
        "drawn": len(fates),
        "of": of,
        **{fate.name.lower(): kinds[fate] for fate in Fate},
        "minutes": round(seconds / 60, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    with _RUNS.open("a") as runs:
        runs.write(json.dumps(run) + "\n")
    write("mutants", page([json.loads(line) for line in _RUNS.read_text().splitlines()], fates, read_verdicts()))


def page(runs: Sequence[dict[str, object]], fates: Iterable[Tried], verdicts: dict[tuple[str, ...], str]) -> str:
    """All runs in a table, of the last one what nobody noticed, and what was found about others before."""
    heads = ["date", "commit", "seed", "drawn", "of", *(fate.name.lower() for fate in Fate), "minutes", "load"]
    rows = [[*(str(run[head]) for head in heads), _score(run)] for run in runs]
    unnoticed = sorted((one for one in fates if not one.noticed), key=lambda one: (one.path, one.line))
    now = {one.what for one in unnoticed}
    missed = [_section(one.what, one.fate, verdicts) for one in unnoticed]
    before = [_section(what, "earlier", verdicts) for what in verdicts if what not in now]
    return "\n\n".join(
        [
            "# Mutants",
            _WHAT,
            table([*heads, "score"], rows),
            "## Not noticed in the last run",
            *(missed or ["Nothing."]),
            "## Not noticed in an earlier run, and what was found",
            *(before or ["Nothing."]),
        ]
    )


def _score(run: dict[str, object]) -> str:
    counts = {fate: int(str(run[fate.name.lower()])) for fate in Fate}
    return f"{(counts[Fate.KILLED] + counts[Fate.TIMED_OUT]) / max(1, sum(counts.values())):.1%}"


def _section(what: tuple[str, ...], fate: str, verdicts: dict[tuple[str, ...], str]) -> str:
    path, operator, *lines = what
    change = "\n".join(lines)
    return f"`{path}` ({operator}, {fate}): {verdicts.get(what, 'not judged yet')}\n\n```diff\n{change}\n```"


def read_verdicts() -> dict[tuple[str, ...], str]:
    """What was found about mistakes that are not noticed, by `Tried.what`."""
    entries = tomllib.loads(_VERDICTS.read_text())["mutant"]
    return {
        (entry["path"], entry["operator"], *entry["change"].strip().splitlines()): entry["verdict"] for entry in entries
    }


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()
