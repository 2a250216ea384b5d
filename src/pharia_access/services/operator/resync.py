"""One list of a scope: at the start, when watches begin anew, and now and then, to repair what events can lose."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.errors import ClusterRolledBackError, ForbiddenError, UnavailableError
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.scopes import CATALOG, EVERYWHERE
from pharia_access.services.operator.token_index import is_newer

__all__ = ["Resync"]

log = logging.getLogger(__name__)


class _Keyed(Protocol):
    @property
    def key(self) -> ObjectKey: ...


@dataclass(slots=True)
class _Seen:
    """The keys of a list, and the list's resourceVersion: what the cache has beyond it, and not newer, is gone."""

    namespace: str | None
    resource_version: str = ""
    keys: set[ObjectKey] = field(default_factory=set)

    def note(self, resource_version: str, *objects: Iterable[_Keyed]) -> None:
        """Add a page. Only the last ones tell the version."""
        self.resource_version = resource_version or self.resource_version
        self.keys.update(item.key for page in objects for item in page)

    def misses(self, key: ObjectKey) -> bool:
        """Whether the list would have this key, and has not."""
        return self.namespace in {None, key.namespace} and key not in self.keys


class Resync:
    """Lists the catalog, or of one namespace (or all) credentials and then tokens, which are judged by them."""

    def __init__(self, ports: Ports, cache: ClusterCache) -> None:
        self._cluster, self._clock = ports.cluster, ports.clock
        self._workloads = ports.workloads
        self._cache = cache
        self._newest: dict[str, int] = {}

    async def run(self, scope: str) -> float:
        """One list of a scope; how many seconds it took. One that ends early repairs nothing and harms nothing.

        Raises the leaves of ApiError, and ClusterRolledBackError where an answer is older than that of an earlier list.
        """
        began = self._clock.monotonic()
        with self._cache.listing():
            if scope == CATALOG:
                await self._list_roles()
            else:
                await self._list_credentials(scope)
                await self._list_workloads(scope)
                await self._list_tokens(scope)
        took = self._clock.monotonic() - began
        log.info(
            "full list done", extra={"namespace": scope, "seconds": round(took, 3), "tokens": len(self._cache.tokens)}
        )
        return took

    async def look(self, scope: str) -> None:
        """See by small lists whether a scope may be listed. Raises the leaves of ApiError."""
        if scope == CATALOG:
            async for _ in self._cluster.role_pages():
                pass  # they are few
        else:
            await self._cluster.try_lists(_namespace(scope))

    async def _list_roles(self) -> None:
        before = dict(self._cache.catalog)
        listed: list[Role] = []
        async for page in self._cluster.role_pages():
            self._skip(page.invalid)
            listed.extend(page.items)
        now = dict(self._cache.catalog)
        changed = {name for name in before | now if now.get(name) is not before.get(name)}  # by events, meanwhile
        for role in listed:
            if role.name not in changed:
                self._cache.apply_role(role)
        for name in before.keys() - changed - {role.name for role in listed}:
            self._cache.remove_role(name)

    async def _list_credentials(self, scope: str) -> None:
        seen = _Seen(_namespace(scope))
        async for page in self._cluster.credential_pages(namespace=seen.namespace):
            self._skip(page.invalid)
            seen.note(page.resource_version, page.items, page.invalid)
            for credential in page.items:
                self._cache.apply_credential(credential, listed=True)
        self._never_back(scope, seen.resource_version)
        self._drop_missing(
            seen, tuple(self._cache.credentials), self._credential_version, self._cache.remove_credential
        )

    async def _list_workloads(self, scope: str) -> None:
        """Tokens do not wait for this kind where it is not served yet, or the operator may not list it."""
        seen = _Seen(_namespace(scope))
        try:
            async for page in self._workloads.workload_pages(namespace=seen.namespace):
                self._skip(page.invalid)
                seen.note(page.resource_version, page.items, page.invalid)
                for workload in page.items:
                    self._cache.apply_workload(workload, listed=True)
        except (ForbiddenError, UnavailableError) as error:
            if isinstance(error, UnavailableError) and error.status != HTTPStatus.NOT_FOUND:
                raise
            log.warning("WorkloadTokens are not looked after", extra={"namespace": scope, "problem": str(error)})
            return
        known = tuple(workload.key for workload in self._cache.workloads)
        self._drop_missing(seen, known, self._workload_version, self._cache.remove_workload)

    async def _list_tokens(self, scope: str) -> None:
        seen = _Seen(_namespace(scope))
        async for page in self._cluster.token_pages(namespace=seen.namespace):
            self._skip(page.invalid)
            seen.note(page.resource_version, page.items, page.invalid)
            for token in page.items:
                self._cache.apply_listed(token)
            await self._clock.sleep(0)
        self._never_back(scope, seen.resource_version)
        self._drop_missing(seen, self._cache.tokens.keys, self._token_version, self._cache.remove_token)

    def _never_back(self, scope: str, version: str) -> None:
        """A consistent list is never older than the one before. Watches would stay silent, and the cache be wrong."""
        if not version.isdecimal():
            return
        newest = self._newest.get(scope, 0)
        if int(version) < newest:
            message = f"the cluster went back from resourceVersion {newest} to {version}: was etcd restored?"
            raise ClusterRolledBackError(message)
        self._newest[scope] = int(version)

    def _skip(self, objects: tuple[InvalidObject, ...]) -> None:
        for invalid in objects:
            log.warning("skipped a malformed object", extra={"kind": invalid.kind, "object": str(invalid.key)})
            self._cache.apply_invalid(invalid)

    def _drop_missing(
        self,
        seen: _Seen,
        known: tuple[ObjectKey, ...],
        version: Callable[[ObjectKey], str],
        gone: Callable[[ObjectKey], None],
    ) -> None:
        for key in known:
            if seen.misses(key) and not is_newer(version(key), seen.resource_version):
                gone(key)

    def _credential_version(self, key: ObjectKey) -> str:
        credential = self._cache.credentials.get(key)
        return "0" if credential is None else credential.resource_version

    def _workload_version(self, key: ObjectKey) -> str:
        workload = self._cache.workloads.get(key)
        return "0" if workload is None else workload.resource_version

    def _token_version(self, key: ObjectKey) -> str:
        record = self._cache.tokens.get(key)
        return "0" if record is None else record.resource_version


def _namespace(scope: str) -> str | None:
    return None if scope == EVERYWHERE else scope
