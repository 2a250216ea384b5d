"""The full list: at the start, when watches begin anew, and now and then, to repair what events can lose."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.domain.sightings import MalformedObject
from pharia_access.errors import RewoundError
from pharia_access.services.intake import Intake
from pharia_access.services.ports import Ports
from pharia_access.services.view import View, is_newer

__all__ = ["Resync"]

log = logging.getLogger(__name__)


class _Keyed(Protocol):
    @property
    def key(self) -> ObjectKey: ...


@dataclass(slots=True)
class _Seen:
    """The keys of a list, and the list's resourceVersion: what the view has beyond it, and not newer, is gone."""

    resource_version: str = ""
    keys: set[ObjectKey] = field(default_factory=set)

    def note(self, resource_version: str, *objects: Iterable[_Keyed]) -> None:
        """Add a page. Of several lists (one for each watched namespace) the oldest one's version counts."""
        if resource_version and (not self.resource_version or is_newer(self.resource_version, resource_version)):
            self.resource_version = resource_version
        self.keys.update(item.key for page in objects for item in page)


class Resync:
    """Lists roles, then credentials, then tokens: each kind is judged by the ones before it."""

    def __init__(self, ports: Ports, *, view: View, intake: Intake) -> None:
        self._cluster, self._clock, self._metrics = ports.cluster, ports.clock, ports.metrics
        self._view = view
        self._intake = intake
        self._newest = 0

    async def run(self) -> float:
        """One full list; how many seconds it took. One that ends early repairs nothing and harms nothing.

        Raises the leaves of ApiError, and RewoundError where an answer is older than that of an earlier list.
        """
        began = self._clock.monotonic()
        self._view.begin_list()
        try:
            await self._list_roles()
            await self._list_credentials()
            await self._list_tokens()
        finally:
            self._view.end_list()
        took = self._clock.monotonic() - began
        self._metrics.listed(took)
        log.info("full list done", extra={"seconds": round(took, 3), "tokens": len(self._view.token_keys)})
        return took

    async def _list_roles(self) -> None:
        before = dict(self._view.catalogue)
        listed: list[Role] = []
        async for page in self._cluster.role_pages():
            self._skip(page.malformed)
            listed.extend(page.items)
        now = dict(self._view.catalogue)
        heard = {name for name in before | now if now.get(name) is not before.get(name)}  # by events, meanwhile
        for role in listed:
            if role.name not in heard:
                self._intake.role_seen(role)
        for name in before.keys() - heard - {role.name for role in listed}:
            self._intake.role_gone(name)

    async def _list_credentials(self) -> None:
        seen = _Seen()
        async for page in self._cluster.credential_pages():
            self._skip(page.malformed)
            seen.note(page.resource_version, page.items, page.malformed)
            for credential in page.items:
                self._intake.credential_listed(credential)
        self._never_back(seen.resource_version)
        self._drop_missing(seen, self._view.credential_keys, self._credential_version, self._intake.credential_gone)

    async def _list_tokens(self) -> None:
        seen = _Seen()
        async for page in self._cluster.token_pages():
            self._skip(page.malformed)
            seen.note(page.resource_version, page.items, page.malformed)
            for token in page.items:
                self._intake.token_listed(token)
            await self._clock.sleep(0)
        self._never_back(seen.resource_version)
        self._drop_missing(seen, self._view.token_keys, self._token_version, self._intake.token_gone)

    def _never_back(self, version: str) -> None:
        """A consistent list is never older than the one before. Watches would stay silent, and the view be wrong."""
        if not version.isdecimal():
            return
        if int(version) < self._newest:
            message = f"the cluster went back from resourceVersion {self._newest} to {version}: was etcd restored?"
            raise RewoundError(message)
        self._newest = int(version)

    def _skip(self, objects: tuple[MalformedObject, ...]) -> None:
        for malformed in objects:
            log.warning("skipped a malformed object", extra={"kind": malformed.kind, "object": str(malformed.key)})
            self._intake.malformed_seen(malformed)

    def _drop_missing(
        self,
        seen: _Seen,
        known: tuple[ObjectKey, ...],
        version: Callable[[ObjectKey], str],
        gone: Callable[[ObjectKey], None],
    ) -> None:
        for key in known:
            if key not in seen.keys and not is_newer(version(key), seen.resource_version):
                gone(key)

    def _credential_version(self, key: ObjectKey) -> str:
        credential = self._view.credential(key)
        return "0" if credential is None else credential.resource_version

    def _token_version(self, key: ObjectKey) -> str:
        record = self._view.token(key)
        return "0" if record is None else record.resource_version
