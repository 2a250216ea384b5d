"""People of a namespace with the rights that Kubernetes' own roles give them, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.security.rights import Right, may
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
        api = self._bound(user, "admin")
        if may_bind:
            api.grant(user, self.namespace, rule(_GROUP, "apiroles", "bind", names=[may_bind]))
        self._until(api, user, "create", "apicredentials/token")
        return user

    def editor(self, user: str) -> str:
        """Somebody who edits what is there and mints no tokens."""
        self._until(self._bound(user, "edit"), user, "update", "apicredentials")
        return user

    def viewer(self, user: str) -> str:
        """Somebody who looks on."""
        self._until(self._bound(user, "view"), user, "list", "apitokens")
        return user

    def _bound(self, user: str, role: str) -> Api:
        """A client that bound them; not kubectl, since a process for each request takes as long as a short test."""
        api, group = Api(self.control_plane.kubeconfig), "rbac.authorization.k8s.io"
        binding = {
            "kind": "RoleBinding",
            "metadata": {"name": user, "namespace": self.namespace},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }
        reply = api.create(binding)
        assert reply.ok, reply.message
        return api

    def _until(self, api: Api, user: str, verb: str, resource: str) -> None:
        right = Right(verb, _GROUP, resource, self.namespace)
        wait_until(lambda: may(api, user, right), what=f"{user} may {verb} {resource}")
