"""The real Argo CD beside a control plane: Redis, repo server, application controller, and no web server.

It knows our kinds by the patch that people are told to apply, and acts under a ServiceAccount that may do everything,
as in Argo CD's own installation.
"""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support.argocd.argocd_objects import ACCOUNT, ARGO_CD, objects
from tools.build_argocd import ensure_argo_cd
from tools.control_plane.installation import wait_for_kinds
from tools.control_plane.processes import Process, free_port

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["ArgoCD"]

Json = dict[str, Any]

_PATCH = Path(__file__).resolve().parents[3] / "argocd" / "argocd-cm-patch.yaml"
_FOLDERS = {
    "ARGOCD_TLS_DATA_PATH": "tls",
    "ARGOCD_SSH_DATA_PATH": "ssh",
    "ARGOCD_GNUPGHOME": "gnupg",
    "ARGOCD_GPG_DATA_PATH": "gpg",
    "ARGOCD_PLUGINSOCKFILEPATH": "plugins",
    "TMPDIR": "tmp",
}
_CONTROLLER, _REPO_SERVER, _ACTION = "argocd-application-controller", "argocd-repo-server", "argocd-resource-action"


class ArgoCD:
    """A running Argo CD. Made by `start`; end it with `stop`."""

    def __init__(self, root: Path, control_plane: ControlPlane) -> None:
        self.root = root
        self.control_plane = control_plane
        self._programs = ensure_argo_cd()
        self._processes: list[Process] = []

    @classmethod
    def start(cls, root: Path, control_plane: ControlPlane) -> Self:
        """Start everything, with logs in `root`; on return Applications are looked after. Raises ProcessError."""
        argo_cd = cls(root, control_plane)
        try:
            argo_cd._write_files()
            argo_cd._make_objects()
            argo_cd._start()
        except BaseException:
            argo_cd.stop()
            raise
        return argo_cd

    def stop(self) -> None:
        """End every program; what they made in the cluster stays."""
        while self._processes:
            self._processes.pop().stop()

    def act(self, obj: Json, action: str) -> Json:
        """The merge patch that Argo CD sends for a resource action on this object."""
        done = subprocess.run(
            [self._bin / _ACTION, ARGO_CD, action],
            env=self._environment,
            input=json.dumps(obj),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        patch: Json = json.loads(done.stdout)
        return patch

    @property
    def _bin(self) -> Path:
        return self.root / "bin"

    @property
    def _environment(self) -> dict[str, str]:
        folders = {name: str(self.root / folder) for name, folder in _FOLDERS.items()}
        return {
            **folders,
            "PATH": f"{self._bin}:{self.control_plane.bin}:/usr/bin:/bin",
            "HOME": str(self.root),
            "KUBECONFIG": str(self.root / "kubeconfig"),
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_GPG_ENABLED": "false",
        }

    def _write_files(self) -> None:
        """Lay out what the programs look for on PATH and elsewhere."""
        self._bin.mkdir(parents=True)
        for folder in _FOLDERS.values():
            (self.root / folder).mkdir(mode=0o700)
        for name in (_CONTROLLER, _REPO_SERVER, _ACTION):
            (self._bin / name).symlink_to(self._programs.argo_cd)
        no_signatures = self._bin / "git-verify-wrapper.sh"
        no_signatures.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        no_signatures.chmod(0o755)

    def _make_objects(self) -> None:
        kubectl = self.control_plane.kubectl
        kinds = [f"--filename={path}" for path in self._programs.kinds]
        kubectl("apply", "--server-side", *kinds)
        wait_for_kinds(self.control_plane, *kinds)
        kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(objects()))
        kubectl("patch", "configmap", "argocd-cm", f"--namespace={ARGO_CD}", f"--patch-file={_PATCH}")
        self.control_plane.service_account_kubeconfig(ARGO_CD, ACCOUNT, self.root / "kubeconfig")

    def _start(self) -> None:
        redis, repo_server, metrics = free_port(), free_port(), free_port()
        at = "127.0.0.1"
        self._run(self._programs.redis, f"--port {redis}", f"--bind {at}", "--save ''", "--appendonly no", port=redis)
        self._run(
            self._bin / _REPO_SERVER,
            *(f"--redis={at}:{redis}", f"--address={at}", f"--port={repo_server}"),
            *("--disable-tls", "--client-ca-path=", f"--metrics-address={at}", f"--metrics-port={free_port()}"),
            port=repo_server,
        )
        self._run(
            self._bin / _CONTROLLER,
            *(f"--kubeconfig={self.root / 'kubeconfig'}", f"--namespace={ARGO_CD}", f"--metrics-port={metrics}"),
            *(f"--redis={at}:{redis}", f"--repo-server={at}:{repo_server}", "--repo-server-plaintext"),
            "--app-resync=0",  # tests ask for each look into Git, and know what follows from it
            "--persist-resource-health",  # tests find it in the Application
            port=metrics,
        )

    def _run(self, program: Path, *flags: str, port: int) -> None:
        """Start a program; on return it listens on the port."""
        log = self.root / f"{program.name}.log"
        process = Process.start([program, *flags], log=log, cwd=self.root, env=self._environment)
        self._processes.append(process)
        process.wait_until(lambda: _listens(port), what=f"{program.name} listens", timeout=60)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
