"""Tokens on a real API server that no operator has seen, as the Kubernetes edge reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pharia_access.domain.model import ObjectKey, Token
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from pharia_access.kube.gateway import KubeCluster
    from tools.control_plane.workspace import Workspace

__all__ = ["WINDOW", "a_live_token", "stored"]

Json = dict[str, Any]

WINDOW = timedelta(hours=1)


async def a_live_token(workspace: Workspace, cluster: KubeCluster, name: str = "ci") -> Token:
    """A token that was just created, as read."""
    assert workspace.api.create(api_token(workspace.namespace, name, ttl="720h")).ok
    return await cluster.read_token(ObjectKey(workspace.namespace, name))


def stored(workspace: Workspace, name: str = "ci") -> Json:
    """The token as it is now."""
    return workspace.api.read(api_token(workspace.namespace, name)).body
