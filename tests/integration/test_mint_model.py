"""Who may let a mint go, against a model: users x ways of writing x fields x states, on a real API server."""

from __future__ import annotations

import os
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.attacks.mint_moves import CELLS, dealt
from tests.attacks.mint_namespace import dismissed, hired
from tests.attacks.mint_play import Played, played
from tests.attacks.mint_switches import SWITCHES, Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.attacks.mint_moves import Hand
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

SEQUENCES = int(os.environ.get("SEQUENCES", "50"))
AT_A_TIME = 3
LEAST_SHARE = 0.95
FEW = 10
SEED = int(os.environ.get("SEED", "1"))
UNHURRIED = {
    "PHARIA_ACCESS_PENDING_BOUND": "30m",
    "PHARIA_ACCESS_PROBE_FIRST": "5m",
    "PHARIA_ACCESS_PROBE_MAX": "10m",
    "PHARIA_ACCESS_REQUIRE_GUARDS": "false",  # it would mint nothing while a policy is switched off
}


@pytest.fixture(scope="module")
def people(control_plane: ControlPlane, client: Api, pool: OperatorPool) -> Iterator[Api]:
    """An operator for whom nothing waits too long, and everybody with their rights."""
    client.reconnect()
    with pool.alone(UNHURRIED):
        hired(client)
        yield client
        dismissed(client)


def all_played(admin: Api, hands: Sequence[Hand]) -> list[Played]:
    """Some at a time: a sequence waits more than it works."""
    run = secrets.token_hex(3)
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        return list(threads.map(lambda hand: played(admin, f"mint-model-{run}-{hand.number}", hand), hands))


def test_in_every_sequence_each_answer_and_each_mint_is_what_the_model_says(
    people: Api, told: Callable[[str], None]
) -> None:
    began = time.monotonic()

    results = all_played(people, dealt(SEQUENCES, seed=SEED))

    assert [result.told() for result in results if result.violations] == []
    share = len({cell for result in results for cell in result.reached}) / len(CELLS)
    told(
        f"mint model: {SEQUENCES} sequences, {sum(len(one.log) for one in results)} moves,"
        f" {share:.1%} of {len(CELLS)} cells, {time.monotonic() - began:.0f} s"
    )
    assert share >= LEAST_SHARE


@pytest.mark.long
@pytest.mark.parametrize("switch", SWITCHES, ids=str)
def test_with_a_policy_switched_off_a_sequence_fails(
    people: Api, control_plane: ControlPlane, switch: Switch, told: Callable[[str], None]
) -> None:
    hands = dealt(FEW, seed=1, people=switch.people)
    with switch.off(control_plane, people):
        found = (played(people, f"mint-model-{secrets.token_hex(4)}", hand).violations for hand in hands)
        first = next((violations for violations in found if violations), [])

    told(f"mint model without {switch}: {'; '.join(first)}")
    assert first
