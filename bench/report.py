"""Results as Markdown: tables, targets held or missed, one file a benchmark in bench/results/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RESULTS", "Target", "table", "targets", "words", "write"]

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Target:
    """A number and the bound that it should keep; one of the bounds is given."""

    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def held(self) -> bool:
        """Whether the bound is kept."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def words(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same, of words: every column to the left."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def targets(verdicts: Sequence[Target]) -> str:
    """What should be, what was, and whether that is good."""
    rows = [
        [
            target.what,
            f"at least {target.at_least:g}" if target.at_least is not None else f"at most {target.at_most:g}",
            f"{target.value:.2f}",
            "yes" if target.held else "no",
        ]
        for target in verdicts
    ]
    return table(["what", "target", "measured", "held"], rows)


def write(name: str, text: str) -> None:
    """Print the result and keep it."""
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.md"
    file.write_text(f"{text}\n")
    print(f"\n{text}\n\nwritten to {file.relative_to(RESULTS.parent.parent)}", flush=True)
