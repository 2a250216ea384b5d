"""An upgrade of the release leaves WorkloadTokens as they are; so does a restart of the operator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.charts.chart_release import Release
from tests.support.security.workload_steps import let_the_operator_mint
from tools.control_plane.api import Api
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import workload_token
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]

ATTENTIVE = {"PHARIA_ACCESS_RESYNC_INTERVAL": "5s"}
SEVERAL_LISTS = 12.0


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    with ControlPlane.start(tmp_path / "control-plane") as started:
        made = Release(started, tmp_path)
        yield made
        made.remove()


@pytest.mark.timeout(400)
def test_an_upgrade_and_a_restart_rotate_nothing(release: Release) -> None:
    release.install()
    release.control_plane.kubectl("create", "namespace", "finance")
    place = Workspace(Api(release.control_plane.kubeconfig), "finance")
    place.role()
    place.credential()
    let_the_operator_mint(place)
    operator, _ = release.start(ATTENTIVE)
    assert place.api.create(workload_token("finance", "app")).message == ""
    wait_until(lambda: place.read("Secret", "app") is not None, what="the Secret is there", timeout=60)
    wait_until(lambda: "current" in place.known("WorkloadToken", "app")["status"], what="it is current", timeout=30)
    before = place.known("Secret", "app")

    release.upgrade()
    operator.process.stop()
    release.start(ATTENTIVE)
    time.sleep(SEVERAL_LISTS)

    assert place.known("Secret", "app") == before
    assert place.known("WorkloadToken", "app")["status"]["revision"] == 1
    assert [it["metadata"]["name"] for it in place.list("ApiToken")] == ["app-1"]
