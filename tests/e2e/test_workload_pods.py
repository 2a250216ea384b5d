"""Pods that keep a token: who reads the file again, or is restarted, is never refused; who does not, at its end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.workload_places import WorkloadPlace
from tests.support.pods.asking import Asking, asking_as_in
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "workload" / "deployment.yaml"
LIFE = timedelta(seconds=90)
SHORT = timedelta(seconds=2)
"""A pod's clock is the node's; what a line says is a moment before it is written."""


@pytest.fixture(scope="module")
def _quick_to_settle(release: Release) -> Iterator[None]:
    """Every verifier is given a second to learn of a token, and not five minutes."""
    place = f"--namespace={NAMESPACE}"
    for setting in ("PHARIA_ACCESS_SETTLE=1s", "PHARIA_ACCESS_SETTLE-"):
        release.cluster.control_plane.kubectl("set", "env", "deployment/pharia-access-operator", setting, place)
        rollout = ("rollout", "status", "deployment/pharia-access-operator", "--timeout=120s", place)
        release.cluster.control_plane.kubectl(*rollout, timeout=130)
        if setting.endswith("=1s"):
            yield


def deployment(release: Release, namespace: str, name: str, *, reads: str = "") -> Json:
    """The example, asking the verifier. `reads`: an expression in place of the file, evaluated once."""
    body = asking_as_in(EXAMPLE, name, namespace, service=f"http://{release.address}/auth/nginx")
    (container,) = body["spec"]["template"]["spec"]["containers"]
    from_the_secret = {"secretKeyRef": {"name": "invoice-bot", "key": "token"}}
    container["env"].append({"name": "PHARIA_TOKEN", "valueFrom": from_the_secret})
    script = container["command"][2]
    if reads:
        script = f"import os\nONCE = {reads}\n{_reading_once(script)}"
    container["command"][2] = script
    return body


def _reading_once(script: str) -> str:
    """Without the reading of the file in the function."""
    begins = script.index("    with open")
    ends = script.index("    request = ")
    return f"{script[:begins]}    token = ONCE\n{script[ends:]}"


@pytest.mark.usefixtures("_quick_to_settle")
def test_two_rotations_under_load(release: Release, workspace: Workspace) -> None:
    place, namespace = WorkloadPlace(workspace), workspace.namespace
    place.delegate()
    place.create(secret={"name": "invoice-bot"}, ttl=f"{int(LIFE.total_seconds())}s", renewBefore="30s")
    first = place.until_revision(1)["status"]["current"]
    stays = Asking(release, deployment(release, namespace, "stays", reads="open('/var/run/pharia/token').read()"))
    rereads = Asking(release, deployment(release, namespace, "rereads"))
    restarted = Asking(release, deployment(release, namespace, "restarted", reads="os.environ['PHARIA_TOKEN']"))

    for revision in (2, 3):
        place.edit(rotate=f"{revision}")
        place.until_revision(revision)
        assert restarted.refused() == []
        restarted.restart()  # as tools do that see the Secret change
        wait_until(
            lambda: rereads.mounted() == place.text("invoice-bot").reveal(),
            what=f"the file has token {revision}, or a later one",
            timeout=150,
        )

    end = instant(first["expiresAt"])
    wait_until(lambda: bool(stays.refused()), what="the token that was never replaced ends", timeout=150)
    told = stays.answers()
    assert [asking.refused() for asking in (rereads, restarted)] == [[], []]
    assert len(rereads.answers()) > 100
    assert {answer for _, answer in stays.refused()} == {"401"}
    assert max(at for at, answer in told if answer == "200") <= end + SHORT
    assert min(at for at, answer in told if answer == "401") >= end - SHORT
