"""A few seeds of the fault bench, of which `make chaos` plays more; and its referee finds out who does wrong."""

from __future__ import annotations

import re
from math import nan
from typing import TYPE_CHECKING

import pytest

from tests.chaos.chaos_cluster import VIEW_BOUND, set_up
from tests.chaos.disturbances import Happened
from tests.chaos.history import EVERYBODY
from tests.chaos.referee import violations
from tests.chaos.run import BOUNDS, run
from tools.control_plane.etcd import filled
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.chaos.chaos_cluster import ChaosCluster

pytestmark = pytest.mark.timeout(600)

SECONDS = 6.0
CLOCKS_AGREE = 3.0  # the API server tells whole seconds, when it answers


@pytest.fixture(scope="module")
def chaos_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChaosCluster]:
    with set_up(tmp_path_factory.mktemp("chaos")) as made:
        yield made


@pytest.fixture(autouse=True)
def mended(chaos_cluster: ChaosCluster) -> None:
    """Whatever the test before left."""
    assert chaos_cluster.mend() == []


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_every_promise_is_kept(chaos_cluster: ChaosCluster, seed: int) -> None:
    outcome = run(chaos_cluster, seed, seconds=SECONDS)

    assert outcome.failure == ""
    assert outcome.violations == [], sorted(outcome.history.log)
    assert outcome.faults
    assert outcome.answers > len(outcome.history.lives), "each was asked about"


@pytest.mark.parametrize("seconds", [-3600, 60])
def test_a_step_of_a_clock_reaches_the_process(chaos_cluster: ChaosCluster, seconds: int) -> None:
    verifier = chaos_cluster.verifiers[0]

    def behind() -> float:
        assert verifier.running is not None
        _, page = verifier.running.get("/metrics")
        found = re.search(r"^pharia_access_clock_offset_seconds (\S+)$", page, re.MULTILINE)
        return float(found[1]) if found else nan

    verifier.clock.step(seconds)
    wait_until(lambda: abs(behind() + seconds) < CLOCKS_AGREE, what="its clock is found to be wrong by as much")
    verifier.clock.step(0)
    wait_until(lambda: abs(behind()) < CLOCKS_AGREE, what="its clock is right again")


def test_a_full_etcd_takes_no_write_until_room_is_made(chaos_cluster: ChaosCluster) -> None:
    annotate = ("annotate", "namespace", "default", "--overwrite")

    with filled(chaos_cluster.control_plane):
        refused = chaos_cluster.control_plane.kubectl(*annotate, "space=none", check=False)
    chaos_cluster.control_plane.kubectl(*annotate, "space=enough")

    assert "database space exceeded" in refused.stderr


def deafen_a_verifier(chaos_cluster: ChaosCluster, _: random.Random) -> Happened:
    """A fault of which the referee is not told: from its point of view the verifier itself does wrong."""
    chaos_cluster.verifiers[0].cuttable_proxy.cut()
    return Happened("cut verifier-1 off in secret", "nobody")


@pytest.fixture
def trusting(chaos_cluster: ChaosCluster) -> Iterator[ChaosCluster]:
    """Its first verifier goes by what it heard a long time ago, so that it answers while it hears nothing."""
    start_first_verifier_with(chaos_cluster, {"PHARIA_ACCESS_VIEW_BOUND": "5m"})
    yield chaos_cluster
    start_first_verifier_with(chaos_cluster, {})


def start_first_verifier_with(chaos_cluster: ChaosCluster, settings: dict[str, str]) -> None:
    chaos_cluster.verifiers[0].settings = settings
    chaos_cluster.verifiers[0].kill()
    assert chaos_cluster.mend() == []


def test_a_verifier_that_hears_nothing_is_found_out(trusting: ChaosCluster) -> None:
    outcome = run(trusting, 3, seconds=VIEW_BOUND - 1, faults=[deafen_a_verifier])

    assert outcome.failure == ""
    assert not any("by verifier-2" in told for told in outcome.violations)
    # Where the machine itself was busy, the referee gives everybody more time: here that would hide what was done.
    history = outcome.history
    history.disturbances[:] = [fault for fault in history.disturbances if fault.whom != EVERYBODY]
    found = violations(history, BOUNDS)
    # It accepts what has ended since. Where all was suspended then, it refuses what has been resumed since.
    assert any("by verifier-1" in told for told in found)
