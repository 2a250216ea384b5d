"""Objects by which a real API server is made to answer 429 and 500, and by which the operator may mint."""

from __future__ import annotations

from typing import Any

from tools.control_plane.api import OPERATOR
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT

__all__ = ["NO_PLACE", "broken_webhook", "delegation", "flow_of"]

Json = dict[str, Any]

_NAME = "chaos"
_EVERYTHING: Json = {
    "resourceRules": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}
    ],
    "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
}

NO_PLACE: Json = {
    "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
    "kind": "PriorityLevelConfiguration",
    "metadata": {"name": _NAME},
    "spec": {
        "type": "Limited",
        "limited": {
            "nominalConcurrencyShares": 0,
            "lendablePercent": 0,
            "borrowingLimitPercent": 0,
            "limitResponse": {"type": "Reject"},
        },
    },
}
"""A priority level at which nothing is served; harmless until some flow has it."""


def flow_of(account: str) -> Json:
    """Everything that one of our accounts asks for has that level."""
    subject = {"kind": "ServiceAccount", "serviceAccount": {"namespace": NAMESPACE, "name": account}}
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": _NAME},
        "spec": {
            "matchingPrecedence": 10,
            "priorityLevelConfiguration": {"name": NO_PLACE["metadata"]["name"]},
            "rules": [{"subjects": [subject], **_EVERYTHING}],
        },
    }


def broken_webhook() -> Json:
    """Nobody listens at its address, and the operators' writes want its word."""
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}
    webhook = {
        "name": "chaos.pharia.ai",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [rule],
        "matchConditions": [{"name": "operators", "expression": f"request.userInfo.username == '{OPERATOR}'"}],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": _NAME},
        "webhooks": [webhook],
    }


def delegation(namespace: str) -> Json:
    """The operator may mint for the WorkloadTokens of a namespace."""
    group, name = "rbac.authorization.k8s.io", "pharia-access-rotation"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}],
    }
