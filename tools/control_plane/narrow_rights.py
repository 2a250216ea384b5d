"""A ServiceAccount that may look after some namespaces only, by the chart's own Roles; one of them may be lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.charts import of_kind, rendered
from tools.control_plane.installation import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["NarrowRights"]

Json = dict[str, Any]

_RIGHTS: Final = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


class NarrowRights:
    """What the chart gives where `watchNamespaces` names these, under another name than the release of the tests."""

    def __init__(self, control_plane: ControlPlane, namespaces: Sequence[str], *, name: str = "narrow") -> None:
        self._control_plane = control_plane
        self._name = name
        documents = rendered(control_plane, {"fullnameOverride": name, "watchNamespaces": list(namespaces)})
        self.documents = of_kind(documents, *_RIGHTS)
        self.apply()

    def kubeconfig(self, component: str, path: Path, *, server: str | None = None) -> Path:
        """Write the kubeconfig of the operator or the verifier."""
        account = f"{self._name}-{component}"
        return self._control_plane.service_account_kubeconfig(NAMESPACE, account, path, server=server)

    def apply(self, namespace: str | None = None) -> None:
        """Put all of it in place, or what is in that namespace."""
        wanted = [one for one in self.documents if namespace in {None, one["metadata"].get("namespace")}]
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": wanted})
        self._control_plane.kubectl("apply", "--filename=-", stdin=body)

    def take(self, namespace: str) -> None:
        """Take the rights in a namespace away, as somebody does who deletes the RoleBindings."""
        bindings = [one["metadata"] for one in of_kind(self.documents, "RoleBinding")]
        names = [one["name"] for one in bindings if one["namespace"] == namespace]
        self._control_plane.kubectl("delete", "rolebinding", f"--namespace={namespace}", *names)
