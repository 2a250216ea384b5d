"""Roles and bindings of RBAC that let the operator mint in a namespace, written with a person's rights."""

from typing import Any, Final

from pharia_access.domain.administration.delegation import CLUSTER_ROLE, Delegation, Outcome
from pharia_access.errors import AlreadyExistsError
from pharia_access.kube import paths
from pharia_access.kube.administration.answers import object_in
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["KubeDelegations", "delegation_objects"]

Json = dict[str, Any]

_API: Final = "rbac.authorization.k8s.io"


class KubeDelegations:
    """Answers `services.administration.delegating.Delegations`.

    Args:
        timeout_seconds: of a single request.
        dry_run: the API server judges every write, and keeps none.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float, dry_run: bool = False) -> None:
        self._connection = connection
        self._timeout = timeout_seconds
        self._written = {"dryRun": "All"} if dry_run else {}

    def objects(self, delegation: Delegation) -> list[Json]:
        """Return what `write` writes, in that order."""
        return delegation_objects(delegation)

    async def write(self, body: Json) -> Outcome:
        """Create an object, or see whether the one of its name says the same. Raises ForbiddenError."""
        namespace = body["metadata"]["namespace"]
        path = paths.of_rbac(f"{body['kind'].lower()}s", namespace)
        try:
            await self._connection.send(Request("POST", path, self._timeout, body, query=self._written))
        except AlreadyExistsError:
            there = await self._connection.send(Request("GET", f"{path}/{body['metadata']['name']}", self._timeout))
            return Outcome.THERE if _said(object_in(there, path)) == _said(body) else Outcome.OTHER
        return Outcome.CREATED


def delegation_objects(delegation: Delegation) -> list[Json]:
    """Return the RoleBinding; for one credential a Role of its own before it."""
    place = {"name": delegation.name, "namespace": delegation.namespace}
    kind, role = ("Role", delegation.name) if delegation.credential else ("ClusterRole", CLUSTER_ROLE)
    operator = delegation.operator
    binding = {
        "apiVersion": f"{_API}/v1",
        "kind": "RoleBinding",
        "metadata": place,
        "roleRef": {"apiGroup": _API, "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": operator.name, "namespace": operator.namespace}],
    }
    if not delegation.credential:
        return [binding]
    rules = [
        {"apiGroups": [paths.GROUP], "resources": ["apitokens"], "verbs": ["create"]},
        {
            "apiGroups": [paths.GROUP],
            "resources": ["apicredentials/token"],
            "resourceNames": [delegation.credential],
            "verbs": ["create"],
        },
    ]
    return [{"apiVersion": f"{_API}/v1", "kind": "Role", "metadata": dict(place), "rules": rules}, binding]


def _said(body: Json) -> Json:
    """What it grants and to whom; the API server fills in nothing else of these."""
    return {name: body.get(name) for name in ("roleRef", "subjects", "rules")}
