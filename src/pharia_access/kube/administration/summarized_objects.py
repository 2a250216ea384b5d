"""Our kinds, summed up, with a person's rights. Answers `services.administration.objects.Objects`."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, Protocol, TypeVar, cast

from pharia_access.domain.administration.stored import Json, Right, Stored, StoredPage
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import REPLACES, ObjectKey
from pharia_access.kube.administration.objects import ListPage
from pharia_access.kube.administration.summaries import credential_summary, role_summary, token_summary
from pharia_access.kube.administration.workload_summaries import workload_summary
from pharia_access.kube.json_parts import API_VERSION

__all__ = ["JsonObjects", "SummarizedObjects", "kind_of", "summary_reader"]

S = TypeVar("S", TokenSummary, CredentialSummary, RoleSummary, WorkloadSummary)

_KINDS: Final[Mapping[type[Any], tuple[Kind, Callable[[Json], Any]]]] = {
    TokenSummary: ("ApiToken", token_summary),
    CredentialSummary: ("ApiCredential", credential_summary),
    RoleSummary: ("ApiRole", role_summary),
    WorkloadSummary: ("WorkloadToken", workload_summary),
}


class JsonObjects(Protocol):
    """The same kinds as JSON: `KubeObjects`."""

    async def read(self, kind: Kind, key: ObjectKey) -> Json:
        """Read one."""
        ...

    def pages(
        self, kind: Kind, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[ListPage]:
        """List by pages."""
        ...

    async def create(self, body: Json) -> Json:
        """Create one."""
        ...

    async def patch(self, kind: Kind, key: ObjectKey, patch: Json) -> Json:
        """Apply a merge patch."""
        ...

    async def delete(self, kind: Kind, key: ObjectKey, uid: str, *, resource_version: str = "") -> Json | None:
        """Delete that very object, only as it was read, if given."""
        ...

    async def may(self, right: Right, namespace: str) -> bool:
        """Whether RBAC allows it."""
        ...

    async def has_namespace(self, name: str) -> bool | None:
        """Whether there is such a namespace."""
        ...

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Whether there is such a ServiceAccount."""
        ...


class SummarizedObjects:
    """Reads and changes objects; each comes with its summary.

    Args:
        objects: the same as JSON.
    """

    def __init__(self, objects: JsonObjects) -> None:
        self._objects = objects

    async def read(self, kind: type[S], key: ObjectKey) -> Stored[S]:
        """Read one live. Raises NotFoundError."""
        return Stored(await self._objects.read(kind_of(kind), key), summary_reader(kind))

    async def pages(
        self, kind: type[S], namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[StoredPage[S]]:
        """List a kind in one namespace or in all, by pages. Raises ResourceExpiredError if a page came too late."""
        sum_up = summary_reader(kind)
        async for page in self._objects.pages(kind_of(kind), namespace, labels=labels, fields=fields):
            yield StoredPage([Stored(item, sum_up) for item in page.items], page.left)

    async def create(self, kind: type[S], key: ObjectKey, spec: Json, *, replaces: str = "") -> Stored[S]:
        """Create an object. Raises AlreadyExistsError, ForbiddenError, InvalidError."""
        labels = {"labels": {REPLACES: replaces}} if replaces else {}
        body = {
            "apiVersion": API_VERSION,
            "kind": kind_of(kind),
            "metadata": {"name": key.name, "namespace": key.namespace, **labels},
            "spec": spec,
        }
        return Stored(await self._objects.create(body), summary_reader(kind))

    async def patch(self, stored: Stored[S], spec: Json, *, as_read: bool = False) -> Stored[S]:
        """Merge fields into the spec of that very object; `as_read`: only as it was read. Raises ConflictError."""
        metadata, only = stored.body["metadata"], "resourceVersion" if as_read else "uid"
        patch = {"metadata": {only: metadata[only]}, "spec": spec}
        return Stored(await self._objects.patch(stored.body["kind"], _key(stored), patch), stored.sum_up)

    async def delete(self, stored: Stored[S], *, as_read: bool = False) -> Stored[S] | None:
        """Delete that very object; `as_read`: only as it was read. Returns it where it still stands."""
        metadata = stored.body["metadata"]
        version = metadata["resourceVersion"] if as_read else ""
        kind, key = stored.body["kind"], _key(stored)
        after = await self._objects.delete(kind, key, metadata["uid"], resource_version=version)
        return None if after is None else Stored(after, stored.sum_up)

    async def may(self, right: Right, namespace: str) -> bool:
        """Whether the API server's RBAC allows it."""
        return await self._objects.may(right, namespace)

    async def has_namespace(self, name: str) -> bool | None:
        """Whether there is a namespace of that name; None where one may not look."""
        return await self._objects.has_namespace(name)

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Whether there is such a ServiceAccount; None where one may not look."""
        return await self._objects.has_account(key)


def kind_of(kind: type[Any]) -> Kind:
    """The kind that a summary is of."""
    return _KINDS[kind][0]


def summary_reader(kind: type[S]) -> Callable[[Json], S]:
    """From an object to its summary."""
    return cast("Callable[[Json], S]", _KINDS[kind][1])


def _key(stored: Stored[Any]) -> ObjectKey:
    metadata = stored.body["metadata"]
    return ObjectKey(metadata["namespace"], metadata["name"])
