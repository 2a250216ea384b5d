"""A few seeds of the fault bench (`make chaos` plays more), and a broken verifier, which its referee must find out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import Happened
from tests.chaos.referee import violations
from tests.chaos.run import BOUNDS, run
from tests.chaos.stage import set_up

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.chaos.stage import Stage

SECONDS = 6.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with set_up(tmp_path_factory.mktemp("chaos")) as made:
        yield made


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_every_promise_is_kept(stage: Stage, seed: int) -> None:
    outcome = run(stage, seed, seconds=SECONDS)

    assert outcome.failure == ""
    assert outcome.violations == [], sorted(outcome.history.log)
    assert outcome.faults
    assert outcome.history.lives
    assert outcome.answers > len(outcome.history.lives), "each was asked about"


def test_a_verifier_that_hears_nothing_is_found_out(stage: Stage) -> None:
    """Its cable is cut, and the referee is told of no fault at all: to him it does not keep its promises."""

    def deafen(stage: Stage, _: random.Random) -> Happened:
        time.sleep(4)  # some tokens are good by then, and end later
        stage.verifiers[0].cable.cut()
        time.sleep(8)
        return Happened("deafened verifier-1")

    outcome = run(stage, 3, seconds=1, faults=(deafen,))
    outcome.history.disturbances.clear()

    assert outcome.failure == ""
    assert any("by verifier-1" in told for told in violations(outcome.history, BOUNDS))
