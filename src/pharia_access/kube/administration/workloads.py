"""The workloads of a namespace with a person's rights: which of them read a Secret."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec

from pharia_access.domain.administration.secret_workloads import SecretWorkloads, reads_secret
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ApiError
from pharia_access.kube import paths
from pharia_access.kube.administration.pages import Metadata, Page, pages
from pharia_access.kube.connection import Connection

__all__ = ["KubeWorkloads"]

_KINDS: Final[Mapping[str, str]] = {
    "deployment": "deployments",
    "statefulset": "statefulsets",
    "daemonset": "daemonsets",
}
"""Those that `kubectl rollout restart` restarts."""


class _Template(msgspec.Struct):
    spec: dict[str, Any]


class _Spec(msgspec.Struct):
    template: _Template


class _Workload(msgspec.Struct):
    metadata: Metadata
    spec: _Spec


class _List(Page):
    items: list[_Workload]


_decoder: Final = msgspec.json.Decoder(_List)


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
        path = paths.of_workloads(plural, secret.namespace)
        async for page in pages(self._connection, path, _decoder, timeout_seconds=self._timeout):
            for item in page.items:
                if reads_secret(item.spec.template.spec, secret.name):
                    yield item.metadata.name
