"""A release of the chart on a control plane of the test's own: installed, upgraded, removed, and its two programs.

The programs run beside the cluster under the release's ServiceAccounts, with the settings that its Deployments name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.operators.operator_pool import QUICK
from tools.control_plane.charts import program_settings, rendered, with_values
from tools.control_plane.installation import CHART, NAMESPACE, wait_until_in_force
from tools.control_plane.operators import RunningOperator, start_operator
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.control_plane.charts import Json
    from tools.control_plane.plane import ControlPlane

__all__ = ["Release"]

_HELM_SECONDS = 180  # of a command: it may run beside load that the test makes
_KEPT = ("crd", "validatingadmissionpolicies", "validatingadmissionpolicybindings")


@dataclass(slots=True)
class Release:
    """One release; `prefix` is that of its objects' names."""

    control_plane: ControlPlane
    root: Path
    name: str = "pharia-access"
    namespace: str = NAMESPACE
    prefix: str = "pharia-access"
    values: Json = field(default_factory=dict)
    _running: list[RunningOperator | RunningVerifier] = field(default_factory=list)

    @property
    def verifier(self) -> RunningVerifier:
        """The verifier that was started last."""
        return next(program for program in reversed(self._running) if isinstance(program, RunningVerifier))

    def account(self, component: str) -> str:
        """The user name of a component's ServiceAccount."""
        return f"system:serviceaccount:{self.namespace}:{self.prefix}-{component}"

    def install(self, chart: Path = CHART) -> None:
        """Install it, in a namespace that is made if need be; in force on return."""
        self._helm("install", str(chart), "--create-namespace", with_values(self.values))
        wait_until_in_force(self.control_plane)

    def upgrade(self, *options: str) -> str:
        """Upgrade it, or install it if it is not there; what Helm says."""
        return self._helm("upgrade", str(CHART), "--install", "--create-namespace", with_values(self.values), *options)

    def rollback(self) -> None:
        """Go back to the revision before."""
        self._helm("rollback")

    def uninstall(self) -> str:
        """Uninstall it; what Helm says."""
        return self._helm("uninstall")

    def stop(self) -> None:
        """End its programs."""
        for program in self._running:
            program.process.stop()

    def remove(self) -> None:
        """End its programs, and leave nothing of it in the cluster, whatever is there."""
        self.stop()
        self.control_plane.helm("uninstall", self.name, f"--namespace={self.namespace}", check=False)
        ours = [name for name in self.names(*_KEPT) if name.endswith(".access.pharia.ai")]
        if ours:
            self.wait_for_storage()
            self.control_plane.kubectl("delete", "--ignore-not-found", *ours, timeout=180)

    def wait_for_storage(self) -> None:
        """Wait until our kinds can be listed: one deleted while its storage begins may stay for ever, half deleted.

        The API server's finalizer cannot list it then ("storage is (re)initializing"), and may not try again.
        """
        kinds = [name.partition("/")[2] for name in self.names("customresourcedefinitions") if "pharia.ai" in name]
        get = ("get", ",".join(kinds), "--all-namespaces", "--output=name")
        wait_until(
            lambda: not kinds or self.control_plane.kubectl(*get, check=False).returncode == 0,
            what="our kinds can be listed",
        )

    def names(self, *kinds: str) -> list[str]:
        """What is there of some kinds, as `kind/name`."""
        return self.control_plane.kubectl("get", ",".join(kinds), "--output=name").stdout.split()

    def documents(self) -> list[Json]:
        """Its objects, as Helm renders them."""
        return rendered(self.control_plane, self.values, release=self.name, namespace=self.namespace)

    def start(self, env: Mapping[str, str] | None = None) -> tuple[RunningOperator, RunningVerifier]:
        """Start an impatient operator and a verifier with its keyring; both are ready on return."""
        root, documents = self.root / f"{len(self._running)}", self.documents()
        root.mkdir()
        kubeconfigs = {component: self._sign_in(component, root) for component in ("operator", "verifier")}
        settings = {**program_settings(documents, "operator", self.namespace), **QUICK, **(env or {})}
        operator = start_operator(self.control_plane, root / "operator", settings, kubeconfig=kubeconfigs["operator"])
        self._running.append(operator)
        operator.wait_until_ready()
        write_keyring(self.control_plane, root / "verifier" / "keyring", namespace=self.namespace)
        settings = program_settings(documents, "verifier", self.namespace)
        verifier = start_verifier(self.control_plane, root / "verifier", settings, kubeconfig=kubeconfigs["verifier"])
        self._running.append(verifier)
        verifier.wait_until_ready()
        return operator, verifier

    def _sign_in(self, component: str, root: Path) -> Path:
        path = root / f"{component}.kubeconfig"
        return self.control_plane.service_account_kubeconfig(self.namespace, f"{self.prefix}-{component}", path)

    def _helm(self, command: str, *arguments: str) -> str:
        place = (self.name, *arguments, f"--namespace={self.namespace}")
        return self.control_plane.helm(command, *place, timeout=_HELM_SECONDS).stdout
