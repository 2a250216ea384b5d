"""All that can be tried, as cells of a table: user x verb x field x state; and how they are dealt out to sequences."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.attacks.mint_model import FIELDS, VERBS, Field, State, Subject, may_edit
from tests.attacks.mint_people import LAPSED, LAPSING, PEOPLE, person
from tests.attacks.mint_workloads import WORKLOAD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CELLS", "Cell", "Hand", "dealt"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that somebody tries. `state` is empty where it is about no token that is there."""

    person: str
    verb: str
    field: str
    state: str = ""

    def __str__(self) -> str:
        return f"{self.person}: {self.verb} {self.field}" + (f" of a {self.state} token" if self.state else "")


@dataclass(frozen=True, slots=True)
class Hand:
    """What is tried in one sequence, in order; `stock`: how many tokens of each state that needs."""

    number: int
    cells: tuple[Cell, ...]
    stock: Counter[State]

    @property
    def before(self) -> tuple[Cell, ...]:
        """Until rights are taken away."""
        half = len(self.cells) // 2
        return tuple(
            cell for place, cell in enumerate(self.cells) if cell.person != LAPSED and _early(cell, place, half)
        )

    @property
    def after(self) -> tuple[Cell, ...]:
        """From then on."""
        before = set(self.before)
        return tuple(cell for cell in self.cells if cell not in before)


def _early(cell: Cell, place: int, half: int) -> bool:
    return cell.person == LAPSING or place < half


def _cells() -> Iterator[Cell]:
    for one, state in itertools.product(PEOPLE, State):
        yield from (Cell(one.name, verb, what, state) for verb, what in itertools.product(VERBS, FIELDS))
        yield Cell(one.name, "delete", "token", state)
        yield Cell(one.name, "status", "hash", state)
    for one in PEOPLE:
        yield from (
            Cell(one.name, verb, what)
            for verb, what in itertools.product(("create", "apply anew"), ("plain", "marked", "revoked"))
        )
        yield from (Cell(one.name, verb, what) for verb, what in itertools.product(VERBS, ("roles", "note")))
        yield from (Cell(one.name, "create", what) for what in ("one-time Secret", "workload Secret", "Secret"))
        yield from (Cell(one.name, verb, "workload") for verb in ("create", "apply anew"))
        yield from (Cell(one.name, verb, what) for verb, what in itertools.product(VERBS, WORKLOAD_FIELDS))


CELLS: Final = tuple(cell for cell in _cells() if (cell.person, cell.verb) != ("operator", "status"))
"""The operator's writes of a status are its work."""


def dealt(count: int, *, seed: int, people: Sequence[str] = ()) -> tuple[Hand, ...]:
    """All cells, or those of some people, dealt out to so many sequences; alike for the same arguments.

    Where there are fewer than a sequence has at least, some are tried more than once.
    """
    rng = random.Random(seed)  # noqa: S311 - to be played again
    cells = [cell for cell in CELLS if not people or cell.person in people]
    rng.shuffle(cells)
    states = sorted(State, key=lambda _: rng.random())
    groups = [[cell for cell in cells if not cell.state or cell.state in part] for part in (states[::2], states[1::2])]
    half = (count + 1) // 2
    return tuple(_hand(number, _share(groups[number % 2], number // 2, half, rng)) for number in range(count))


def _share(cells: list[Cell], place: int, count: int, rng: random.Random) -> tuple[Cell, ...]:
    """Of one half of the states, so that a sequence needs few tokens."""
    own = cells[place::count]
    return (*own, *rng.sample(cells, max(0, _LEAST - len(own))))


_LEAST: Final = 40


def _hand(number: int, cells: tuple[Cell, ...]) -> Hand:
    stock = Counter({State(cell.state): 1 for cell in cells if cell.state})
    stock.update(State(cell.state) for cell in cells if cell.state and _consumes(cell))
    return Hand(number, cells, stock)


def _consumes(cell: Cell) -> bool:
    """Whether a token is another one after it."""
    subject = Subject.born("", State(cell.state), 0)
    if cell.verb == "delete":
        return person(cell.person).may("delete", "apitokens")
    if cell.verb not in VERBS or not may_edit(person(cell.person), subject, Field(cell.field), cell.verb):
        return False
    subject.edited(Field(cell.field), cell.verb)
    return subject.gone or subject.busy or subject.state.value != cell.state
