"""A real Kubernetes control plane for tests, the demo and `make up`: etcd, API server, controllers, no nodes.

Owns one folder with everything in it. Several run side by side. What is installed in it is decided in
tools/control_plane/installation.py.
"""

from __future__ import annotations

import http.client
import json
from functools import cached_property
from typing import TYPE_CHECKING, Self

from tools.build_control_plane import ensure_binaries
from tools.control_plane.clients import Probe, run_client
from tools.control_plane.flags import (
    Outside,
    api_server_argv,
    controllers_argv,
    etcd_argv,
    write_configuration,
)
from tools.control_plane.pki import Pki, token_kubeconfig
from tools.control_plane.processes import Process, ProcessError, free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

__all__ = ["ControlPlane"]

_PORT_ATTEMPTS = 5
_COLLECTING = b"Proceeding to collect garbage"  # what the garbage collector logs once it knows every kind
_TOKEN_DURATION = "720h"  # longer than any run of the tests


class ControlPlane:
    """A running control plane. Made by `start`; end it with `stop`, or use it in a `with` block."""

    def __init__(
        self, root: Path, *, binaries: dict[str, Path], die_with_parent: bool, outside: Outside | None
    ) -> None:
        self.root = root
        self.bin = root / "bin"
        self.kubeconfig = root / "kubeconfig"
        self.audit_log = root / "audit.log"
        self.server_url = ""
        self._die_with_parent = die_with_parent
        self._processes: dict[str, Process] = {}
        self._outside_flags = outside.flags(root / "pki") if outside else ()
        self._more_flags: tuple[str, ...] = ()
        self._more_etcd_flags: tuple[str, ...] = ()
        self.bin.mkdir(mode=0o700, parents=True)
        for name, program in binaries.items():
            (self.bin / name).symlink_to(program)
        self.pki = Pki.create(root / "pki", *(outside.hosts if outside else ()))
        write_configuration(root)

    @classmethod
    def start(cls, root: Path, *, die_with_parent: bool = True, outside: Outside | None = None) -> Self:
        """Start one in `root`, a folder that does not exist yet or is empty; builds the programs if need be.

        `die_with_parent`: everything ends when the calling thread ends, however that ends. `outside`: how pods reach
        the API server; without it only this machine does. Raises ProcessError.
        """
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        control_plane = cls(root, binaries=ensure_binaries(), die_with_parent=die_with_parent, outside=outside)
        try:
            control_plane.start_etcd()
            control_plane._start_api_server_on_a_port(outside)
            control_plane._write_kubeconfigs()
            control_plane.start_controllers()
        except BaseException:
            control_plane.stop()
            raise
        return control_plane

    @property
    def ca_file(self) -> Path:
        """The certificate that the API server's is checked against."""
        return self.pki.ca_file

    @property
    def processes(self) -> tuple[Process, ...]:
        """The programs that were started and not stopped."""
        return tuple(self._processes.values())

    def stop(self) -> None:
        """End everything; nothing is left running. The folder stays, for its logs."""
        controllers = self._processes.get("kube-controller-manager")
        if controllers is not None:
            controllers.terminate()  # ends while the API server does
        self.stop_api_server()
        self.stop_etcd()
        self._stop("kube-controller-manager")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Faults: each program alone, with its data kept.

    def start_etcd(self) -> None:
        """Start etcd on the data that is there."""
        self._run("etcd", [*etcd_argv(self.bin / "etcd"), *self._more_etcd_flags])

    def stop_etcd(self) -> None:
        """End etcd; the API server stays and answers with errors."""
        self._stop("etcd")

    def restart_etcd_with(self, *flags: str) -> None:
        """End etcd and start it on the same data with these flags beside its own, which it keeps."""
        self._more_etcd_flags = flags
        self.stop_etcd()
        self.start_etcd()

    def start_api_server(self) -> None:
        """Start the API server on the port that it had; ready on return."""
        self._start_api_server(self._probe.port)

    def stop_api_server(self) -> None:
        """End the API server; its clients are refused until it is started again."""
        self._stop("kube-apiserver", grace=2)  # it would wait for its watchers, up to a minute

    def restart_api_server(self) -> None:
        """End the API server and start it again on the same port and data; ready on return."""
        self.stop_api_server()
        self.start_api_server()

    def restart_api_server_with(self, *flags: str) -> None:
        """The same, with these flags beside its own, until it is restarted with others."""
        self._more_flags = flags
        self.restart_api_server()

    def start_controllers(self, *flags: str) -> None:
        """Start the controllers; on return the first ServiceAccount is made and garbage is collected."""
        own = controllers_argv(
            self.bin / "kube-controller-manager",
            pki=self.pki,
            kubeconfig=self.root / "controllers.kubeconfig",
        )
        argv = [*own, *flags]
        path = "/api/v1/namespaces/default/serviceaccounts/default"
        log = self.root / "kube-controller-manager.log"
        seen = log.stat().st_size if log.exists() else 0
        self._run("kube-controller-manager", argv).wait_until(
            lambda: _COLLECTING in log.read_bytes()[seen:] and self._probe.status(path) == http.client.OK,
            what="the controllers collect garbage and make the default ServiceAccount",
        )

    def restart_controllers(self, *flags: str) -> None:
        """Make the garbage collector know new kinds now: it looks at its start and then every 30 s only.

        `flags` stand after its own, until it is started again.
        """
        self._stop("kube-controller-manager")
        self.start_controllers(*flags)

    # Clients.

    def kubectl(
        self,
        *args: str,
        stdin: str | None = None,
        user: str | None = None,
        check: bool = True,
        timeout: float = 30,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as administrator or as `user` (impersonated); raises ProcessError with what it said."""
        identity = [] if user is None else [f"--as={user}"]
        argv = [str(self.bin / "kubectl"), f"--kubeconfig={self.kubeconfig}", *identity, *args]
        return run_client(argv, env=self._environment, stdin=stdin, check=check, timeout=timeout)

    def helm(self, *args: str, check: bool = True, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run Helm as administrator; raises ProcessError with what it said."""
        argv = [str(self.bin / "helm"), f"--kubeconfig={self.kubeconfig}", *args]
        return run_client(argv, env=self._environment, check=check, timeout=timeout)

    def service_account_kubeconfig(self, namespace: str, name: str, path: Path, *, server: str | None = None) -> Path:
        """Write a kubeconfig that signs in as a ServiceAccount; `server`: another URL, such as a proxy's."""
        duration = f"--duration={_TOKEN_DURATION}"
        token = self.kubectl("create", "token", name, f"--namespace={namespace}", duration).stdout.strip()
        return token_kubeconfig(path, server=server or self.server_url, ca_file=self.ca_file, token=token)

    def inspect_secret(self, path: str) -> int:
        """The HTTP status of GET `path` as administrator, by a client without a name."""
        return self._probe.status(path)

    def audit_events(self, *words: str, since: int = 0) -> Iterator[dict[str, object]]:
        """Every request that the API server has answered so far, as its audit log tells it, if it holds all `words`.

        `since`: the byte at which the first line of interest begins.
        """
        with self.audit_log.open(encoding="utf-8") as lines:
            lines.seek(since)
            for line in lines:
                if line.endswith("\n") and all(word in line for word in words):  # the last one may be half written
                    yield json.loads(line)

    # Inside.

    def _start_api_server_on_a_port(self, outside: Outside | None) -> None:
        if outside:
            self._start_api_server(outside.port)
            return
        for _ in range(_PORT_ATTEMPTS):
            try:
                self._start_api_server(free_port())
            except ProcessError as error:
                self._stop("kube-apiserver")
                if "address already in use" not in str(error):
                    raise
            else:
                return
        message = f"found no free port in {_PORT_ATTEMPTS} attempts"
        raise ProcessError(message)

    def _start_api_server(self, port: int) -> None:
        self.server_url = f"https://127.0.0.1:{port}"
        self._probe = Probe(port, self.pki)
        own = api_server_argv(self.bin / "kube-apiserver", pki=self.pki, port=port)
        argv = [*own, *self._outside_flags, *self._more_flags]
        self._run("kube-apiserver", argv).wait_until(
            lambda: self._probe.status("/readyz") == http.client.OK,
            what="the API server is ready",
            timeout=60,
        )

    def _write_kubeconfigs(self) -> None:
        self.pki.kubeconfig(self.kubeconfig, self.server_url, self.pki.admin)
        self.pki.kubeconfig(self.root / "controllers.kubeconfig", self.server_url, self.pki.controllers)

    def _run(self, name: str, argv: list[str]) -> Process:
        log = self.root / f"{name}.log"
        process = Process.start(
            argv, log=log, cwd=self.root, env=self._environment, die_with_parent=self._die_with_parent
        )
        self._processes[name] = process
        return process

    def _stop(self, name: str, *, grace: float = 5) -> None:
        process = self._processes.pop(name, None)
        if process is not None:
            process.stop(grace=grace)

    @cached_property
    def _environment(self) -> dict[str, str]:
        """Nothing of the starter's environment, so that every machine runs the same."""
        # GOGC: a heap this small would be collected many times a second, which no API server in earnest does.
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.root), "GOGC": "400"}
