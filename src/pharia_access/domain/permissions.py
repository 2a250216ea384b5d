"""PhariaAI permissions, the roles that grant them, and the namespaces that may use a role.

Nothing here is cached: whoever asks passes the catalog of roles as it is now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pharia_access.domain.granting import Granting

__all__ = ["ANY", "EffectiveRoles", "Permission", "Role", "effective", "grants"]

ANY = "*"
"""As a field's value: unrestricted. As an allowed namespace: every namespace."""
_MOST_MET = 16


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
        """Build a permission in short form: `Permission.of("AccessModel", model="*")`."""
        return cls(name, tuple(fields.items()))


@dataclass(frozen=True)
class Role:
    """An entry of the catalog. Without slots, since it caches computed values.

    Attributes:
        allowed_namespaces: whose credentials may hold it, by name; `*` stands for all, none for nobody.
    """

    name: str
    allowed_namespaces: frozenset[str]
    permissions: tuple[Permission, ...]

    def allows(self, namespace: str) -> bool:
        """Return whether a credential in this namespace may use the role."""
        return ANY in self.allowed_namespaces or namespace in self.allowed_namespaces

    @cached_property
    def granting(self) -> Mapping[str, Granting]:
        """Return the granted permissions, indexed by name."""
        by_name: dict[str, list[tuple[tuple[str, str], ...]]] = {}
        for permission in self.permissions:
            by_name.setdefault(permission.name, []).append(permission.fields)
        return {name: Granting(held, anything=ANY) for name, held in by_name.items()}


@dataclass(frozen=True, slots=True)
class EffectiveRoles:
    """A credential's resolved roles. Each tuple keeps the order of the list.

    Attributes:
        roles: the names of those that count.
        unknown: those that the catalog does not have.
        not_allowed: those that the credential's namespace may not hold.
        resolved: the roles themselves, of those that count.
        met: requirements, as text, that were seen to be met.
    """

    roles: tuple[str, ...]
    unknown: tuple[str, ...]
    not_allowed: tuple[str, ...]
    resolved: tuple[Role, ...]
    met: set[str] = field(default_factory=set, init=False, compare=False, repr=False)

    def remember_met(self, requirement: str) -> None:
        """A cache of answers. Small, since each credential has its own."""
        if len(self.met) == _MOST_MET:
            self.met.clear()
        self.met.add(requirement)

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """Return the union over the resolved roles, each permission once."""
        return tuple(dict.fromkeys(permission for role in self.resolved for permission in role.permissions))

    def grants(self, asked: Permission) -> bool:
        """Return whether a permission of one of the roles grants the requested one, as `grants` defines it.

        Costs as many look-ups as there are roles and asked fields, whatever the roles hold.
        """
        for role in self.resolved:
            named = role.granting.get(asked.name)
            if named is not None and named.grants(asked.fields):
                return True
        return False


def grants(held: Permission, asked: Permission) -> bool:
    """Return whether the held permission grants the requested one.

    The names are equal, every asked field is present in the held one, and every held field is `*` or equals
    the asked value. So a restricted one never grants a bare ask, which PhariaAI reads as unrestricted.
    """
    if held.name != asked.name:
        return False
    wanted, allowed = dict(asked.fields), dict(held.fields)
    return wanted.keys() <= allowed.keys() and all(value in {ANY, wanted.get(name)} for name, value in allowed.items())


def effective(roles: Sequence[str], catalog: Mapping[str, Role], *, namespace: str) -> EffectiveRoles:
    """Resolve a credential's roles. Unknown roles and roles that are not allowed in its namespace grant nothing."""
    names = tuple(dict.fromkeys(roles))
    known = tuple(catalog[name] for name in names if name in catalog)
    resolved = tuple(role for role in known if role.allows(namespace))
    return EffectiveRoles(
        roles=tuple(role.name for role in resolved),
        unknown=tuple(name for name in names if name not in catalog),
        not_allowed=tuple(role.name for role in known if not role.allows(namespace)),
        resolved=resolved,
    )
