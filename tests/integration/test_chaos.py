"""A few seeds of the fault bench, of which `make chaos` plays more; and its referee finds out who does wrong."""

from __future__ import annotations

import re
from math import nan
from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import Happened
from tests.chaos.history import EVERYBODY
from tests.chaos.referee import violations
from tests.chaos.run import BOUNDS, run
from tests.chaos.stage import VIEW_BOUND, set_up
from tests.support.etcd import filled
from tests.support.processes import wait_until

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.chaos.stage import Stage

pytestmark = pytest.mark.timeout(600)

SECONDS = 6.0
CLOCKS_AGREE = 3.0  # the API server tells whole seconds, when it answers


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with set_up(tmp_path_factory.mktemp("chaos")) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(stage: Stage) -> None:
    """Whatever the test before left."""
    assert stage.mend() == []


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_every_promise_is_kept(stage: Stage, seed: int) -> None:
    outcome = run(stage, seed, seconds=SECONDS)

    assert outcome.failure == ""
    assert outcome.violations == [], sorted(outcome.history.log)
    assert outcome.faults
    assert outcome.answers > len(outcome.history.lives), "each was asked about"


@pytest.mark.parametrize("seconds", [-3600, 60])
def test_a_step_of_a_clock_reaches_the_process(stage: Stage, seconds: int) -> None:
    verifier = stage.verifiers[0]

    def behind() -> float:
        assert verifier.running is not None
        _, page = verifier.running.get("/metrics")
        found = re.search(r"^pharia_access_clock_offset_seconds (\S+)$", page, re.MULTILINE)
        return float(found[1]) if found else nan

    verifier.clock.step(seconds)
    wait_until(lambda: abs(behind() + seconds) < CLOCKS_AGREE, what="its clock is found to be wrong by as much")
    verifier.clock.step(0)
    wait_until(lambda: abs(behind()) < CLOCKS_AGREE, what="its clock is right again")


def test_a_full_etcd_takes_no_write_until_room_is_made(stage: Stage) -> None:
    annotate = ("annotate", "namespace", "default", "--overwrite")

    with filled(stage.control_plane):
        refused = stage.control_plane.kubectl(*annotate, "space=none", check=False)
    stage.control_plane.kubectl(*annotate, "space=enough")

    assert "database space exceeded" in refused.stderr


def deafen_a_verifier(stage: Stage, _: random.Random) -> Happened:
    """A fault of which the referee is not told: from its point of view the verifier itself does wrong."""
    stage.verifiers[0].cable.cut()
    return Happened("cut verifier-1 off in secret", "nobody")


@pytest.fixture
def trusting(stage: Stage) -> Iterator[Stage]:
    """Its first verifier goes by what it heard a long time ago, so that it answers while it hears nothing."""
    start_first_verifier_with(stage, {"PHARIA_ACCESS_VIEW_BOUND": "5m"})
    yield stage
    start_first_verifier_with(stage, {})


def start_first_verifier_with(stage: Stage, settings: dict[str, str]) -> None:
    stage.verifiers[0].settings = settings
    stage.verifiers[0].kill()
    assert stage.mend() == []


def test_a_verifier_that_hears_nothing_is_found_out(trusting: Stage) -> None:
    outcome = run(trusting, 3, seconds=VIEW_BOUND - 1, faults=[deafen_a_verifier])

    assert outcome.failure == ""
    assert not any("by verifier-2" in told for told in outcome.violations)
    # Where the machine itself was busy, the referee gives everybody more time: here that would hide what was done.
    history = outcome.history
    history.disturbances[:] = [fault for fault in history.disturbances if fault.whom != EVERYBODY]
    found = violations(history, BOUNDS)
    # It accepts what has ended since. Where all was suspended then, it refuses what has been resumed since.
    assert any("by verifier-1" in told for told in found)
