"""Sessions of the command line without a cluster: objects that lie there, read and written by the commands as they are.

Everybody may do everything, unless `forbidden` says otherwise; what is written is kept in `written`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pharia_access.bootstrap.cli import CliSession, random_letters
from pharia_access.domain.administration.delegation import Delegation, Outcome
from pharia_access.domain.administration.secret_readers import Bindings
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.domain.deletions import GONE, Deletion
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.kube.administration.delegations import delegation_objects
from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.objects import ListPage
from pharia_access.kube.administration.summarized_objects import SummarizedObjects
from pharia_access.services.administration.context import Context
from tests.support.administration.stored_bodies import selected
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from pytest_mock import MockerFixture

    from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
    from pharia_access.domain.administration.stored import Right
    from pharia_access.domain.api_values import OneTimeSecret
    from pharia_access.domain.model import ObjectKey
    from pharia_access.domain.token import TokenText
    from pharia_access.services.administration.progress import Progress

__all__ = ["FakeCluster", "StillClock", "a_known_role", "serve"]

Json = dict[str, Any]


@dataclass(slots=True)
class StillClock:
    """A clock that stands still."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The one-time Secret that there is."""

    secret: OneTimeSecret | None

    async def read(self, key: ObjectKey) -> OneTimeSecret | None:
        return self.secret

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        return GONE


@dataclass(slots=True)
class FakeCluster:
    """What lies in a `bootstrap.cli.CliSession`: objects as JSON, one-time Secrets, and Secrets of one's own.

    Attributes:
        bodies: the objects, whatever is asked for.
        forbidden: verbs and kinds that are refused, such as `list ApiToken`, or rights, such as `bind apiroles`.
        namespaces: those that there are; None stands for: it may not be seen.
    """

    bodies: list[Json] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    namespaces: set[str] | None = field(default_factory=lambda: {"finance"})
    own_secrets: dict[str, OwnSecret] = field(default_factory=dict)
    readers: SecretWorkloads = field(default_factory=SecretWorkloads)
    one_time: OneTimeSecret | None = None
    namespace: str = "finance"
    clock: StillClock = field(default_factory=StillClock)
    bindings: Bindings = field(default_factory=Bindings)
    written: list[Json] = field(default_factory=list)

    def session(self, *, progress: Progress, dry_run: bool) -> CliSession:
        own: Any = self
        context = Context(
            SummarizedObjects(own),
            _Delivery(self.one_time),
            own.clock,
            self.namespace,
            random_letters,
            progress,
            dry_run,
        )
        return CliSession(context, own, lambda: own, own, own, lambda: own, lambda: own)

    async def read(self, kind: str, key: ObjectKey) -> Json:
        self._judge(f"get {kind}")
        found = next((body for body in self.bodies if body["kind"] == kind and _named(body, key.name)), None)
        if found is None:
            raise _missing(kind, key.name)
        return found

    async def pages(
        self, kind: str, namespace: str | None, *, labels: str = "", fields: str = ""
    ) -> AsyncIterator[Any]:
        self._judge(f"list {kind}" if namespace else f"list all {kind}")
        found = [body for body in self.bodies if body["kind"] == kind]
        if fields.startswith("status.phase"):  # by other fields they go by whatever name, as hostile as it may be
            found = [body for body in found if selected(body, fields)]
        yield ListPage(found, 0)

    async def create(self, body: Json) -> Json:
        self._judge(f"create {body['kind']}")
        self.written.append(body)
        return body

    async def patch(self, kind: str, key: ObjectKey, patch: Json) -> Json:
        self._judge(f"patch {kind}")
        self.written.append(patch)
        return await self.read(kind, key)

    async def delete(self, kind: str, key: ObjectKey, uid: str, *, resource_version: str = "") -> Json | None:
        self._judge(f"delete {kind}")
        self.written.append({"deleted": key.name})
        return await self.read(kind, key)

    async def may(self, right: Right, namespace: str) -> bool:
        return f"{right.verb} {right.resource}" not in self.forbidden

    async def has_namespace(self, name: str) -> bool | None:
        return None if self.namespaces is None else name in self.namespaces

    async def has_account(self, key: ObjectKey) -> bool | None:
        return None

    async def read_bindings(self, namespace: str) -> Bindings:
        return self.bindings

    def objects(self, delegation: Delegation) -> list[Json]:
        return delegation_objects(delegation)

    async def write(self, body: Json) -> Outcome:
        self._judge(f"create {body['kind']}")
        self.written.append(body)
        return Outcome.CREATED

    async def inspect_own(self, key: ObjectKey) -> OwnSecret | None:
        self._judge("get Secret")
        return self.own_secrets.get(key.name)

    async def create_own(self, key: ObjectKey, mark: SecretMark, text: TokenText | None) -> None:
        self._judge("create Secret")
        if text is not None:
            self.written.append({"kind": "Secret", "name": key.name})

    async def overwrite_own(self, secret: OwnSecret, mark: SecretMark, text: TokenText | None) -> None:
        self._judge("patch Secret")
        if text is not None:
            self.written.append({"kind": "Secret", "name": secret.key.name, "token": mark.token})

    async def readers_of(self, secret: ObjectKey) -> SecretWorkloads:
        return self.readers

    def _judge(self, what: str) -> None:
        if what in self.forbidden:
            error = ForbiddenError(f"you may not {what}")
            error.status = 403
            raise error


def a_known_role() -> Json:
    """An ApiRole as it is stored, so that it grants something: studio-user."""
    role = api_role(permissions=[{"permission": "Use"}])
    role["metadata"] |= {"uid": "r", "resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return role


def serve(mocker: MockerFixture, session: FakeCluster) -> FakeCluster:
    """Let commands find these objects instead of connecting; kubectl is not asked for a login."""

    @asynccontextmanager
    async def opened(
        _: object, *, namespace: str | None, progress: Progress, dry_run: bool, **__: object
    ) -> AsyncIterator[CliSession]:
        session.namespace = namespace or session.namespace
        yield session.session(progress=progress, dry_run=dry_run)

    @contextmanager
    def lent(*_: object, **__: object) -> Iterator[LentLogin]:
        yield LentLogin(Path("kubectl.sock"), session.namespace, "", runs_plugin=False)

    mocker.patch("pharia_access.kube.administration.kubectl_proxy.lent_login", side_effect=lent)
    mocker.patch("pharia_access.bootstrap.cli.open_session", side_effect=opened)
    return session


def _named(body: Json, name: str) -> bool:
    """Or an object that goes by whatever name: its name is what a test is about."""
    metadata: Json = body["metadata"]
    return bool(metadata["name"] == name or metadata.get("annotations", {}).get("any-name") == "yes")


def _missing(kind: str, name: str) -> NotFoundError:
    error = NotFoundError("none")
    error.status, error.server_message = 404, f'{kind.lower()}s.access.pharia.ai "{name}" not found'
    return error
