"""RBAC's bindings and roles that count in a namespace, read with a person's rights, as far as these go."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from pharia_access.errors import ForbiddenError
from pharia_access.kube import paths
from pharia_access.kube.administration.pages import Metadata, Page, pages
from pharia_access.kube.connection import Connection

__all__ = ["KubeBindings", "RuleEntry"]


class RuleEntry(msgspec.Struct):
    """A rule, as RBAC and the review of somebody's rights have it."""

    verbs: list[str] = []
    groups: list[str] = msgspec.field(name="apiGroups", default_factory=list)
    resources: list[str] = []
    names: list[str] = msgspec.field(name="resourceNames", default_factory=list)

    def rule(self) -> AccessRule:
        """The same as a value."""
        return AccessRule(tuple(self.groups), tuple(self.resources), tuple(self.verbs), tuple(self.names))


class _Subject(msgspec.Struct):
    kind: str
    name: str
    namespace: str = ""


class _RoleRef(msgspec.Struct):
    kind: str
    name: str


class _Item(msgspec.Struct):
    """A binding or a role."""

    metadata: Metadata
    subjects: list[_Subject] | None = None
    role: _RoleRef | None = msgspec.field(name="roleRef", default=None)
    rules: list[RuleEntry] | None = None


class _List(Page):
    items: list[_Item]


class _Kind(NamedTuple):
    """A kind of role, with its kind of binding."""

    role: str
    binding: str
    namespaced: bool

    @property
    def roles(self) -> str:
        """The resource of the roles."""
        return f"{self.role.lower()}s"

    @property
    def bindings(self) -> str:
        """The resource of the bindings."""
        return f"{self.binding.lower()}s"


_KINDS: Final = (
    _Kind("Role", "RoleBinding", namespaced=True),
    _Kind("ClusterRole", "ClusterRoleBinding", namespaced=False),
)
_Rules = Mapping[tuple[str, str], tuple[AccessRule, ...]]

_decoder: Final = msgspec.json.Decoder(_List)


class KubeBindings:
    """Implements `services.administration.whois.AccessReader`.

    Args:
        timeout_seconds: of a single request.
    """

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection = connection
        self._timeout = timeout_seconds

    async def read_bindings(self, namespace: str) -> Bindings:
        """Return the bindings that count there. What may not be listed is named, and no error."""
        unseen: list[str] = []
        rules: dict[tuple[str, str], tuple[AccessRule, ...]] = {}
        found: list[tuple[str, _Item]] = []
        for kind in _KINDS:
            where = namespace if kind.namespaced else None
            roles = await self._list(kind.roles, where, unseen)
            rules |= {
                (kind.role, each.metadata.name): tuple(rule.rule() for rule in each.rules or ()) for each in roles
            }
            found += [(kind.binding, item) for item in await self._list(kind.bindings, where, unseen)]
        unread = {kind.role for kind in _KINDS if kind.roles in unseen}
        return Bindings(tuple(_bindings(found, rules, unread)), tuple(unseen))

    async def _list(self, resource: str, namespace: str | None, unseen: list[str]) -> list[_Item]:
        path = paths.of_rbac(resource, namespace)
        try:
            listed = pages(self._connection, path, _decoder, timeout_seconds=self._timeout)
            return [item async for page in listed for item in page.items]
        except ForbiddenError:
            unseen.append(resource)
            return []


def _bindings(found: list[tuple[str, _Item]], rules: _Rules, unread: set[str]) -> Iterator[Binding]:
    """A role that is not there grants nothing."""
    for kind, item in found:
        if item.role is None:
            continue
        named = item.role.kind, item.role.name
        subjects = tuple(Subject(each.kind, each.name, each.namespace) for each in item.subjects or ())
        granted = rules.get(named, None if item.role.kind in unread else ())
        yield Binding(f"{kind} {item.metadata.name}", " ".join(named), subjects, granted)
