"""Sequences from seeds: the same each time, and all that there is comes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.attackers import PEOPLE, Person, person
from tests.attacks.every_move import FIELDS, OBJECTS, STATUS
from tests.attacks.generated import MOVES, generated
from tests.attacks.moves import Verb
from tests.attacks.play import Until
from tools.control_plane.api import rule

if TYPE_CHECKING:
    from tests.attacks.moves import Move

MANY = [step for seed in range(2000) for step in generated(seed).steps if not isinstance(step, Until)]


def test_a_seed_plays_the_same_each_time() -> None:
    assert [str(generated(seed)) for seed in range(50)] == [str(generated(seed)) for seed in range(50)]


@pytest.mark.parametrize("one", [one for one in PEOPLE if one.rules], ids=lambda one: one.name)
def test_everybody_comes_up_and_tries_to_write(one: Person) -> None:
    assert any(name == one.name and move.writes for name, move in MANY)


@pytest.mark.parametrize("kind", OBJECTS)
def test_each_object_verb_and_field_comes_up(kind: str) -> None:
    moves: list[Move] = [move for _, move in MANY if move.target.kind == kind]
    subresources = STATUS if kind == "ApiToken" else ()

    assert {move.target.name for move in moves} >= set(OBJECTS[kind])
    assert {move.verb for move in moves} == set(Verb)
    assert {move.field for move in moves if not move.subresource} - {()} == {field for field, _ in FIELDS[kind]}
    assert {move.field for move in moves if move.subresource} == {field for field, _ in subresources}


def test_each_move_can_be_told_from_every_other() -> None:
    assert len({str(move) for move in MOVES}) == len(MOVES)


@pytest.mark.parametrize(
    ("rules", "verb", "resource", "name", "expected"),
    [
        ([], "get", "apitokens", "", False),
        ([rule("access.pharia.ai", "apitokens", "get")], "get", "apitokens", "own", True),
        ([rule("access.pharia.ai", "apitokens", "get")], "get", "apitokens/status", "own", False),
        ([rule("", "apitokens", "get")], "get", "apitokens", "own", False),
        ([rule("*", "*", "*")], "create", "apicredentials/token", "any", True),
        ([rule("access.pharia.ai", "apiroles", "bind", names=["a"])], "bind", "apiroles", "a", True),
        ([rule("access.pharia.ai", "apiroles", "bind", names=["a"])], "bind", "apiroles", "b", False),
    ],
)
def test_what_somebody_may_follows_from_their_rules(
    rules: list[dict[str, object]], verb: str, resource: str, name: str, *, expected: bool
) -> None:
    assert Person("somebody", tuple(rules)).may(verb, resource, name=name) is expected
    assert not Person("somebody", tuple(rules), elsewhere=True).may(verb, resource, name=name)


def test_who_has_lost_a_right_has_it_no_more() -> None:
    assert not person("lapsed").may_mint("strong")
    assert person("lapsed").reads_secrets
