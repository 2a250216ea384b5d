"""A namespace with a WorkloadToken: what is in its Secret, and who lets the operator mint there."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pharia_access.domain.token import TokenText, parse
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.resources import workload_token
from tools.control_plane.workspace import Json, condition

if TYPE_CHECKING:
    from tools.control_plane.workspace import Workspace

__all__ = ["APP", "DELEGATION", "WorkloadPlace"]

APP = "app"
DELEGATION = "pharia-access-rotation"
LABEL = "access.pharia.ai/workload-token"
REVISION = "access.pharia.ai/revision"


@dataclass(frozen=True, slots=True)
class WorkloadPlace:
    """One namespace, with a credential `invoice-bot`; every wait has a deadline."""

    workspace: Workspace

    def delegate(self) -> None:
        """Let the operator mint here."""
        workspace, group = self.workspace, "rbac.authorization.k8s.io"
        binding = {
            "kind": "RoleBinding",
            "metadata": {"name": DELEGATION, "namespace": workspace.namespace},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": DELEGATION},
            "subjects": [{"kind": "ServiceAccount", "name": OPERATOR_ACCOUNT, "namespace": NAMESPACE}],
        }
        assert workspace.api.create(binding).ok

    def create(self, name: str = APP, **spec: object) -> Json:
        """Have a WorkloadToken, not waited for."""
        reply = self.workspace.api.create(workload_token(self.workspace.namespace, name, **spec))
        assert reply.ok, reply.message
        return reply.body

    def ready(self, name: str = APP, **spec: object) -> Json:
        """Have a credential, the right to mint, and a WorkloadToken that is Ready."""
        self.begin(name, **spec)
        return self.until_revision(1, name)

    def begin(self, name: str = APP, **spec: object) -> None:
        """The same, not waited for."""
        self.workspace.credential()
        self.delegate()
        self.create(name, **spec)

    def until(self, status: str, reason: str, name: str = APP) -> Json:
        """Wait until Ready says so."""

        def says(obj: Json) -> bool:
            ready = condition(obj, "Ready")
            return (ready.get("status"), ready.get("reason")) == (status, reason)

        return self.workspace.until("WorkloadToken", name, says, f"{status}/{reason}")

    def until_revision(self, revision: int, name: str = APP) -> Json:
        """Wait until the Secret holds that number, or a later one, and all is well."""

        def current(obj: Json) -> bool:
            found = obj.get("status", {}).get("current", {}).get("revision", 0)
            return bool(found >= revision) and condition(obj, "Ready").get("reason") == "Current"

        return self.workspace.until("WorkloadToken", name, current, f"revision {revision}")

    def edit(self, name: str = APP, **spec: object) -> None:
        """Change the spec."""
        self.workspace.change(self.workspace.known("WorkloadToken", name), {"spec": spec})

    def text(self, name: str = APP, key: str = "token") -> TokenText:
        """The text in the Secret."""
        return parse(base64.b64decode(self.workspace.known("Secret", name)["data"][key]))

    def held(self, name: str = APP) -> int:
        """The revision that the Secret says it holds; 0 where there is none."""
        secret = self.workspace.read("Secret", name)
        return 0 if secret is None else int(secret["metadata"]["annotations"][REVISION])

    def children(self, name: str = APP) -> list[Json]:
        """The ApiTokens that the WorkloadToken made, by number."""
        found = self.workspace.list("ApiToken", labelSelector=f"{LABEL}={name}")
        return sorted(found, key=lambda child: int(child["metadata"]["name"].rpartition("-")[2]))
