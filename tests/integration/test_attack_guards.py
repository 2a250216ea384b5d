"""Each guard is taken away in turn, and somebody reaches what it is there for: so a goal tells when one is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.attacks.attackers import READER, WEAK, person
from tests.attacks.directed import DIRECTED, directed
from tests.attacks.evidence import looked
from tests.attacks.goals import reached
from tests.attacks.known import unexpected
from tests.attacks.moves import FINALIZER, Move, Target, Verb
from tests.attacks.play import Outcome, Play, Until, played
from tests.attacks.schema_rules import schema_rule_taken_out
from tests.attacks.sequence import Directed
from tests.attacks.weakened import without
from tests.support.security.guards import POLICIES
from tests.support.security.unguarded import unguarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.attacks.furnished_namespaces import Place
    from tests.attacks.world import World
    from tools.control_plane.verifiers import RunningVerifier

pytestmark = pytest.mark.long

OPERATOR_SETTINGS: Final = {"REQUIRE_GUARDS": "false"}
"""That the operator stops minting when a policy is gone is a guard of its own, which hides what the others are for."""
SCHEMA: Final = [one.guard for one in DIRECTED if one.guard and one.guard not in POLICIES]
TOO_LONG: Final = Move(Verb.CREATE, Target("ApiToken", "new"), ("spec", "expiresAt"), "2199-01-01T00:00:00Z")
MINTING: Final = {
    "hold_what_was_restored": (Play("nobody does anything", ()), "a live token"),
    "wait_for_a_free_slot": (Play("nobody does anything", ()), "more tokens than allowed"),
    "refuse_a_life_too_long": (Play("a life too long is asked for", (("minter", TOO_LONG),)), "a longer life"),
}
"""Rules by which the operator holds back what was asked for: what is done without, and what is reached."""
JUDGING: Final = {
    "_revoked": "revoked",
    "_being_deleted": "leaving",
    "_expired": "expired",
    "_credential_replaced": "own",
    "_credential_being_deleted": "first",
    "_credential_suspended": "sleeper",
}
"""Rules by which the verifier judges, and the token that each alone refuses in `ruins`.

`_credential_gone` is not among them: where there is no credential there are no roles, and the verifier accepts nothing.
"""


def probe(world: World, one: Directed) -> Callable[[], bool]:
    """What tells whether the guard is gone: the step that it refuses, as a dry run, where all before was done."""
    place = world.place()
    steps = [step for step in one.play.steps if not isinstance(step, Until)]
    for name, move in steps[: one.refused]:
        assert move.send(world.admin.as_user(person(name).user), place.namespace).ok
    name, move = steps[one.refused]
    return lambda: move.send(world.admin.as_user(person(name).user), place.namespace, dry=True).ok


@pytest.mark.parametrize("policy", POLICIES)
def test_without_an_admission_policy_a_goal_is_reached(world: World, policy: str) -> None:
    one, place = directed(policy), world.place()

    with unguarded(world.admin, policy, passes=probe(world, one)):
        outcome = played(world, one.play, place=place)

    assert one.goal in outcome.goals, outcome.told()


@pytest.mark.parametrize("message", SCHEMA)
def test_without_a_rule_of_the_schema_a_goal_is_reached(world: World, message: str) -> None:
    one, place = directed(message), world.place()

    with schema_rule_taken_out(world.admin, "apitokens", message, probe(world, one)):
        outcome = played(world, one.play, place=place)

    assert one.goal in outcome.goals, outcome.told()


@pytest.mark.parametrize("rule", MINTING)
def test_without_a_rule_for_minting_a_goal_is_reached(world: World, rule: str) -> None:
    play, goal = MINTING[rule]
    before = played(world, play)
    place = world.place()

    with world.other_operator(without(rule)):
        outcome = played(world, play, place=place)

    assert unexpected(before) == []
    assert goal in outcome.goals, outcome.told()


@pytest.fixture(scope="module")
def ruins(world: World) -> Iterator[Place]:
    """A place in which each token is refused for one reason alone; no operator ends what is left of them."""
    place = world.place()
    with world.no_operator():
        here = world.workspace(place.namespace)
        held = {"metadata": {"finalizers": [FINALIZER]}}
        here.change(here.known("ApiCredential", "full"), held)
        for name in (WEAK, "spare", "full"):
            here.delete(here.known("ApiCredential", name), policy="Orphan" if name != "full" else "Background")
        here.until_gone("ApiCredential", WEAK, "spare")
        here.credential(WEAK, roles=[READER])
        yield place
        here.change(here.known("ApiCredential", "full"), {"metadata": {"finalizers": None}})


@pytest.fixture(scope="module")
def weak_verifiers(world: World, ruins: Place) -> dict[str, RunningVerifier]:
    """One without each rule, all started at once."""
    return world.start_verifiers({rule: without(rule) for rule in JUDGING})


@pytest.mark.parametrize("rule", JUDGING)
def test_without_a_rule_of_the_verdict_a_goal_is_reached(
    world: World, ruins: Place, weak_verifiers: dict[str, RunningVerifier], rule: str
) -> None:
    whole, weak = looked(world, ruins, world.verifier), looked(world, ruins, weak_verifiers[rule])

    assert unexpected(Outcome(Play("whole", ()), whole, reached(whole))) == []
    assert weak.identities.keys() - whole.identities.keys() == {ruins.texts[JUDGING[rule]].split("_")[1]}
    assert "a dead token accepted" in reached(weak)
