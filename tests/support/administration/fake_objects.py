"""The two ports of the administration without an API server: objects and one-time Secrets that keep their state.

Everybody may do everything, unless `forbidden` says otherwise. Whoever waits lets time pass, and the operator mint.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import GONE, NOT_THERE, Deletion, Held
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.errors import AccessError, AlreadyExistsError, ConflictError, ForbiddenError, NotFoundError
from pharia_access.kube.administration.objects import ListPage
from tests.support.administration.stored_bodies import Json, merge_patch, minted_status, place_of, selected
from tests.support.builders.domain_objects import NOW, TEXT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from datetime import datetime

    from pharia_access.domain.administration.stored import Right

__all__ = ["FakeObjects"]


@dataclass(slots=True)
class FakeObjects:
    """Answers `JsonObjects`, `Deliveries` and `Clock`.

    Attributes:
        forbidden: what is refused, such as `list all ApiToken`, `get ApiCredential` or `bind apiroles/studio-user`.
        namespaces: those that there are; None stands for: it may not be seen.
        accounts: the ServiceAccounts that there are; None stands for: they may not be seen.
        failing: raised by the next write of that kind, such as `create ApiToken`, which takes effect all the same.
        refused: raised by the next write of that kind, which takes no effect.
        finalizers: of every object and Secret that is deleted.
        operator: whether tokens are minted while somebody waits.
    """

    bodies: dict[tuple[str, str, str], Json] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    namespaces: set[str] | None = field(default_factory=lambda: {"finance"})
    accounts: set[str] | None = None
    failing: dict[str, AccessError] = field(default_factory=dict)
    refused: dict[str, AccessError] = field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    operator: bool = True
    secrets: dict[ObjectKey, OneTimeSecret | ForeignSecret] = field(default_factory=dict)
    before_patch: Callable[[], object] = lambda: None
    time: datetime = NOW
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def put(self, *bodies: Json) -> FakeObjects:
        """Lay objects down as they are, with the metadata that the API server sets."""
        for body in bodies:
            number = str(next(self.versions))
            metadata = {"uid": f"uid-{number}", "creationTimestamp": format_time(self.time), **body["metadata"]}
            stored = {**deepcopy(body), "metadata": {**metadata, "resourceVersion": number}}
            self.bodies[place_of(stored)] = stored
        return self

    def body(self, kind: str, name: str, namespace: str = "finance") -> Json:
        """An object as it is now."""
        return self.bodies[kind, namespace, name]

    async def read(self, kind: str, key: ObjectKey) -> Json:
        self._judge(f"get {kind}")
        found = self.bodies.get((kind, key.namespace, key.name))
        if found is None:
            error = NotFoundError("none")
            error.status, error.server_message = 404, f'{kind.lower()}s.access.pharia.ai "{key.name}" not found'
            raise error
        return deepcopy(found)

    async def pages(
        self, kind: str, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[ListPage]:
        self._judge(f"list {kind}" if namespace else f"list all {kind}")
        found = [body for place, body in self.bodies.items() if place[0] == kind and namespace in {None, place[1]}]
        found = [body for body in found if selected(body, fields)]
        for number, body in enumerate(found, start=1):
            yield ListPage([deepcopy(body)], len(found) - number)

    async def create(self, body: Json) -> Json:
        self._judge(f"create {body['kind']}")
        if place_of(body) in self.bodies:
            error = AlreadyExistsError("it is there")
            error.status = 409
            raise error
        self.put(body)
        self._fail(f"create {body['kind']}")
        return deepcopy(self.bodies[place_of(body)])

    async def patch(self, kind: str, key: ObjectKey, patch: Json) -> Json:
        self._judge(f"patch {kind}")
        self.before_patch()
        stored = self.bodies[kind, key.namespace, key.name]
        if any(stored["metadata"][name] != value for name, value in patch["metadata"].items()):
            msg = "it changed"
            raise ConflictError(msg)
        self.put({**stored, "spec": merge_patch(stored["spec"], patch["spec"])})
        self._fail(f"patch {kind}")
        return deepcopy(self.bodies[kind, key.namespace, key.name])

    async def delete(self, *asked: Any, resource_version: str = "") -> Any:  # noqa: ANN401 - one name, two ports
        """An object by kind, key and UID, or a Secret by key and UID."""
        if isinstance(asked[0], ObjectKey):
            return self._delete_secret(*asked)
        return self._delete_object(*asked, resource_version=resource_version)

    async def may(self, right: Right, namespace: str) -> bool:
        resource = f"{right.resource}/{right.subresource}" if right.subresource else right.resource
        return not {f"{right.verb} {resource}", f"{right.verb} {resource}/{right.name}"} & self.forbidden

    async def has_namespace(self, name: str) -> bool | None:
        return None if self.namespaces is None else name in self.namespaces

    async def has_account(self, key: ObjectKey) -> bool | None:
        return None if self.accounts is None else key.name in self.accounts

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOW).total_seconds()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.time += timedelta(seconds=seconds)
        if self.operator:
            self._mint()

    def _mint(self) -> None:
        for (kind, namespace, name), body in self.bodies.items():
            if kind == "ApiToken" and "status" not in body:
                key = ObjectKey(namespace, f"{name}-token")
                secret = OneTimeSecret(key, f"uid-of-{name}", self.time, True, "", name, TEXT)  # noqa: FBT003
                self.secrets[key] = secret
                body["status"] = minted_status(self.time, key.name, secret.uid)

    def _delete_object(self, kind: str, key: ObjectKey, uid: str, *, resource_version: str) -> Json | None:
        self._judge(f"delete {kind}")
        self.before_patch()
        stored = self.bodies.get((kind, key.namespace, key.name))
        if stored is None:
            raise NotFoundError
        assert stored["metadata"]["uid"] == uid
        if resource_version not in {"", stored["metadata"]["resourceVersion"]}:
            raise ConflictError
        if self.finalizers:
            stored["metadata"]["finalizers"] = list(self.finalizers)
            return deepcopy(stored)
        del self.bodies[kind, key.namespace, key.name]
        return None

    def _delete_secret(self, key: ObjectKey, uid: str) -> Deletion:
        secret = self.secrets.get(key)
        self._fail("delete Secret")
        if not isinstance(secret, OneTimeSecret) or secret.uid != uid:
            return NOT_THERE
        if self.finalizers:
            return Deletion(found=True, held=Held(self.finalizers))
        del self.secrets[key]
        return GONE

    def _judge(self, what: str) -> None:
        if what in self.refused:
            raise self.refused.pop(what)
        if what in self.forbidden:
            error = ForbiddenError(f"you may not {what}")
            error.status = 403
            raise error

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise self.failing.pop(what)
