"""Our kinds as JSON, with a person's rights, for the command line.

Nothing is understood here, so that an object which no rule can read can still be shown, mended and deleted.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from pharia_access.domain.administration.stored import Right
from pharia_access.domain.api_values import Kind
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, NotFoundError, UnavailableError
from pharia_access.kube import manifests, paths
from pharia_access.kube.administration.answers import object_in
from pharia_access.kube.connection import MERGE_PATCH, Connection
from pharia_access.kube.deletion import what_holds
from pharia_access.kube.http import Request

__all__ = ["Json", "KubeObjects", "ListPage"]

Json = dict[str, Any]

_PAGE_SIZE = 500
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True)
class ListPage:
    """A part of a list.

    Attributes:
        left: how many objects are still to come, as far as the API server tells.
    """

    items: list[Json]
    left: int


class KubeObjects:
    """Reads and changes objects with the connection's login.

    Args:
        timeout_seconds: of a single request.
        dry_run: the API server judges every write, and keeps none.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float, dry_run: bool = False) -> None:
        self._connection = connection
        self._timeout = timeout_seconds
        self._written = {"dryRun": "All"} if dry_run else {}

    async def read(self, kind: Kind, key: ObjectKey) -> Json:
        """Read an object. Raises NotFoundError."""
        return await self._send("GET", _path(kind, key))

    async def pages(
        self, kind: Kind, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[ListPage]:
        """List a kind in one namespace or in all, by pages. Raises ResourceExpiredError if a page came too late."""
        path = paths.of_kind(paths.PLURALS[kind], namespace)
        wanted = {"limit": str(_PAGE_SIZE), "labelSelector": labels, "fieldSelector": fields}
        query = {name: value for name, value in wanted.items() if value}
        more = ""
        while True:
            page = await self._send("GET", path, query={**query, **({"continue": more} if more else {})})
            _require_list(page, path)
            more = page["metadata"].get("continue") or ""
            # A list's items come without these two.
            items = [{"apiVersion": page["apiVersion"], "kind": kind, **item} for item in page["items"]]
            yield ListPage(items, int(page["metadata"].get("remainingItemCount") or 0))
            if not more:
                return

    async def create(self, body: Json) -> Json:
        """Create an object in the namespace it names. Raises AlreadyExistsError, ForbiddenError, InvalidError."""
        path = paths.of_kind(paths.PLURALS[body["kind"]], body["metadata"].get("namespace"))
        return await self._send("POST", path, body, query=self._written)

    async def patch(self, kind: Kind, key: ObjectKey, patch: Json) -> Json:
        """Apply a merge patch (RFC 7386); with a resourceVersion in it, only to what was read. Raises ConflictError."""
        call = Request("PATCH", _path(kind, key), self._timeout, patch, MERGE_PATCH, self._written)
        return object_in(await self._connection.send(call), call.path)

    async def delete(self, kind: Kind, key: ObjectKey, uid: str, *, resource_version: str = "") -> Json | None:
        """Delete exactly this object (only as it was read, if given), then its dependents. Raises ConflictError.

        Returns the object if finalizers hold it; None if it is gone.
        """
        # Where there is a body, the API server looks for `dryRun` there, and not in the query.
        only = manifests.delete_options(uid, resource_version=resource_version)
        options = {**only, **({"dryRun": ["All"]} if self._written else {})}
        answer = await self._connection.send(Request("DELETE", _path(kind, key), self._timeout, options))
        return None if what_holds(answer) is None else object_in(answer, _path(kind, key))

    async def may(self, right: Right, namespace: str) -> bool:
        """Return whether the API server's RBAC allows the action."""
        attributes = {
            "group": "" if right.core else paths.GROUP,
            "namespace": namespace,
            "verb": right.verb,
            "resource": right.resource,
            "subresource": right.subresource,
            "name": right.name,
        }
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        answer = await self._send("POST", _REVIEW, {**review, "spec": {"resourceAttributes": attributes}})
        return bool(answer["status"]["allowed"])

    async def has_namespace(self, name: str) -> bool | None:
        """Return whether the namespace exists; None without the right to look."""
        return await self._is_there(paths.of_namespace(name))

    async def has_account(self, key: ObjectKey) -> bool | None:
        """Return whether the ServiceAccount exists; None without the right to look."""
        return await self._is_there(paths.of_account(key))

    async def _is_there(self, path: str) -> bool | None:
        try:
            await self._send("GET", path)
        except NotFoundError:
            return False
        except ForbiddenError:
            return None
        return True

    async def _send(
        self, method: str, path: str, body: Json | None = None, *, query: Mapping[str, str] | None = None
    ) -> Json:
        answer = await self._connection.send(Request(method, path, self._timeout, body, query=query or {}))
        return object_in(answer, path)


def _path(kind: Kind, key: ObjectKey) -> str:
    return paths.of_role(key.name) if kind == "ApiRole" else paths.of_object(paths.PLURALS[kind], key)


def _require_list(page: Json, path: str) -> None:
    is_list = isinstance(page.get("metadata"), dict) and isinstance(page.get("items"), list) and "apiVersion" in page
    if not (is_list and all(isinstance(item, dict) for item in page["items"])):
        message = f"{path}: the answer is not a list"
        raise UnavailableError(message)
