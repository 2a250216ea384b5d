"""Installs the chart in a local control plane, and waits until everything in it is in force.

Used by the integration tests, the demo, the benchmarks and `make up`, so that all of them run what the chart gives.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

__all__ = ["CHART", "NAMESPACE", "OPERATOR_ACCOUNT", "install", "wait_until_in_force"]

CHART = Path(__file__).resolve().parents[2] / "charts" / "pharia-access"
NAMESPACE = "pharia-access-system"
OPERATOR_ACCOUNT = "pharia-access-operator"

_KINDS = ("apicredentials", "apiroles", "apitokens")
_CANARY = "pharia-access-canary"


def install(control_plane: ControlPlane) -> None:
    """Install the chart by Helm; on return its kinds are served, its policies judge, its objects are collected."""
    control_plane.helm("install", "pharia-access", str(CHART), f"--namespace={NAMESPACE}", "--create-namespace")
    wait_until_in_force(control_plane)


def wait_until_in_force(control_plane: ControlPlane) -> None:
    """Wait until what was installed so far is in force: kinds, admission policies, garbage collection."""
    kinds = [f"crd/{kind}.access.pharia.ai" for kind in _KINDS]
    control_plane.kubectl("wait", "--for=condition=Established", "--timeout=20s", *kinds)
    control_plane.restart_controllers()
    _wait_for_policies(control_plane)


def _wait_for_policies(control_plane: ControlPlane) -> None:
    """The API server learns of policies, and of bindings, in the order of their making: ours come before a canary."""
    canary = json.dumps({"apiVersion": "v1", "kind": "List", "items": [_canary_policy(), _canary_binding()]})
    control_plane.kubectl("apply", "--filename=-", stdin=canary)
    attempt = ("create", "configmap", _CANARY, "--dry-run=server")
    wait_until(
        lambda: _CANARY in control_plane.kubectl(*attempt, check=False).stderr,
        what="the API server has taken up the admission policies",
        timeout=20,
    )
    control_plane.kubectl("delete", "--wait=false", "--filename=-", stdin=canary)


def _canary_policy() -> dict[str, object]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": _CANARY},
        "spec": {
            "matchConstraints": {"resourceRules": [{**rule, "resourceNames": [_CANARY]}]},
            "validations": [{"expression": "false"}],
        },
    }


def _canary_binding() -> dict[str, object]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": _CANARY},
        "spec": {"policyName": _CANARY, "validationActions": ["Deny"]},
    }
