"""Installs the chart in a local control plane, and waits until everything in it is in force.

Used by the integration tests, the demo, the benchmarks and `make up`, so that all of them run what the chart gives.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["CHART", "NAMESPACE", "OPERATOR_ACCOUNT", "install", "wait_for_policies", "wait_until_in_force"]

CHART = Path(__file__).resolve().parents[2] / "charts" / "pharia-access"
NAMESPACE = "pharia-access-system"
OPERATOR_ACCOUNT = "pharia-access-operator"

_GROUP = ".access.pharia.ai"


def install(control_plane: ControlPlane) -> None:
    """Install the chart by Helm; on return its kinds are served, its policies judge, its objects are collected."""
    control_plane.helm("install", "pharia-access", str(CHART), f"--namespace={NAMESPACE}", "--create-namespace")
    wait_until_in_force(control_plane)


def wait_until_in_force(control_plane: ControlPlane) -> None:
    """Wait until what was installed so far is in force: kinds, admission policies, garbage collection."""
    found = control_plane.kubectl("get", "crd", "--output=name").stdout.split()
    kinds = [name for name in found if name.endswith(_GROUP)]  # an earlier chart has fewer
    control_plane.kubectl("wait", "--for=condition=Established", "--timeout=20s", *kinds)
    control_plane.restart_controllers()
    wait_for_policies(control_plane)


def wait_for_policies(control_plane: ControlPlane) -> None:
    """Wait until admission knows what was written so far: it learns of things in their order, of a canary last."""
    name = f"pharia-access-canary-{secrets.token_hex(4)}"
    canary = json.dumps({"apiVersion": "v1", "kind": "List", "items": [_refusal(name), _binding(name)]})
    control_plane.kubectl("create", "--filename=-", stdin=canary)
    attempt = ("create", "configmap", name, "--dry-run=server")
    wait_until(
        lambda: f"ValidatingAdmissionPolicy '{name}'" in control_plane.kubectl(*attempt, check=False).stderr,
        what="the API server has taken up the admission policies",
        timeout=20,
    )
    control_plane.kubectl("delete", "--wait=false", "--filename=-", stdin=canary)


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
