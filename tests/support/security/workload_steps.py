"""The steps of the story that WorkloadTokens need, where a namespace lets the operator mint."""

from __future__ import annotations

import itertools
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    from tests.support.security.story_steps import Came
    from tools.control_plane.workspace import Workspace

__all__ = ["kept", "kept_anew", "let_the_operator_mint"]

Json = dict[str, Any]

_NUMBERS = itertools.count(1)


def let_the_operator_mint(place: Workspace) -> None:
    """Bind the ClusterRole of the chart, as `kubectl access workload allow` does."""
    binding = {
        "kind": "RoleBinding",
        "metadata": {"name": "pharia-access-rotation", "namespace": place.namespace},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "pharia-access-rotation",
        },
        "subjects": [{"kind": "ServiceAccount", "name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}],
    }
    reply = place.api.create(binding)
    assert reply.ok or reply.status == HTTPStatus.CONFLICT, reply.message


def kept(place: Workspace) -> Came:
    """A WorkloadToken gets its first token."""
    name = _fresh(place)
    return lambda: place.read("Secret", name) is not None


def kept_anew(place: Workspace) -> Came:
    """It gets a second one, which somebody asks for once the first is there."""
    name = _fresh(place)

    def came() -> bool:
        stored = place.known("WorkloadToken", name)
        revision = stored.get("status", {}).get("current", {}).get("revision", 0)
        if revision == 1 and "rotate" not in stored["spec"]:
            place.change(stored, {"spec": {"rotate": "now"}})
        return bool(revision > 1)

    return came


def _fresh(place: Workspace) -> str:
    let_the_operator_mint(place)
    name = f"app-{next(_NUMBERS)}"
    reply = place.api.create(workload_token(place.namespace, name))
    assert reply.ok, reply.message
    return name
