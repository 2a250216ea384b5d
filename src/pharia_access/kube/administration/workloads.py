"""The workloads of a namespace with a person's rights: which of them read a Secret."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from pharia_access.domain.administration.secret_workloads import SecretWorkloads, reads_secret
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ApiError
from pharia_access.kube import paths
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import Request

__all__ = ["KubeWorkloads"]

_KINDS: Final[Mapping[str, str]] = {
    "deployment": "deployments",
    "statefulset": "statefulsets",
    "daemonset": "daemonsets",
}
"""Those that `kubectl rollout restart` restarts."""

_PAGE_SIZE: Final = 500


class KubeWorkloads:
    """Implements `services.administration.overwriting.Workloads`.

    Args:
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def readers_of(self, secret: ObjectKey) -> SecretWorkloads:
        """Find the workloads that read the Secret. Never fails: a list that cannot be read leaves `certain` false."""
        found: list[str] = []
        certain = True
        for kind, plural in _KINDS.items():
            try:
                found += [f"{kind}/{name}" async for name in self._reading(plural, secret)]
            except ApiError:
                certain = False
        return SecretWorkloads(tuple(found), certain)

    async def _reading(self, plural: str, secret: ObjectKey) -> AsyncIterator[str]:
        path, more = paths.of_workloads(plural, secret.namespace), ""
        while True:
            query = {"limit": str(_PAGE_SIZE), **({"continue": more} if more else {})}
            page = json.loads(await self._connection.send(Request("GET", path, self._timeout, query=query)))
            for item in page["items"]:
                if reads_secret(_pod_spec(item), secret.name):
                    yield item["metadata"]["name"]
            more = page["metadata"].get("continue") or ""
            if not more:
                return


def _pod_spec(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = workload["spec"]["template"]["spec"]
    return spec
