"""A sequence of moves by some people, played in a fresh place, and judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.attacks.attackers import Person, person
from tests.attacks.evidence import Evidence, Step, gathered
from tests.attacks.goals import reached
from tests.attacks.moves import Move

if TYPE_CHECKING:
    from tests.attacks.furnished_namespaces import Place
    from tests.attacks.world import World
    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["Outcome", "Play", "Until", "played", "shrunk"]

_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Until:
    """Between two moves: wait until a token's delivery is in this state."""

    token: str
    delivery: str

    def __str__(self) -> str:
        return f"(until the delivery of {self.token} is {self.delivery})"


@dataclass(frozen=True, slots=True)
class Play:
    """What is done, in order: by whom, and what."""

    name: str
    steps: tuple[tuple[str, Move] | Until, ...]

    @property
    def people(self) -> tuple[Person, ...]:
        """Who takes part: what one of them may, all of them may."""
        names = dict.fromkeys(step[0] for step in self.steps if not isinstance(step, Until))
        return tuple(person(name) for name in names)

    def __str__(self) -> str:
        return "; ".join(str(step) if isinstance(step, Until) else f"{step[0]}: {step[1]}" for step in self.steps)


@dataclass(slots=True)
class Outcome:
    """What came of it: the goals that were reached, each with how."""

    play: Play
    evidence: Evidence
    goals: dict[str, list[str]] = field(default_factory=dict)

    @property
    def sentences(self) -> list[str]:
        """All of them, for whoever reads."""
        return [f"{goal}: {how}" for goal, hows in self.goals.items() for how in hows]

    def told(self) -> str:
        """What was done and answered, and what was reached."""
        return "\n".join([f"{self.play.name}", *map(str, self.evidence.steps), "reached:", *self.sentences])


def played(world: World, play: Play, *, place: Place | None = None, verifier: RunningVerifier | None = None) -> Outcome:
    """Play it where nothing was changed, or in that place; judge by that verifier, or the world's own."""
    fresh = place is None
    place = place or world.place()
    here = world.workspace(place.namespace)
    steps: list[Step] = []
    for step in play.steps:
        if isinstance(step, Until):
            here.until_delivery(step.token, step.delivery, timeout=_SECONDS)
            continue
        name, move = step
        steps.append(Step(person(name), move, move.send(world.admin.as_user(person(name).user), place.namespace)))
    evidence = gathered(world, place, verifier=verifier)
    evidence.steps, evidence.people = steps, play.people
    if fresh and not any(step.reply.ok and step.move.writes for step in steps):
        world.give_back(place)
    return Outcome(play, evidence, reached(evidence))


def shrunk(world: World, outcome: Outcome) -> Outcome:
    """As few moves as reach one of the same goals: each is left out in turn, in a fresh place each time."""
    best, number = outcome, 0
    while number < len(best.play.steps):
        fewer = (*best.play.steps[:number], *best.play.steps[number + 1 :])
        again = played(world, Play(best.play.name, fewer)) if fewer else None
        if again is not None and again.goals.keys() & outcome.goals.keys():
            best = again
        else:
            number += 1
    return best
