"""What a change of a credential's roles comes to, and what stands in its way."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pharia_access.domain.permissions import Role

__all__ = ["RoleChange", "role_change", "role_problems"]


@dataclass(frozen=True, slots=True)
class RoleChange:
    """The roles after it, in order, and what it adds and takes away."""

    roles: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def __str__(self) -> str:
        return ", ".join([*(f"+{role}" for role in self.added), *(f"-{role}" for role in self.removed)])


def role_change(before: Sequence[str], after: Iterable[str]) -> RoleChange:
    """From these roles to those; named twice counts once."""
    roles = tuple(dict.fromkeys(after))
    return RoleChange(
        roles=roles,
        added=tuple(role for role in roles if role not in before),
        removed=tuple(role for role in before if role not in roles),
    )


def role_problems(roles: Iterable[str], catalog: Mapping[str, Role], *, namespace: str) -> list[str]:
    """Why roles would grant nothing, a sentence each: unknown (with the nearest name), or not for this namespace."""
    return [why for role in roles if (why := _objection(role, catalog, namespace))]


def _objection(role: str, catalog: Mapping[str, Role], namespace: str) -> str:
    known = catalog.get(role)
    if known is None:
        near = difflib.get_close_matches(role, catalog, n=1)
        return f'There is no role "{role}"' + (f'; did you mean "{near[0]}"?' if near else ".")
    if not known.allows(namespace):
        return f'The role "{role}" is not allowed in namespace {namespace}.'
    return ""
