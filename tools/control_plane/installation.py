"""Installs the chart in a local control plane, and waits until everything in it is in force.

Used by the integration tests, the demo, the benchmarks and `make up`, so that all of them run what the chart gives.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.api import Api
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = [
    "CHART",
    "NAMESPACE",
    "OPERATOR_ACCOUNT",
    "install",
    "wait_for_kinds",
    "wait_for_policies",
    "wait_until_in_force",
]

CHART = Path(__file__).resolve().parents[2] / "charts" / "pharia-access"
NAMESPACE = "pharia-access-system"
OPERATOR_ACCOUNT = "pharia-access-operator"

_GROUP = ".access.pharia.ai"
_POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
_BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"


def install(control_plane: ControlPlane) -> None:
    """Install the chart by Helm; on return its kinds are served, its policies judge, its objects are collected."""
    control_plane.helm("install", "pharia-access", str(CHART), f"--namespace={NAMESPACE}", "--create-namespace")
    wait_until_in_force(control_plane)


def wait_until_in_force(control_plane: ControlPlane) -> None:
    """Wait until what was installed so far is in force: kinds, admission policies, garbage collection."""
    found = control_plane.kubectl("get", "crd", "--output=name").stdout.split()
    kinds = [name for name in found if name.endswith(_GROUP)]  # an earlier chart has fewer
    wait_for_kinds(control_plane, *kinds)
    control_plane.restart_controllers()
    wait_for_policies(control_plane)


def wait_for_kinds(control_plane: ControlPlane, *kinds: str) -> None:
    """Wait until CustomResourceDefinitions are served, named as kubectl names them, or by `--filename`.

    `kubectl wait` fails at once where it looks before a new definition has a status.
    """
    asked = ("wait", "--for=condition=Established", "--timeout=10s", *kinds)
    wait_until(
        lambda: control_plane.kubectl(*asked, check=False).returncode == 0,
        what=f"these kinds are served: {' '.join(kinds)}",
        timeout=60,
    )


def wait_for_policies(control_plane: ControlPlane) -> None:
    """Wait until admission knows what was written so far: it learns of things in their order, of a canary last."""
    name = f"pharia-access-canary-{secrets.token_hex(4)}"
    api = Api(control_plane.kubeconfig)
    for path, made in ((_POLICIES, _refusal(name)), (_BINDINGS, _binding(name))):
        reply = api.request("POST", path, body=made)
        assert reply.ok, reply.message
    attempt: dict[str, object] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    wait_until(
        lambda: f"ValidatingAdmissionPolicy '{name}'" in _tried(api, attempt),
        what="the API server has taken up the admission policies",
        timeout=20,
    )
    for path in (_POLICIES, _BINDINGS):
        assert api.request("DELETE", f"{path}/{name}").ok


def _tried(api: Api, config_map: dict[str, object]) -> str:
    """What is said of one that would be created."""
    path = "/api/v1/namespaces/default/configmaps"
    return api.request("POST", path, body=config_map, query={"dryRun": "All"}).message


def _refusal(name: str) -> dict[str, object]:
    """A policy that refuses one ConfigMap and nothing else."""
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [{**rule, "resourceNames": [name]}]},
            "validations": [{"expression": "false"}],
        },
    }


def _binding(name: str) -> dict[str, object]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
