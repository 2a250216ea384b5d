"""A few seeds of the fault bench, of which `make chaos` plays more; and its referee is not blind to a lie in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.chaos.history import Answer, Fact, FactKind
from tests.chaos.referee import violations
from tests.chaos.run import BOUNDS, run
from tests.chaos.stage import set_up

if TYPE_CHECKING:
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

    life, now = outcome.history.lives[0], time.monotonic()
    life.facts.append(Fact(FactKind.ENDED, now, now, "revoked"))
    life.answers.append(Answer("verifier-1", now + 60, now + 60, 200))
    (told,) = violations(outcome.history, BOUNDS)
    assert "accepted although it was dead, by verifier-1" in told
