"""No mint stops for the guards while a release is upgraded and rolled back, though they are older or newer meanwhile.

The programs are today's; the chart of before is 0.1.0, whose policies and kinds have no mark.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.kube.operator.guard_forms import carried
from tests.support.charts.chart_release import Release
from tests.support.operators.constant_mints import ConstantMints
from tests.support.security.guards import POLICIES, let_todays_operator_work
from tools.control_plane.api import Api
from tools.control_plane.plane import ControlPlane
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

PREVIOUS = Path(__file__).with_name("charts") / "pharia-access-0.1.0.tgz"
ATTENTIVE = {"PHARIA_ACCESS_RESYNC_INTERVAL": "5s", "PHARIA_ACCESS_PENDING_BOUND": "10m"}
SEVERAL_LOOKS = 14.0
ALL = len(carried())


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    with ControlPlane.start(tmp_path / "control-plane") as started:
        made = Release(started, tmp_path)
        yield made
        made.remove()


@pytest.fixture
def place(release: Release) -> Workspace:
    release.control_plane.kubectl("create", "namespace", "finance")
    return Workspace(Api(release.control_plane.kubeconfig), "finance")


def guards_that_hold(page: str) -> list[str]:
    return [
        line for line in page.splitlines() if line.startswith("pharia_access_guard_holds{") and line.endswith(" 1.0")
    ]


@pytest.mark.timeout(600)
def test_mints_go_on_through_an_upgrade_a_rollback_and_an_upgrade(release: Release, place: Workspace) -> None:
    release.install(PREVIOUS)
    let_todays_operator_work(place.api)
    place.role()
    place.credential()
    operator, _ = release.start(ATTENTIVE)
    of_before = operator.get("/metrics")[1]

    with ConstantMints([place]) as mints:
        mints.go_on()
        release.upgrade()
        time.sleep(SEVERAL_LOOKS)
        mints.go_on()
        newer = guards_that_hold(operator.get("/metrics")[1])
        release.rollback()
        place.api.revoke_everywhere("look-at-guards")  # as that chart has no such right, nobody may look any more
        time.sleep(SEVERAL_LOOKS)
        mints.go_on()
        release.upgrade()
        time.sleep(SEVERAL_LOOKS)
        mints.go_on()
        at_last = guards_that_hold(operator.get("/metrics")[1])

    assert mints.wrong == []
    assert "nothing is minted" not in operator.process.log.read_text(encoding="utf-8")
    assert of_before.count("pharia_access_guard_holds{") == ALL
    assert len(guards_that_hold(of_before)) < ALL  # else this would try nothing
    assert (len(newer), len(at_last)) == (ALL, ALL)


def test_a_rollback_to_the_first_revision_keeps_the_policies_that_were_hooks(release: Release) -> None:
    release.install()
    first = release.names("validatingadmissionpolicies", "validatingadmissionpolicybindings")
    release.upgrade()
    release.rollback()
    rolled_back = release.names("validatingadmissionpolicies", "validatingadmissionpolicybindings")
    release.upgrade()
    release.uninstall()
    kept = release.names("validatingadmissionpolicies", "validatingadmissionpolicybindings")

    assert len(first) == 2 * len(POLICIES)
    assert first == rolled_back == kept
