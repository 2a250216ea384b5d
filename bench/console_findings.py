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
    from collections.abc import Iterable, Sequence

__all__ = ["Bound", "Findings", "at_most", "kept", "page", "spread"]

FILE: Final = RESULTS / "console.json"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure with its target, and what bounds it: where its time, its bytes or its memory go."""

    what: str
    value: float
    most: float
    why: str

    @property
    def row(self) -> list[str]:
        """For the table."""
        held = "yes" if self.value <= self.most else f"no, by {self.value - self.most:.3g}"
        return [
            self.what,
            f"{self.most:g}",
            f"{self.value:.3g}" if self.value < 100 else f"{self.value:.0f}",
            held,
            self.why,
        ]


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


def page(head: str, found: Sequence[Findings]) -> str:
    """The whole as Markdown."""
    bounds = [bound.row for each in found for bound in each.bounds]
    spreads = [row for each in found for row in each.spreads]
    parts = [
        head,
        table(["what", "at most", "measured", "held", "what bounds it"], bounds),
        table(["ms", "rounds", "fastest", "median", "9 of 10 at most", "slowest"], spreads),
        "\n".join(f"- {note}" for each in found for note in each.notes),
        *(f"## Machine: {each.name}\n\n{each.machine}\n- load average at the end: {each.load:.1f}" for each in found),
    ]
    return "\n\n".join(parts)


def _read(file: Path) -> dict[str, Findings]:
    return msgspec.json.decode(file.read_bytes(), type=dict[str, Findings]) if file.exists() else {}
