"""People attack, each with just their rights: sequences that somebody thought of, and sequences from seeds.

Users, moves and goals are data: tests/attacks. `make attacks` plays many more seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.attackers import BINDABLE, BOSS, GROUP, PEOPLE, WEAK, Person
from tests.attacks.directed import DIRECTED
from tests.attacks.generated import generated
from tests.attacks.known import NOT_YET_MENDED, unexpected
from tests.attacks.play import played
from tests.attacks.sequence import Directed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.furnished_namespaces import Place
    from tests.attacks.world import World

SEEDS = range(1, 13)
ASKED = (
    *(("create", "apicredentials", "token", name) for name in (WEAK, "strong")),
    *(("bind", "apiroles", "", role) for role in (BINDABLE, BOSS)),
    *((verb, "apitokens", part, "own") for verb in ("get", "update", "delete") for part in ("", "status")),
    *((verb, "secrets", "", "own-token") for verb in ("get", "create", "patch")),
    ("patch", "apiroles", "", BOSS),
)


@pytest.fixture(scope="module")
def place(world: World) -> Place:
    """One that nobody changes."""
    return world.place()


class GoalReachedError(AssertionError):
    """A goal was reached."""


def cases() -> Iterator[object]:
    for one in DIRECTED:
        open_still = pytest.mark.xfail(raises=GoalReachedError, reason=f"{one.finding} is not mended yet")
        yield pytest.param(one, id=one.play.name, marks=[open_still] if one.finding in NOT_YET_MENDED else [])


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.name)
def test_everybody_has_the_rights_that_they_are_said_to_have(world: World, place: Place, one: Person) -> None:
    wrong = []
    for verb, resource, part, name in ASKED:
        group = "" if resource == "secrets" else GROUP
        attributes = {"namespace": place.namespace, "verb": verb, "group": group, "resource": resource}
        body = {"spec": {"user": one.user, "resourceAttributes": {**attributes, "subresource": part, "name": name}}}
        reply = world.admin.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=body)
        whole = f"{resource}/{part}" if part else resource
        if reply.body["status"]["allowed"] is not one.may(verb, whole, name=name, group=group):
            wrong.append((verb, whole, name))

    assert wrong == []


@pytest.mark.parametrize("one", list(cases()))
def test_a_sequence_that_somebody_thought_of_reaches_nothing(world: World, one: Directed) -> None:
    outcome = played(world, one.play)

    assert outcome.evidence.steps
    assert unexpected(outcome) == [], outcome.told()
    if one.goal in outcome.goals:
        raise GoalReachedError(outcome.told())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sequence_from_a_seed_reaches_nothing(world: World, seed: int) -> None:
    outcome = played(world, generated(seed))

    assert unexpected(outcome) == [], outcome.told()
