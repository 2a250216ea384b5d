"""A small client of the API server for tests: each request as a named user, each answer a value.

Refusals are answers here, not exceptions: a table test is about which one comes, and with what message.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from kubernetes import config
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from tools.control_plane.pki import token_kubeconfig
from tools.control_plane.processes import wait_until
from tools.control_plane.replies import Answer, Reply, body_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["APPLY", "JSON_PATCH", "MERGE", "OPERATOR", "VERIFIER", "Api", "rule"]

OPERATOR = "system:serviceaccount:pharia-access-system:pharia-access-operator"
VERIFIER = "system:serviceaccount:pharia-access-system:pharia-access-verifier"

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

Json = dict[str, Any]

_AGAIN = Retry(1, redirect=False, status=False, allowed_methods=None)
"""After too large a body the API server closes the connection, maybe while the next request is on its way. On a create
of a custom resource with a body that is no object, 1.37.2 panics, and closes it as well."""
_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_OURS = "/apis/access.pharia.ai/v1alpha1"
_KINDS = {  # kind: (API path, plural, namespaced)
    "ApiCredential": (_OURS, "apicredentials", True),
    "ApiRole": (_OURS, "apiroles", False),
    "ApiToken": (_OURS, "apitokens", True),
    "ClusterRole": (_RBAC, "clusterroles", False),
    "ClusterRoleBinding": (_RBAC, "clusterrolebindings", False),
    "Deployment": ("/apis/apps/v1", "deployments", True),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases", True),
    "Namespace": ("/api/v1", "namespaces", False),
    "Role": (_RBAC, "roles", True),
    "RoleBinding": (_RBAC, "rolebindings", True),
    "Secret": ("/api/v1", "secrets", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "WorkloadToken": (_OURS, "workloadtokens", True),
}


class Api:
    """Requests as the kubeconfig's user."""

    def __init__(self, kubeconfig: Path) -> None:
        load: Any = config.new_client_from_config  # ships without type information
        client = load(config_file=str(kubeconfig))
        self._server = client.configuration.host
        self._ca_file = Path(client.configuration.ssl_ca_cert)
        self._pool = client.rest_client.pool_manager
        signs = client.configuration.auth_settings().values()  # a token; a certificate is the pool's matter
        self._identity = {sign["key"]: sign["value"] for sign in signs}

    def as_user(self, user: str) -> Api:
        """The same client, impersonating `user`."""
        other = copy.copy(self)
        other._identity = {**self._identity, "Impersonate-User": user}  # noqa: SLF001 - its copy
        return other

    def account_kubeconfig(self, namespace: str, name: str, path: Path) -> Path:
        """Write a kubeconfig that signs in as a ServiceAccount, for an hour."""
        account = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        token = self._must(self.request("POST", account, body={"spec": {}})).body["status"]["token"]
        return token_kubeconfig(path, server=self._server, ca_file=self._ca_file, token=token)

    def reconnect(self) -> None:
        """Forget the connections that are open: the API server may have been restarted meanwhile."""
        self._pool.clear()

    def create(self, obj: Json, **query: str) -> Reply:
        """POST the object to the namespace that it names."""
        path = _path(obj["kind"], obj["metadata"].get("namespace"))
        return self.request("POST", path, body=obj, query=query)

    def replace(self, obj: Json, *, subresource: str = "", **query: str) -> Reply:
        """PUT the object, or its subresource, under its own name."""
        return self.request("PUT", _path_of(obj, subresource), body=obj, query=query)

    def read(self, obj: Json) -> Reply:
        """GET the object as it is now."""
        return self.request("GET", _path_of(obj))

    def find(self, kind: str, namespace: str | None, **query: str) -> Reply:
        """GET the list of a kind."""
        return self.request("GET", _path(kind, namespace), query=query)

    def patch(self, obj: Json, patch: object, *, subresource: str = "", form: str = MERGE, **query: str) -> Reply:
        """PATCH the object of that kind, namespace and name; a merge patch unless `form` says otherwise."""
        return self.request("PATCH", _path_of(obj, subresource), body=patch, form=form, query=query)

    def delete(self, obj: Json, *, options: Json | None = None, **query: str) -> Reply:
        """DELETE the object of that kind, namespace and name."""
        return self.request("DELETE", _path_of(obj), body=options, query=query)

    def delete_all(self, kind: str, namespace: str, **query: str) -> Reply:
        """DELETE the collection of a kind in a namespace."""
        return self.request("DELETE", _path(kind, namespace), query=query)

    def grant(self, user: str, namespace: str, *rules: Json) -> None:
        """Give `user` just these rights in a namespace; they are in force on return."""
        name = f"test-{user.rsplit(':', 1)[-1]}-{len(self._roles(namespace))}"
        metadata = {"name": name, "namespace": namespace}
        self._must(self.create({"kind": "Role", "metadata": metadata, "rules": list(rules)}))
        self._must(self.create(_binding("RoleBinding", metadata, user=user, role_kind="Role")))
        wait_until(lambda: self._may(user, namespace, rules[-1]), what=f"{user} holds {rules[-1]}", timeout=10)

    def grant_everywhere(self, user: str, name: str, *rules: Json) -> None:
        """Give `user` just these rights in the whole cluster, by a ClusterRole called `name`."""
        metadata = {"name": name}
        self._must(self.create({"kind": "ClusterRole", "metadata": metadata, "rules": list(rules)}))
        self._must(self.create(_binding("ClusterRoleBinding", metadata, user=user, role_kind="ClusterRole")))
        wait_until(lambda: self._may(user, None, rules[-1]), what=f"{user} holds {rules[-1]}", timeout=10)

    def revoke_everywhere(self, name: str) -> None:
        """Take back what `grant_everywhere` gave under that name."""
        for kind in ("ClusterRoleBinding", "ClusterRole"):
            self._must(self.delete({"kind": kind, "metadata": {"name": name}}))

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        form: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request; `form` is the content type of the body."""
        url = f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")
        answer = self._pool.request(
            method,
            url,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": form, "Accept": "application/json", **self._identity},
            timeout=30,
        )
        return Reply(status=answer.status, body=body_of(answer.data))

    def send(self, method: str, target: str, *, body: bytes | None = None, form: str = "") -> Answer:
        """Send what need not be JSON, to what need not be a path of Kubernetes; `form`: the content type, if any.

        Status 0 where the connection ends without an answer, twice.
        """
        headers = {"Accept": "application/json", **({"Content-Type": form} if form else {}), **self._identity}
        url = self._server + target
        try:
            answer = self._pool.request(method, url, body=body, headers=headers, timeout=30, retries=_AGAIN)
        except HTTPError:
            return Answer(0, b"")
        head = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        return Answer(answer.status, head.encode("latin-1") + answer.data)

    def _may(self, user: str, namespace: str | None, granted: Json) -> bool:
        resource, _, subresource = granted["resources"][0].partition("/")
        attributes = {
            "namespace": namespace or "",
            "verb": granted["verbs"][0],
            "group": granted["apiGroups"][0],
            "resource": resource,
            "subresource": subresource,
            "name": granted.get("resourceNames", [""])[0],
        }
        body = {"spec": {"user": user, "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return bool(self._must(self.request("POST", path, body=body)).body["status"]["allowed"])

    def _roles(self, namespace: str) -> Sequence[object]:
        items: list[object] = self._must(self.find("Role", namespace)).body["items"]
        return items

    @staticmethod
    def _must(reply: Reply) -> Reply:
        if not reply.ok:
            raise AssertionError(reply.message)
        return reply


def rule(group: str, resource: str, *verbs: str, names: Sequence[str] = ()) -> Json:
    """One rule of a Role; `names` are its resourceNames."""
    only = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs), **only}


def _binding(kind: str, metadata: Json, *, user: str, role_kind: str) -> Json:
    group = "rbac.authorization.k8s.io"
    return {
        "kind": kind,
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": role_kind, "name": metadata["name"]},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }


def _path(kind: str, namespace: str | None) -> str:
    prefix, plural, namespaced = _KINDS[kind]
    return f"{prefix}/namespaces/{namespace}/{plural}" if namespaced and namespace else f"{prefix}/{plural}"


def _path_of(obj: Json, subresource: str = "") -> str:
    path = f"{_path(obj['kind'], obj['metadata'].get('namespace'))}/{obj['metadata']['name']}"
    return f"{path}/{subresource}" if subresource else path
