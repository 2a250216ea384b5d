"""Real pods that keep a token: who reads the file again is never refused, who does not is good to the last second."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.operators.workload_places import WorkloadPlace
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import instant
from tools.image import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "workload" / "deployment.yaml"
LIFE = timedelta(minutes=4)
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


def deployment(release: Release, namespace: str, name: str, *, reads_once: bool) -> Json:
    """The example, with our image, asking the verifier ten times a second; each line has the time and the answer."""
    body: Json = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    body["metadata"] |= {"name": name, "namespace": namespace}
    labels = {"app": name}
    body["spec"]["selector"]["matchLabels"] = body["spec"]["template"]["metadata"]["labels"] = labels
    (container,) = body["spec"]["template"]["spec"]["containers"]
    container |= {"image": IMAGE, "imagePullPolicy": "Never"}
    container["env"] = [{"name": "SERVICE", "value": f"http://{release.address}/auth/nginx"}]
    container["command"][0], script = "python3", container["command"][2]
    for before, after in (
        ("print(ask())", 'print(f"{time.time()} {ask()}")'),
        ("time.sleep(1)", "time.sleep(0.1)"),
        *([_reading_once(script)] if reads_once else []),
    ):
        assert before in script
        script = script.replace(before, after)
    container["command"][2] = f"ONCE = open('/var/run/pharia/token').read()\n{script}"
    return body


def _reading_once(script: str) -> tuple[str, str]:
    """Where the file is read within the function: it is read before, and never again."""
    begins = script.index("    with open")
    ends = script.index("    request = ")
    return script[begins:ends], "    token = ONCE\n"


class Asking:
    """A Deployment that asks, and what it was answered."""

    def __init__(self, release: Release, body: Json) -> None:
        self._kubectl = release.cluster.control_plane.kubectl
        self._name, self._place = body["metadata"]["name"], f"--namespace={body['metadata']['namespace']}"
        self._kubectl("create", "--filename=-", stdin=json.dumps(body))
        ready = ("rollout", "status", f"deployment/{self._name}", "--timeout=120s", self._place)
        self._kubectl(*ready, timeout=130)

    def answers(self) -> list[tuple[datetime, str]]:
        """When and what, from the first good answer on."""
        logged = self._kubectl("logs", f"deployment/{self._name}", "--tail=-1", self._place).stdout.splitlines()
        found = [(datetime.fromtimestamp(float(at), UTC), answer) for at, answer in (line.split() for line in logged)]
        first = next((place for place, (_, answer) in enumerate(found) if answer == "200"), len(found))
        return found[first:]

    def refused(self) -> list[tuple[datetime, str]]:
        """What was not good."""
        return [each for each in self.answers() if each[1] != "200"]

    def mounted(self) -> str:
        """The text of the file in its pod."""
        read = ("python3", "-c", "print(open('/var/run/pharia/token').read())")
        return self._kubectl("exec", f"deployment/{self._name}", self._place, "--", *read).stdout.strip()


@pytest.mark.usefixtures("_quick_to_settle")
def test_two_rotations_under_load(release: Release, workspace: Workspace) -> None:
    place = WorkloadPlace(workspace)
    place.delegate()
    place.create(secret={"name": "invoice-bot"}, ttl=f"{int(LIFE.total_seconds())}s", renewBefore="2m")
    first = place.until_revision(1)["status"]["current"]
    rereads = Asking(release, deployment(release, workspace.namespace, "rereads", reads_once=False))
    stays = Asking(release, deployment(release, workspace.namespace, "stays", reads_once=True))

    for revision in (2, 3):
        place.edit(rotate=f"{revision}")
        place.until_revision(revision)
        wait_until(
            lambda: rereads.mounted() == place.text("invoice-bot").reveal(),
            what=f"the file has token {revision}, or a later one",
            timeout=150,
        )

    end = instant(first["expiresAt"])
    wait_until(
        lambda: bool(stays.refused()), what="the token that was never replaced ends", timeout=LIFE.total_seconds()
    )
    told = stays.answers()
    place.until_revision(3)
    assert rereads.refused() == []
    assert len(rereads.answers()) > 100
    assert {answer for _, answer in stays.refused()} == {"401"}
    assert max(at for at, answer in told if answer == "200") <= end + SHORT
    assert min(at for at, answer in told if answer == "401") >= end - SHORT
