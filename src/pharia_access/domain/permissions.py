"""What a credential may do: PhariaAI permissions, the roles that grant them, and where a role may be held.

Nothing here is cached: whoever asks passes the catalogue of roles as it is now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ANY", "EffectiveRoles", "Permission", "Role", "any_grants", "effective", "grants"]

ANY = "*"
"""As a field's value: unrestricted. As an allowed namespace: every namespace."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission with its restrictions, such as AccessModel for one model.

    Attributes:
        name: the permission's name in PhariaAI, matched by letter case.
        fields: pairs of name and value, each name once; kept sorted, so that order makes no difference.
    """

    name: str
    fields: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(sorted(self.fields)))

    @classmethod
    def of(cls, name: str, **fields: str) -> "Permission":
        """Write one shortly: `Permission.of("AccessModel", model="*")`."""
        return cls(name, tuple(fields.items()))


@dataclass(frozen=True, slots=True)
class Role:
    """An entry of the catalogue.

    Attributes:
        allowed_namespaces: whose credentials may hold it, by name; `*` stands for all, none for nobody.
    """

    name: str
    allowed_namespaces: frozenset[str]
    permissions: tuple[Permission, ...]

    def allows(self, namespace: str) -> bool:
        """Whether a credential in this namespace may hold the role."""
        return ANY in self.allowed_namespaces or namespace in self.allowed_namespaces


@dataclass(frozen=True, slots=True)
class EffectiveRoles:
    """What a credential's list of roles comes to. Each tuple keeps the order of the list.

    Attributes:
        roles: those that count.
        unknown: those that the catalogue does not have.
        not_allowed: those that the credential's namespace may not hold.
        permissions: the union over `roles`, each once.
    """

    roles: tuple[str, ...]
    unknown: tuple[str, ...]
    not_allowed: tuple[str, ...]
    permissions: tuple[Permission, ...]


def grants(held: Permission, asked: Permission) -> bool:
    """Whether holding the one permits the other.

    The names are equal, every asked field is present in the held one, and every held field is `*` or equals
    the asked value. So a restricted one never grants a bare ask, which PhariaAI reads as unrestricted.
    """
    if held.name != asked.name:
        return False
    wanted, allowed = dict(asked.fields), dict(held.fields)
    return wanted.keys() <= allowed.keys() and all(value in {ANY, wanted.get(name)} for name, value in allowed.items())


def any_grants(held: Iterable[Permission], asked: Permission) -> bool:
    """Whether at least one of the held permissions grants the asked one."""
    return any(grants(permission, asked) for permission in held)


def effective(roles: Sequence[str], catalogue: Mapping[str, Role], *, namespace: str) -> EffectiveRoles:
    """Resolve a credential's roles; those unknown or not allowed in its namespace grant nothing."""
    names = tuple(dict.fromkeys(roles))
    known = tuple(catalogue[name] for name in names if name in catalogue)
    held = tuple(role for role in known if role.allows(namespace))
    return EffectiveRoles(
        roles=tuple(role.name for role in held),
        unknown=tuple(name for name in names if name not in catalogue),
        not_allowed=tuple(role.name for role in known if not role.allows(namespace)),
        permissions=tuple(dict.fromkeys(permission for role in held for permission in role.permissions)),
    )
