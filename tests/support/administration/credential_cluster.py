"""Objects around one credential that holds one role."""

from __future__ import annotations

from typing import Any

from pharia_access.domain.model import ObjectKey
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tools.control_plane.resources import api_credential, api_role, api_token

__all__ = ["KEY", "a_cluster"]

Json = dict[str, Any]

KEY = ObjectKey("finance", "invoice-bot")
TRACKED = {"argocd.argoproj.io/tracking-id": "app"}


def a_cluster(*, tokens: int = 1, git: bool = False, **spec: Any) -> FakeObjects:  # noqa: ANN401 - a field each
    """Two roles for everybody and one for another namespace, and a credential with active tokens."""
    credential = api_credential("finance", **spec)
    credential["metadata"]["annotations"] = TRACKED if git else {}
    roles = [api_role("studio-user"), api_role("os-user"), api_role("hr-user", allowedNamespaces=["hr"])]
    active = [an_active_token(api_token("finance", f"ci-{number}")) for number in range(tokens)]
    return FakeObjects().put(*roles, credential, *active)
