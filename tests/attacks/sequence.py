"""A sequence that somebody thought of: who does what, the goal that they are after, and what stands in their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.attacks.moves import RESTORED, Move, Target, Verb
from tests.attacks.play import Play

__all__ = ["MARK", "WRITES", "Directed", "credential_of", "one", "spec", "token"]


@dataclass(frozen=True, slots=True)
class Directed:
    """A sequence, and the goal that it is after.

    Attributes:
        finding: where it was reached once, such as `attacks.md 1`; empty where it never was.
        guard: the policy, or the beginning of what the rule of a schema says, that refuses it, if one alone does.
        refused: the number of the step that it refuses.
    """

    play: Play
    goal: str
    finding: str = ""
    guard: str = ""
    refused: int = 0


def token(name: str) -> Target:
    return Target("ApiToken", name)


def credential_of(name: str) -> Target:
    return Target("ApiCredential", name)


def spec(verb: Verb, target: Target, field: str, value: Any) -> Move:  # noqa: ANN401 - JSON
    return Move(verb, target, ("spec", *field.split(".")), value)


MARK: Final = ("metadata", "labels", RESTORED)
WRITES: Final = (Verb.MERGE, Verb.JSON, Verb.REPLACE, Verb.APPLY)


def one(name: str, who: str, *moves: Move, goal: str, finding: str = "", guard: str = "", refused: int = 0) -> Directed:
    return Directed(Play(name, tuple((who, move) for move in moves)), goal, finding, guard, refused)
