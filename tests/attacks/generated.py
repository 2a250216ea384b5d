"""Sequences from seeds: one or two people, one to ten moves, what may matter more often."""

from __future__ import annotations

import random
from typing import Final

from tests.attacks.attackers import GROUP, PEOPLE, Person
from tests.attacks.every_move import every_move
from tests.attacks.furnished_namespaces import HELD, WAITING
from tests.attacks.moves import Move, Verb
from tests.attacks.play import Play

__all__ = ["MOVES", "allowed_by_rights", "generated"]

MOVES: Final = tuple(every_move())
_MOST: Final = 10
"""Moves: they cost little beside the place that they are played in."""
_KINDS: Final = ("ApiToken",) * 10 + ("ApiCredential",) * 5 + ("Secret",) * 4 + ("WorkloadToken",) * 2 + ("ApiRole",)
_LOOK_ON: Final = {"viewer", "elsewhere", "secret-reader"}
"""People who may write nothing there: they take part less often."""
_BUSY: Final = 4
_WRITES: Final = {
    Verb.CREATE: "create",
    Verb.REPLACE: "update",
    Verb.MERGE: "patch",
    Verb.JSON: "patch",
    Verb.APPLY: "patch",
    Verb.DELETE: "delete",
    Verb.DELETE_ALL: "deletecollection",
    Verb.GET: "get",
    Verb.LIST: "list",
}
_RESOURCES: Final = {
    "ApiToken": "apitokens",
    "ApiCredential": "apicredentials",
    "ApiRole": "apiroles",
    "Secret": "secrets",
    "WorkloadToken": "workloadtokens",
}
_ALLOWED, _FORBIDDEN = 12, 1
"""How often a move is chosen that RBAC lets through, against one that it does not: what matters is behind it."""
_OFTEN: Final = {Verb.GET: 1, Verb.LIST: 1, Verb.DELETE_ALL: 1, Verb.DELETE: 3}
_WRITTEN_OFTEN: Final = 6
_TRIED: Final = 12
_HELD_OFTEN: Final = 3
"""How often a token is chosen that waits, or is held, against one that is minted."""


def generated(seed: int) -> Play:
    """The same for the same seed and the same tables."""
    rng = random.Random(seed)  # noqa: S311 - to be played again
    people = rng.choices(_PEOPLE, _TURNS, k=rng.choice((1, 1, 2)))
    steps = []
    for _ in range(rng.randint(1, _MOST)):
        one = rng.choice(people)
        steps.append((one.name, _move(rng, one)))
    return Play(f"seed {seed}", tuple(steps))


def _move(rng: random.Random, one: Person) -> Move:
    """Some at random, of which one is taken by weight."""
    kind = rng.choice(_KINDS)
    verbs = rng.choices(tuple(Verb), [_OFTEN.get(verb, _WRITTEN_OFTEN) for verb in Verb], k=_TRIED)
    tried = [_any(rng, kind, verb) for verb in verbs]
    weights = [_ALLOWED if allowed_by_rights(one, move) else _FORBIDDEN for move in tried]
    return rng.choices(tried, weights)[0]


def _any(rng: random.Random, kind: str, verb: Verb) -> Move:
    """By object, then by field, then by value: so that what has many values is not chosen more often."""
    names = _TREE[kind, verb]
    weights = [_HELD_OFTEN if name in {*HELD, *WAITING} else 1 for name in names]
    fields = names[rng.choices(tuple(names), weights)[0]]
    return rng.choice(fields[rng.choice(tuple(fields))])


def allowed_by_rights(one: Person, move: Move) -> bool:
    """Whether RBAC lets it through; a policy, the schema or the object's state may still refuse it."""
    resource = _RESOURCES[move.target.kind] + (f"/{move.subresource}" if move.subresource else "")
    group = "" if move.target.kind == "Secret" else GROUP
    return one.may(_WRITES[move.verb], resource, name=move.target.name, group=group)


def _tree() -> dict[tuple[str, Verb], dict[str, dict[tuple[str, ...], list[Move]]]]:
    """All moves by kind and verb, by object, by field."""
    tree: dict[tuple[str, Verb], dict[str, dict[tuple[str, ...], list[Move]]]] = {}
    for move in MOVES:
        fields = tree.setdefault((move.target.kind, move.verb), {}).setdefault(move.target.name, {})
        fields.setdefault((*move.field, move.subresource), []).append(move)
    return tree


_TREE: Final = _tree()
_PEOPLE: Final = [one for one in PEOPLE if one.rules]
_TURNS: Final = [1 if one.name in _LOOK_ON else _BUSY for one in _PEOPLE]
