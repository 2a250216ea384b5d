"""What a release has installed, and what others declare beside it."""

from __future__ import annotations

import json

from tests.support.charts.chart_release import Release
from tools.control_plane.charts import Json
from tools.control_plane.resources import api_credential, api_role, api_token
from tools.control_plane.workspace import Workspace

__all__ = ["declared", "ours", "versions"]

KINDS = ("crd", "clusterroles", "clusterrolebindings", "validatingadmissionpolicies")
OURS = (*KINDS, "validatingadmissionpolicybindings")


def ours(release: Release) -> list[str]:
    return [name for name in release.names(*OURS) if "pharia" in name]


def versions(release: Release) -> dict[str, object]:
    """How often each object was written; where it has a generation, without what controllers write to its status."""
    kinds = ",".join((*OURS, "deployments", "serviceaccounts", "services", "roles", "rolebindings", "networkpolicies"))
    get = ("get", kinds, f"--namespace={release.namespace}", "--output=json")
    found = json.loads(release.control_plane.kubectl(*get).stdout)["items"]
    return {
        f"{item['kind']}/{item['metadata']['name']}": item["metadata"].get("generation")
        or item["metadata"]["resourceVersion"]
        for item in found
        if "pharia" in item["metadata"]["name"]
    }


# What others write beside the operator.


def declared(place: Workspace) -> list[Json]:
    role = api_role("gitops-reader")
    credential = api_credential(place.namespace, "declared", roles=["gitops-reader"])
    return [role, credential, api_token(place.namespace, "declared", credentialRef={"name": "declared"})]
