"""Who may read a Secret, by RBAC: pure, from bindings and roles as they are now.

Not seen here: whoever may create pods in the namespace and mount the Secret, impersonate a reader, or has etcd; and the
group `system:masters`, which RBAC is not asked about.
"""

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["AccessRule", "Binding", "Bindings", "Reader", "SecretReaders", "Subject", "readers_of"]

_SHOWING = frozenset({"get", "list", "watch", "update", "patch", "delete", "deletecollection", "*"})
"""Verbs whose answers show the object: a change, as a dry run too, is answered with what it changes."""
_OWN_NAMESPACE = "kube-system"
_EVERYBODY = ("system:masters", "system:authenticated", "system:unauthenticated", "system:serviceaccounts")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A User, Group or ServiceAccount; only the last has a namespace."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"

    @property
    def of_kubernetes(self) -> bool:
        """Whether it is a part of Kubernetes itself, and no group that people or workloads are in."""
        if self.namespace:
            return self.namespace == _OWN_NAMESPACE
        return self.name.startswith("system:") and not self.name.startswith((*_EVERYBODY, "system:serviceaccount:"))


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A rule of a Role or ClusterRole, in RBAC's words."""

    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()

    def shows(self, secret: str) -> bool:
        """Whether who has it may read the Secret of that name."""
        of_secrets = {"", "*"} & set(self.groups) and {"secrets", "*"} & set(self.resources)
        return bool(of_secrets and _SHOWING & set(self.verbs) and (not self.names or secret in self.names))

    def allows(self, verb: str, group: str, resource: str) -> bool:
        """Whether it allows that on all objects of the resource, or on those that it names."""
        _, _, part = resource.partition("/")
        resources = {"*", resource, f"*/{part}"} if part else {"*", resource}
        return bool(
            {verb, "*"} & set(self.verbs) and {group, "*"} & set(self.groups) and resources & set(self.resources)
        )

    def spells_out(self, verb: str, group: str, resource: str) -> bool:
        """Whether it says so in full, and not by a wildcard."""
        return verb in self.verbs and group in self.groups and resource in self.resources


@dataclass(frozen=True, slots=True)
class Binding:
    """A RoleBinding or ClusterRoleBinding.

    Attributes:
        role: as in a sentence: `ClusterRole edit`.
        rules: None where the role may not be read.
    """

    label: str
    role: str
    subjects: tuple[Subject, ...]
    rules: tuple[AccessRule, ...] | None


@dataclass(frozen=True, slots=True)
class Bindings:
    """Those that count in a namespace. `unseen`: the resources that may not be listed."""

    found: tuple[Binding, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read the Secret. `certain`: not where the role could not be read."""

    subject: Subject
    role: str
    label: str
    certain: bool = True


@dataclass(frozen=True, slots=True)
class SecretReaders:
    """Who may read the Secret.

    Attributes:
        of_kubernetes: how many parts of Kubernetes itself may, too.
        unseen: the resources that could not be looked at.
    """

    readers: tuple[Reader, ...]
    of_kubernetes: int = 0
    unseen: tuple[str, ...] = ()


def readers_of(secret: str, bindings: Bindings) -> SecretReaders:
    """Return everybody once, those who certainly may first."""
    first: dict[Subject, Reader] = {}
    for reader in sorted(_readers(secret, bindings.found), key=lambda one: (not one.certain, one.subject)):
        first.setdefault(reader.subject, reader)
    own = [subject for subject in first if subject.of_kubernetes]
    others = tuple(reader for subject, reader in first.items() if not subject.of_kubernetes)
    return SecretReaders(others, len(own), bindings.unseen)


def _readers(secret: str, bindings: Iterable[Binding]) -> Iterable[Reader]:
    for binding in bindings:
        certain = binding.rules is not None
        if not certain or any(rule.shows(secret) for rule in binding.rules or ()):
            yield from (Reader(each, binding.role, binding.label, certain) for each in binding.subjects)
