"""ServiceAccounts and pods of a real API server, and the tokens that a kubelet would project."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import start_verifier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["AUDIENCE", "PATH", "Accounts", "until_answered", "verifier_of_accounts"]

AUDIENCE = "pharia-access/invoice-bot"
PATH = "/auth/nginx"


@contextmanager
def verifier_of_accounts(
    control_plane: ControlPlane, folder: Path, settings: dict[str, str] | None = None
) -> Iterator[RunningVerifier]:
    """A verifier, ready, that takes tokens of ServiceAccounts."""
    running = start_verifier(control_plane, folder, {"PHARIA_ACCESS_SERVICE_ACCOUNTS": "true", **(settings or {})})
    running.wait_until_ready()
    yield running
    running.process.stop()


def until_answered(verifier: RunningVerifier, token: str, status: int) -> None:
    """Wait until a check with the token gets this status."""
    wait_until(lambda: verifier.ask(PATH, token).status == status, what=f"{PATH} answers {status}")


@dataclass(frozen=True)
class Accounts:
    """ServiceAccounts of a workspace."""

    control_plane: ControlPlane
    namespace: str

    def make(self, name: str = "invoice-bot") -> str:
        """Create one, and return its UID."""
        self._run("create", "serviceaccount", name)
        return self._run("get", "serviceaccount", name, "--output=jsonpath={.metadata.uid}")

    def remove(self, name: str = "invoice-bot") -> None:
        self._run("delete", "serviceaccount", name)

    def token(
        self, *, audience: str = AUDIENCE, name: str = "invoice-bot", duration: str = "10m", pod: str = ""
    ) -> str:
        """What a kubelet would project into a pod; bound to that pod, if one is named."""
        bound = ("--bound-object-kind=Pod", f"--bound-object-name={pod}") if pod else ()
        return self._run("create", "token", name, f"--audience={audience}", f"--duration={duration}", *bound)

    def start_pod(self, name: str, *, account: str = "invoice-bot") -> None:
        """Create a pod, which nobody runs."""
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {
                "serviceAccountName": account,
                "automountServiceAccountToken": False,
                "containers": [{"name": "a", "image": "a"}],
            },
        }
        self.control_plane.kubectl("create", "--filename=-", f"--namespace={self.namespace}", stdin=json.dumps(body))

    def end_pod(self, name: str) -> None:
        """Delete it at once."""
        self._run("delete", "pod", name, "--grace-period=0", "--force", "--wait=true")

    def _run(self, *words: str) -> str:
        return self.control_plane.kubectl(*words, f"--namespace={self.namespace}").stdout.strip()
