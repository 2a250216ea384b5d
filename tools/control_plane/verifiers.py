"""Starts verifiers as a person would beside a cluster: the console script, under the chart's ServiceAccount."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.installation import NAMESPACE
from tools.control_plane.operators import PROGRAM, Logins
from tools.control_plane.processes import Process, free_port, inherited_environment, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.control_plane.plane import ControlPlane

__all__ = ["VERIFIER_ACCOUNT", "CheckAnswer", "RunningVerifier", "Verifiers", "start_verifier", "write_keyring"]

VERIFIER_ACCOUNT = "pharia-access-verifier"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class RunningVerifier:
    """One replica, with its ports on 127.0.0.1."""

    process: Process
    port: int
    health_port: int

    @property
    def url(self) -> str:
        """Where checks are answered."""
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        path: str,
        token: str | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> CheckAnswer:
        """Ask with a token, or without one."""
        sent = {**({} if token is None else {"Authorization": f"Bearer {token}"}), **(headers or {})}
        return _exchange(self.port, method, path, body=body, headers=sent)

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a URL on the health port; status 0 if nobody answers."""
        try:
            answer = _exchange(self.health_port, "GET", path)
        except (OSError, http.client.HTTPException):
            return 0, ""
        return answer.status, answer.body.decode()

    def wait_until_ready(self, *, timeout: float = 30) -> None:
        """Wait for /readyz; raises ProcessError with the end of the log."""
        self.process.wait_until(
            lambda: self.get("/readyz")[0] == http.client.OK, what="the verifier is ready", timeout=timeout
        )


def start_verifier(
    control_plane: Logins,
    root: Path,
    env: Mapping[str, str] | None = None,
    *,
    kubeconfig: Path | None = None,
    die_with_parent: bool = True,
    program: Sequence[str | Path] = (PROGRAM,),
) -> RunningVerifier:
    """Start one replica with its files in `root`, its keyring in `root/keyring`; see `start_operator`."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kubeconfig is None:
        kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, VERIFIER_ACCOUNT, root / "kubeconfig")
    port, health_port = free_port(), free_port()
    settings = {
        "KUBECONFIG": str(kubeconfig),
        "PHARIA_ACCESS_HOST": "127.0.0.1",
        "PHARIA_ACCESS_PORT": str(port),
        "PHARIA_ACCESS_HEALTH_HOST": "127.0.0.1",
        "PHARIA_ACCESS_HEALTH_PORT": str(health_port),
        "PHARIA_ACCESS_KEYRING_FOLDER": str(root / "keyring"),
    }
    process = Process.start(
        [*program, "verifier"],
        log=root / "verifier.log",
        cwd=root,
        env={**inherited_environment(), **settings, **(env or {})},
        die_with_parent=die_with_parent,
        name=VERIFIER_ACCOUNT,
    )
    return RunningVerifier(process, port, health_port)


class Verifiers:
    """Starts verifiers with settings of a test's own; `stop` ends them all."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self.control_plane = control_plane
        self.started: list[RunningVerifier] = []

    def start(
        self,
        root: Path,
        settings: Mapping[str, str],
        *,
        kubeconfig: Path | None = None,
        program: Sequence[str | Path] = (PROGRAM,),
    ) -> RunningVerifier:
        """One with its files in `root`, once it is ready. Settings are named without their prefix."""
        env = {f"PHARIA_ACCESS_{name}": value for name, value in settings.items()}
        verifier = start_verifier(self.control_plane, root, env, kubeconfig=kubeconfig, program=program)
        self.started.append(verifier)
        verifier.wait_until_ready()
        return verifier

    def stop(self) -> None:
        """End them."""
        for verifier in self.started:
            verifier.process.stop()


def write_keyring(control_plane: ControlPlane, folder: Path, *, namespace: str = NAMESPACE) -> None:
    """Write the keyring of the operator in `namespace` into a folder, as the kubelet mounts it; all at once."""
    get = ("get", "secret", "pharia-access-keyring", f"--namespace={namespace}", "--output=json")
    wait_until(lambda: not control_plane.kubectl(*get, check=False).returncode, what="there is a keyring", timeout=60)
    found = control_plane.kubectl(*get)
    data = {name: base64.b64decode(value) for name, value in json.loads(found.stdout)["data"].items()}
    fresh = folder.with_name(f"{folder.name}.new")
    fresh.mkdir(mode=0o700, parents=True)
    for name, value in data.items():
        (fresh / name).write_bytes(value)
    if folder.exists():
        folder.rename(folder.with_name(f"{folder.name}.{len(list(folder.parent.iterdir()))}"))
    fresh.rename(folder)


def _exchange(
    port: int, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> CheckAnswer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return CheckAnswer(response.status, received, response.read())
    finally:
        connection.close()
