"""Starts operators as a person would beside a cluster: the console script, under the chart's ServiceAccount.

Used by the integration tests, the demo, the benchmarks and `make up`.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.processes import Process, free_port, inherited_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PROGRAM", "Logins", "RunningOperator", "rotate_keyring", "start_operator"]

PROGRAM = Path(sys.executable).with_name("pharia-access")
"""The console script of the package, as it is installed beside the tests."""


class Logins(Protocol):
    """Who gives a program the kubeconfig of its ServiceAccount, such as a control plane."""

    def service_account_kubeconfig(self, namespace: str, name: str, path: Path, *, server: str | None = None) -> Path:
        """Where the kubeconfig is, after it was written if need be."""


@dataclass(frozen=True, slots=True)
class RunningOperator:
    """One replica, with its health port on 127.0.0.1."""

    process: Process
    port: int

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a URL on the health port; status 0 if nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def wait_until_ready(self, *, timeout: float = 30) -> None:
        """Wait for /readyz; raises ProcessError with the end of the log."""
        self.process.wait_until(
            lambda: self.get("/readyz")[0] == http.client.OK, what="the operator is ready", timeout=timeout
        )


def start_operator(
    control_plane: Logins,
    root: Path,
    env: Mapping[str, str] | None = None,
    *,
    kubeconfig: Path | None = None,
    die_with_parent: bool = True,
    program: Sequence[str | Path] = (PROGRAM,),
) -> RunningOperator:
    """Start one replica with its files in `root`; returns at once, see `wait_until_ready`.

    `env`: settings beside those that every local run needs. `kubeconfig`: another way to the API server, such
    as one through a proxy. `die_with_parent`: the operator ends when the calling thread ends. `program`: what to run
    in place of `pharia-access`.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kubeconfig is None:
        kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, root / "kubeconfig")
    port = free_port()
    settings = {
        "KUBECONFIG": str(kubeconfig),
        "PHARIA_ACCESS_NAMESPACE": NAMESPACE,
        "PHARIA_ACCESS_HEALTH_HOST": "127.0.0.1",
        "PHARIA_ACCESS_HEALTH_PORT": str(port),
    }
    process = Process.start(
        [*program, "operator"],
        log=root / "operator.log",
        cwd=root,
        env={**inherited_environment(), **settings, **(env or {})},
        die_with_parent=die_with_parent,
        name=PROGRAM.name,
    )
    return RunningOperator(process, port)


def rotate_keyring(kubeconfig: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command that rotates the keyring, as in the operator's pod; `env`: the settings there."""
    own = {"PHARIA_ACCESS_NAMESPACE": NAMESPACE, **(env or {}), "KUBECONFIG": str(kubeconfig)}
    return subprocess.run(
        [PROGRAM, "keyring", "rotate"],
        env={**inherited_environment(), **own},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
