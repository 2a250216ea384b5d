"""Pods that knock at other pods' doors, and listen at their own. What runs in them is Python, as in our image."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.image import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane

__all__ = ["ProbePod"]

_LISTEN = """
import socket, sys, threading
server = socket.create_server(("", int(sys.argv[1])))
def serve():
    while True:
        server.accept()[0].close()
threading.Thread(target=serve, daemon=True).start()
"""
_FOR_GOOD = f"{_LISTEN}threading.Event().wait()"
_UNTIL_INPUT_ENDS = f"{_LISTEN}sys.stdin.read()"
_KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2).close()
except OSError as error:
    sys.exit(f"shut: {error}")
"""
_SHUT = "shut: "


@dataclass(frozen=True, slots=True)
class ProbePod:
    """A pod with Python in it."""

    control_plane: ControlPlane
    namespace: str
    name: str
    address: str

    @classmethod
    def start(cls, control_plane: ControlPlane, namespace: str, *, listens_at: int) -> ProbePod:
        """Start one of our image in a namespace that is made for it."""
        control_plane.kubectl("create", "namespace", namespace)
        place, name = f"--namespace={namespace}", "somebody"
        control_plane.kubectl("create", "--filename=-", place, stdin=json.dumps(_pod(name, listens_at)))
        control_plane.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"pod/{name}", place, timeout=70)
        address = control_plane.kubectl("get", "pod", name, place, "--output=jsonpath={.status.podIP}").stdout
        return cls(control_plane, namespace, name, address)

    def reaches(self, address: str, port: int) -> bool:
        """Whether somebody takes a connection there."""
        done = self.control_plane.kubectl(*self._inside("-c", _KNOCK, address, str(port)), check=False)
        assert done.returncode == 0 or _SHUT in done.stderr, done.stderr
        return done.returncode == 0

    @contextmanager
    def listening(self, port: int) -> Iterator[None]:
        """While the block runs, another process in the pod listens."""
        kubectl = [str(self.control_plane.bin / "kubectl"), f"--kubeconfig={self.control_plane.kubeconfig}"]
        listen = self._inside("-c", _UNTIL_INPUT_ENDS, str(port))
        with subprocess.Popen([*kubectl, *listen], stdin=subprocess.PIPE) as server:
            try:
                yield
            finally:
                server.communicate(timeout=30)

    def _inside(self, *arguments: str) -> tuple[str, ...]:
        return ("exec", "--stdin", self.name, f"--namespace={self.namespace}", "--", "python3", *arguments)


def _pod(name: str, port: int) -> dict[str, object]:
    container = {
        "name": "python",
        "image": IMAGE,
        "imagePullPolicy": "Never",
        "command": ["python3", "-c", _FOR_GOOD, str(port)],
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
