"""Moves as data: a verb, an object, a field and a value; how each is sent.

A move is small enough to be printed, and to be played again from what was printed. All of them: every_move.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.attackers import READER, WEAK
from tools.control_plane.api import APPLY, JSON_PATCH
from tools.control_plane.resources import ONE_TIME_TOKEN, api_credential, api_token, secret, workload_token

if TYPE_CHECKING:
    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

__all__ = ["ABSENT", "FINALIZER", "NEW", "RESTORED", "In", "Move", "Path", "Target", "Verb"]

Json = dict[str, Any]
Path = tuple[str, ...]

RESTORED: Final = "velero.io/restore-name"
NEW: Final = "new"
"""What is not there: where it is applied, it is created, so its whole spec is sent."""
FINALIZER: Final = "attacks.example/hold"
_VERSION: Final = "access.pharia.ai/v1alpha1"


class Verb(StrEnum):
    """How an object is written, or looked at."""

    GET = "get"
    LIST = "list"
    CREATE = "create"
    REPLACE = "replace"
    MERGE = "merge"
    JSON = "json"
    APPLY = "apply"
    DELETE = "delete"
    DELETE_ALL = "deletecollection"


@dataclass(frozen=True, slots=True)
class In:
    """A time this many hours from the moment at which it is sent."""

    hours: float

    def text(self) -> str:
        """As RFC 3339, with whole seconds."""
        return (datetime.now(UTC) + timedelta(hours=self.hours)).strftime("%FT%TZ")


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""The value of a field that is taken away."""


@dataclass(frozen=True, slots=True)
class Target:
    """An object in the attacked namespace, or one of the whole cluster."""

    kind: str
    name: str

    def obj(self, namespace: str) -> Json:
        """As little of it as a request needs; whole where it is created."""
        if self.kind == "ApiToken":
            return api_token(namespace, self.name, credentialRef={"name": WEAK}, delivery={"window": "30m"})
        if self.kind == "ApiCredential":
            return api_credential(namespace, self.name, roles=[READER])
        if self.kind == "WorkloadToken":
            return workload_token(namespace, self.name, credentialRef={"name": WEAK})
        if self.kind == "Secret":
            return secret(namespace, self.name, kind=ONE_TIME_TOKEN)
        metadata = {"name": self.name}
        return {"apiVersion": _VERSION, "kind": self.kind, "metadata": metadata, "spec": {"allowedNamespaces": ["*"]}}


@dataclass(frozen=True, slots=True)
class Move:
    """One request of somebody. `field`: where; empty where the verb is about the object as a whole."""

    verb: Verb
    target: Target
    field: Path = ()
    value: Any = None
    subresource: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is meant to change something."""
        return self.verb not in {Verb.GET, Verb.LIST}

    def send(self, api: Api, namespace: str, *, dry: bool = False) -> Reply:
        """Send it as somebody; `dry`: so that it is judged and nothing is kept."""
        obj, query = self.target.obj(namespace), {"dryRun": "All"} if dry else {}
        match self.verb:
            case Verb.GET:
                return api.read(obj)
            case Verb.LIST:
                return api.find(self.target.kind, namespace)
            case Verb.CREATE:
                return api.create(_with(obj, self.field, self.value), **query)
            case Verb.DELETE:
                return api.delete(obj, options={"propagationPolicy": self.value or "Background"}, **query)
            case Verb.DELETE_ALL:
                return api.delete_all(self.target.kind, namespace, **query)
            case _:
                return self._write(api, obj, query)

    def _write(self, api: Api, obj: Json, query: dict[str, str]) -> Reply:
        if self.verb is Verb.REPLACE:
            read = api.read(obj)
            changed = _with(read.body, self.field, self.value)
            return api.replace(changed, subresource=self.subresource, **query) if read.ok else read
        if self.verb is Verb.JSON:
            return api.patch(obj, self._operations(api, obj), subresource=self.subresource, form=JSON_PATCH, **query)
        if self.verb is Verb.APPLY:
            query = {"fieldManager": "attacks", "force": "true", **query}
            return api.patch(obj, self._applied(obj), subresource=self.subresource, form=APPLY, **query)
        return api.patch(obj, _nested(self.field, _sent(self.value)), subresource=self.subresource, **query)

    def _applied(self, obj: Json) -> Json:
        """What somebody declares: of what is there this field alone."""
        least = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": dict(obj["metadata"])}
        if self.target.name == NEW and "spec" in obj:
            least["spec"] = obj["spec"]
        return _with(least, self.field, self.value)

    def _operations(self, api: Api, obj: Json) -> list[Json]:
        """A JSON patch needs all parents: those that are not there are made, as somebody would who may read."""
        read = api.read(obj)
        operations: list[Json] = []
        here: Any = read.body if read.ok else {}
        for depth, key in enumerate(self.field[:-1], start=1):
            if key not in here:
                operations.append({"op": "add", "path": _pointer(self.field[:depth]), "value": {}})
            found = here.get(key)
            here = found if isinstance(found, dict) else {}
        path = _pointer(self.field)
        last = {"op": "remove", "path": path} if self.value is ABSENT else {"op": "add", "path": path}
        return [*operations, last if self.value is ABSENT else {**last, "value": _sent(self.value)}]

    def __str__(self) -> str:
        where = f"{self.target.kind}/{self.target.name}" + (f"/{self.subresource}" if self.subresource else "")
        what = f" {'.'.join(self.field)}={self.value!r}" if self.field else f" {self.value or ''}".rstrip()
        return f"{self.verb} {where}{what}"


def _sent(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, In):
        return value.text()
    return None if value is ABSENT else value


def _nested(field: Path, value: object) -> Json:
    first, *rest = field
    return {first: _nested(tuple(rest), value) if rest else value}


def _with(obj: Json, field: Path, value: object) -> Json:
    """A copy with this field set, or taken away."""
    if not field:
        return obj
    copy, key = dict(obj), field[0]
    if len(field) > 1:
        inner = copy.get(key)
        copy[key] = _with(inner if isinstance(inner, dict) else {}, field[1:], value)
    elif value is ABSENT:
        copy.pop(key, None)
    else:
        copy[key] = _sent(value)
    return copy


def _pointer(field: Path) -> str:
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in field)
