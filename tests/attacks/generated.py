"""Sequences from seeds: one or two people, one to six moves, the likely ones more often."""

from __future__ import annotations

import random
from typing import Final

from tests.attacks.every_move import every_move
from tests.attacks.moves import Move, Verb
from tests.attacks.people import PEOPLE, Person
from tests.attacks.play import Play

__all__ = ["MOVES", "generated"]

MOVES: Final = tuple(every_move())
_MOST: Final = 6
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
}
_ALLOWED, _FORBIDDEN = 12, 1
"""How often a move is chosen that RBAC lets through, against one that it does not: what matters is behind it."""


def generated(seed: int) -> Play:
    """The same for the same seed and the same tables."""
    rng = random.Random(seed)  # noqa: S311 - to be played again
    people = rng.sample([one for one in PEOPLE if one.rules], rng.choice((1, 1, 2)))
    steps = []
    for _ in range(rng.randint(1, _MOST)):
        one = rng.choice(people)
        steps.append((one.name, _move(rng, one)))
    return Play(f"seed {seed}", tuple(steps))


def _move(rng: random.Random, one: Person) -> Move:
    """By object first, so that a kind with many fields is not chosen more often; then by weight."""
    kind = rng.choice(("ApiToken",) * 4 + ("ApiCredential",) * 2 + ("Secret",) * 2 + ("ApiRole",))
    tried = rng.sample(_BY_KIND[kind], 20)
    weights = [_ALLOWED if _may(one, move) else _FORBIDDEN for move in tried]
    return rng.choices(tried, weights)[0]


def _may(one: Person, move: Move) -> bool:
    resource = _RESOURCES[move.target.kind] + (f"/{move.subresource}" if move.subresource else "")
    group = "" if move.target.kind == "Secret" else "access.pharia.ai"
    return one.may(_WRITES[move.verb], resource, name=move.target.name, group=group)


_BY_KIND: Final = {kind: [move for move in MOVES if move.target.kind == kind] for kind in _RESOURCES}
