"""People of a namespace with the rights that Kubernetes' own roles give them, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.control_plane.api import Api, rule
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["RbacUsers"]

_GROUP = "access.pharia.ai"


@dataclass(frozen=True, slots=True)
class RbacUsers:
    """Who works in a namespace: hired with admin, edit or view, in force on return."""

    control_plane: ControlPlane
    namespace: str

    def admin(self, user: str, *, may_bind: str = "") -> str:
        """Somebody who manages the namespace, and may grant one role."""
        self._bind(user, "admin")
        if may_bind:
            Api(self.control_plane.kubeconfig).grant(
                user, self.namespace, rule(_GROUP, "apiroles", "bind", names=[may_bind])
            )
        self._until(user, "create", "apicredentials.access.pharia.ai/token")
        return user

    def editor(self, user: str) -> str:
        """Somebody who edits what is there and mints no tokens."""
        self._bind(user, "edit")
        self._until(user, "update", "apicredentials.access.pharia.ai")
        return user

    def viewer(self, user: str) -> str:
        """Somebody who looks on."""
        self._bind(user, "view")
        self._until(user, "list", "apitokens.access.pharia.ai")
        return user

    def _bind(self, user: str, role: str) -> None:
        here = f"--namespace={self.namespace}"
        self.control_plane.kubectl("create", "rolebinding", user, f"--clusterrole={role}", f"--user={user}", here)

    def _until(self, user: str, verb: str, resource: str) -> None:
        resource, _, subresource = resource.partition("/")
        asked = ("auth", "can-i", verb, resource, f"--subresource={subresource}", f"--namespace={self.namespace}")
        wait_until(
            lambda: self.control_plane.kubectl(*asked, user=user, check=False).stdout.strip() == "yes",
            what=f"{user} may {verb} {resource}",
        )
