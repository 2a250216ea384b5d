"""An upgrade of the release leaves WorkloadTokens as they are; so does a restart of the operator.

An upgrade from the chart of before the kind leaves the tokens that are in use, and then a WorkloadToken works.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.charts.chart_release import Release
from tests.support.charts.many_tokens import LONG_WINDOWS, gather, identities
from tests.support.operators.constant_checks import DEAD, GOOD, ConstantChecks, wait_until_known
from tests.support.security.guards import let_todays_operator_work
from tests.support.security.workload_steps import let_the_operator_mint
from tools.control_plane.api import Api
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import workload_token
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]

ATTENTIVE = {"PHARIA_ACCESS_RESYNC_INTERVAL": "5s"}
SEVERAL_LISTS = 12.0
BEFORE_THE_KIND = Path(__file__).with_name("charts") / "pharia-access-0.1.0.tgz"
"""The chart as it was released before, made by `helm package`."""
KIND = "customresourcedefinition.apiextensions.k8s.io/workloadtokens.access.pharia.ai"
LIVE_TOKENS = 100


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


@pytest.mark.timeout(600)
def test_from_the_chart_before_the_kind_live_tokens_stay_good_and_a_workload_gets_its_own(
    release: Release, told: Callable[[str], None]
) -> None:
    release.install(BEFORE_THE_KIND)
    release.control_plane.kubectl("create", "namespace", "finance")
    place = Workspace(Api(release.control_plane.kubeconfig), "finance")
    let_todays_operator_work(place.api)
    crowd, kinds_before = gather(release, place, LIVE_TOKENS), release.names("customresourcedefinitions")
    before = identities(place)
    old, verifier = release.start(LONG_WINDOWS)
    for text in crowd.dead:
        wait_until_known(f"127.0.0.1:{verifier.port}", text, DEAD)

    expected = dict.fromkeys(crowd.live, GOOD) | dict.fromkeys(crowd.dead, DEAD)
    with ConstantChecks(f"127.0.0.1:{verifier.port}", expected) as checks:
        release.upgrade()
        checks.ask_all_again()
        old.process.stop()
        _, renewed = release.start(LONG_WINDOWS)
        checks.move(f"127.0.0.1:{renewed.port}")
        kept = _kept(place)
        checks.ask_all_again()

    wait_until_known(f"127.0.0.1:{renewed.port}", kept, GOOD)
    assert (KIND in kinds_before, KIND in release.names("customresourcedefinitions")) == (False, True)
    assert set(checks.answers) == {(GOOD, "200"), (DEAD, "401")}
    assert before.items() <= identities(place).items()
    told(f"upgrade from the chart before WorkloadTokens: {checks.count(GOOD)} accepted, {checks.count(DEAD)} refused")


def _kept(place: Workspace) -> str:
    """A WorkloadToken gets its first token; its text."""
    let_the_operator_mint(place)
    place.api.create(workload_token("finance", "app"))
    place.until("Secret", "app", lambda _: True, "it is there", timeout=60)
    place.until("WorkloadToken", "app", lambda seen: "current" in seen.get("status", {}), "it is current", timeout=30)
    return base64.b64decode(place.known("Secret", "app")["data"]["token"]).decode()
