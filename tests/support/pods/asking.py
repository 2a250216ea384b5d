"""The programs of the examples in real pods: what they ask, and when they were answered what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from tools.image import IMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.pods.release import Release

__all__ = ["Asking", "asking_as_in"]

Json = dict[str, Any]


def asking_as_in(example: Path, name: str, namespace: str, *, service: str) -> Json:
    """The Deployment of an example, with our image. It asks ten times a second, and prints the time and the answer."""
    bodies: list[Json] = list(yaml.safe_load_all(example.read_text(encoding="utf-8")))
    body = bodies[-1]
    body["metadata"] |= {"name": name, "namespace": namespace}
    labels = {"app": name}
    body["spec"]["selector"]["matchLabels"] = body["spec"]["template"]["metadata"]["labels"] = labels
    (container,) = body["spec"]["template"]["spec"]["containers"]
    container |= {"image": IMAGE, "imagePullPolicy": "Never"}
    container["env"] = [{"name": "SERVICE", "value": service}]
    container["command"][0], script = "python3", container["command"][2]
    for before, after in (
        ("print(ask())", 'print(f"{time.time()} {ask()}")'),
        ("time.sleep(1)", "time.sleep(0.1)"),
    ):
        assert before in script
        script = script.replace(before, after)
    container["command"][2] = script
    return body


class Asking:
    """A Deployment that asks, and what it was answered."""

    def __init__(self, release: Release, body: Json) -> None:
        self._kubectl = release.cluster.control_plane.kubectl
        self._name, self._place = body["metadata"]["name"], f"--namespace={body['metadata']['namespace']}"
        self._kubectl("create", "--filename=-", stdin=json.dumps(body))
        self._until_ready()

    def restart(self) -> None:
        """Replace its pod; what was answered before is forgotten."""
        self._kubectl("rollout", "restart", f"deployment/{self._name}", self._place)
        self._until_ready()

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

    def _until_ready(self) -> None:
        ready = ("rollout", "status", f"deployment/{self._name}", "--timeout=120s", self._place)
        self._kubectl(*ready, timeout=130)
