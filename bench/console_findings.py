"""What the parts of `python -m bench console` found, kept as JSON, and the page that is made of it.

The parts take some minutes each. `BENCH_PARTS=tokens,live` measures these alone; of the others the page keeps what they
found last, each with the machine that it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

import msgspec
import psutil

from bench.report import RESULTS, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Bound", "Findings", "at_most", "kept", "page", "spread"]

FILE: Final = RESULTS / "console.json"
BEFORE: Final = RESULTS / "console-before.json"
"""What this found before the console was last made faster, on the same machine: kept as it was."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure with its target, and what bounds it: where its time, its bytes or its memory go."""

    what: str
    value: float
    most: float
    why: str

    def row(self, before: Mapping[str, str]) -> list[str]:
        """For the table. `before`: what each figure was."""
        held = "yes" if self.value <= self.most else f"no, by {self.value - self.most:.3g}"
        return [
            self.what,
            f"{self.most:g}",
            before.get(self.what, ""),
            self.shown,
            held,
            self.why,
        ]

    @property
    def shown(self) -> str:
        """Its value in three digits."""
        return f"{self.value:.3g}" if self.value < 100 else f"{self.value:.0f}"


@dataclass(slots=True)
class Findings:
    """Of one part.

    Attributes:
        machine: lines on what machine it was, with its load before.
        spreads: rows of milliseconds: fastest, median, nine of ten, all.
        notes: sentences beside the tables.
        load: of the machine at the end.
    """

    name: str
    machine: str = ""
    bounds: list[Bound] = field(default_factory=list)
    spreads: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load: float = 0.0

    def keep(self, file: Path = FILE) -> None:
        """Put it beside what the other parts found."""
        self.load = psutil.getloadavg()[0]
        found = {**_read(file), self.name: self}
        file.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")


def at_most(most: float, what: str, value: float, why: str) -> Bound:
    """A figure that should not be higher."""
    return Bound(what, value, most, why)


def spread(what: str, values: Sequence[float]) -> list[str]:
    """How far milliseconds lie apart."""
    several = quantiles(values, n=10)[-1] if len(values) > 1 else values[0]
    shown = (min(values), median(values), several, max(values))
    return [what, str(len(values)), *(f"{value:.0f}" for value in shown)]


def kept(names: Iterable[str], file: Path = FILE) -> list[Findings]:
    """What these parts found last, in this order."""
    found = _read(file)
    return [found[name] for name in names if name in found]


def page(head: str, found: Sequence[Findings], before: Path = BEFORE) -> str:
    """The whole as Markdown; `before`: what was found before, for the column of that name."""
    earlier = list(_read(before).values())
    figures = {bound.what: bound.shown for each in earlier for bound in each.bounds}
    bounds = [bound.row(figures) for each in found for bound in each.bounds]
    spreads = [row for each in found for row in each.spreads]
    parts = [
        head,
        table(["what", "at most", "before", "measured", "held", "what bounds it"], bounds),
        table(["ms", "rounds", "fastest", "median", "9 of 10 at most", "slowest"], spreads),
        "\n".join(f"- {note}" for each in found for note in each.notes),
        *(_conditions(each, "") for each in found),
        *(_conditions(each, ", before") for each in earlier),
    ]
    return "\n\n".join(parts)


def _conditions(found: Findings, when: str) -> str:
    return f"## Machine: {found.name}{when}\n\n{found.machine}\n- load average at the end: {found.load:.1f}"


def _read(file: Path) -> dict[str, Findings]:
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Findings]) if file.exists() else {}
