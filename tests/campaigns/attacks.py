"""Sequences of moves from seeds on a real control plane: `python -m tests.campaigns.attacks [--runs N] [--first SEED]`.

People attack, each with just their rights; what they reached is told with the fewest moves that reach it.
Exit status 1 if a goal was reached that is not known. Writes bench/results/attacks.md after at least 1,000 runs.
A seed plays the same moves again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.bench_cluster import say
from bench.meters import machine
from bench.report import table, write
from tests.attacks.attackers import PEOPLE
from tests.attacks.every_move import OBJECTS
from tests.attacks.generated import MOVES, generated
from tests.attacks.goals import GOALS
from tests.attacks.known import unexpected
from tests.attacks.play import played, shrunk
from tests.attacks.world import World, opened
from tools.control_plane.installation import install
from tools.control_plane.plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.attacks.moves import Move
    from tests.attacks.play import Outcome

__all__ = ["main"]

_ENOUGH = 1000
_TOLD_EVERY = 50
_READY = 8  # places furnished at a time


@dataclass(slots=True)
class _Sum:
    """What all runs came to."""

    runs: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    cells: set[tuple[object, ...]] = field(default_factory=set)
    known: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """One more run."""
        new = {sentence.partition(": ")[0] for sentence in unexpected(outcome)}
        self.runs += 1
        self.reached.update(new)
        self.known.update(outcome.goals.keys() - new)
        self.people.update(one.name for one in outcome.play.people)
        for step in outcome.evidence.steps:
            self.answers[step.reply.status] += 1
            self.cells.add(_cell(step.move))


def main() -> int:
    """Play the seeds, tell, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.attacks", description=__doc__)
    parser.add_argument("--runs", type=int, default=_ENOUGH)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    arguments = parser.parse_args()
    began, total = time.monotonic(), _Sum()
    say("starting a control plane, an operator and a verifier")
    with _world() as world:
        _play(world, range(arguments.first, arguments.first + arguments.runs), total)
    _report(total, time.monotonic() - began)
    return 1 if total.reached else 0


@contextmanager
def _world() -> Iterator[World]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pharia-access-attacks-")))
        control_plane = stack.enter_context(ControlPlane.start(folder / "control-plane"))
        install(control_plane)
        yield stack.enter_context(opened(control_plane, folder))


def _play(world: World, seeds: Sequence[int], total: _Sum) -> None:
    for number, seed in enumerate(seeds):
        if number % _READY == 0:
            world.furnish(min(_READY, len(seeds) - number))
        place = world.place()
        outcome = played(world, generated(seed), place=place)
        total.add(outcome)
        if unexpected(outcome):
            print(f"{outcome.told()}\nfewest moves:\n{shrunk(world, outcome).told()}", flush=True)
        world.clear(place)
        if total.runs % _TOLD_EVERY == 0:
            say(f"{total.runs} sequences, {sum(total.answers.values())} moves, {len(total.reached)} goals reached")


def _cell(move: Move) -> tuple[object, ...]:
    return move.target.kind, move.verb, move.field, move.subresource


def _report(total: _Sum, seconds: float) -> None:
    cells = {_cell(move) for move in MOVES}
    rows = [
        ["sequences", f"{total.runs:,}"],
        ["moves", f"{sum(total.answers.values()):,}"],
        *[[f"moves answered {status}", f"{count:,}"] for status, count in sorted(total.answers.items())],
        ["different moves that there are", f"{len(MOVES):,}"],
        ["kind x verb x field, tried of all", f"{len(total.cells & cells)} of {len(cells)}"],
        [
            "people who took part, of all with a right",
            f"{len(total.people)} of {sum(bool(one.rules) for one in PEOPLE)}",
        ],
        ["objects", str(sum(map(len, OBJECTS.values())))],
        ["minutes", f"{seconds / 60:.0f}"],
    ]
    goals = [
        [goal.name, f"{total.runs:,}", str(total.reached[goal.name]), str(total.known[goal.name])] for goal in GOALS
    ]
    head = "# Attacks\n\nWritten by `make attacks`: one or two people, one to ten moves each time, from seeds."
    counted = table(["goal", "sequences tried", "reached", "reached in a way that is known and not mended yet"], goals)
    text = f"{head}\n\n{machine(2)}\n\n{counted}\n\n{table(['what', 'number'], rows)}"
    if total.runs < _ENOUGH:
        print(text, flush=True)
    else:
        write("attacks", text)


if __name__ == "__main__":
    sys.exit(main())
