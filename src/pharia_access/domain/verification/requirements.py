"""Parse what a gateway requires beside a good token: `role=studio-user&permission=AccessModel;model=foo&satisfy=any`.

A query and a path's segment use the same text. `&` joins the parts. The parser splits the text before it
percent-decodes the parts, so that a value may contain `/`, `&`, `;`, `=` and `%`. Libraries that build URLs encode the
separators too: a permission whose name holds an encoded one, which no name can, was encoded as a whole, and is decoded
once before it is parsed. The parser rejects a text that it does not wholly understand: a misspelled requirement must
never mean "anyone".

A field's value that begins with `@` names a header (`requirement_headers`); nothing else may begin with it.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from pharia_access.domain.permissions import EffectiveRoles, Permission
from pharia_access.errors import RequirementError

__all__ = [
    "HEADER_MARK",
    "MAX_PARTS",
    "MAX_REQUIREMENT_BYTES",
    "NO_REQUIREMENT",
    "Requirement",
    "parse_requirement",
]

HEADER_MARK = "@"
"""Begins a field's value that names a header."""

MAX_REQUIREMENT_BYTES = 2048
"""The parser rejects a longer text unread."""

MAX_PARTS = 16
"""The most roles and permissions in one requirement."""

_SAFE = re.compile(r"(?:[!-$'-~]|%[0-9A-Fa-f]{2})+")  # printable ASCII but `%` and `&`, or an escape
_ENCODED_SEPARATOR = re.compile("%3[BbDd]")  # of `;` and `=`, which the CRD allows in no name
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_HALF_ENCODED = "%3B or %3D in a name: encode the separators of the whole permission, or none"
_DEFAULT = "all"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Roles and permissions that the token's credential must have: all of them, or any.

    Attributes:
        any_of: whether one of them is enough.
        steps: comparisons of names and fields for each effective role, to tell whether the requirement is met.
    """

    roles: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    any_of: bool = False
    steps: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", sum(1 + len(permission.fields) for permission in self.permissions))

    def met_by(self, effective_roles: EffectiveRoles) -> bool:
        """Tell whether the roles are enough."""
        if not (self.roles or self.permissions):
            return True
        enough = any if self.any_of else all
        return enough(self._answers(effective_roles))

    def _answers(self, effective_roles: EffectiveRoles) -> Iterable[bool]:
        for role in self.roles:
            yield role in effective_roles.roles
        for permission in self.permissions:
            yield effective_roles.grants(permission)


NO_REQUIREMENT = Requirement()
"""A good token is enough."""


def parse_requirement(text: str, *, headers: Collection[str] = ()) -> Requirement:
    """Parse a requirement.

    Args:
        text: the empty one requires nothing.
        headers: those that it may name, in lower case. Their names stay in the fields, with the mark.

    Raises:
        RequirementError: the text is malformed; the message names the part.
    """
    if not text:
        return NO_REQUIREMENT
    if len(text) > MAX_REQUIREMENT_BYTES:
        msg = f"longer than {MAX_REQUIREMENT_BYTES} bytes"
        raise RequirementError(msg)
    pairs = [_pair(part) for part in text.split("&")]
    if len(pairs) > MAX_PARTS:
        msg = f"more than {MAX_PARTS} parts"
        raise RequirementError(msg)
    roles = tuple(_decoded(value) for name, value in pairs if name == "role")
    permissions = tuple(_permission(value, headers) for name, value in pairs if name == "permission")
    any_of = _any_of([value for name, value in pairs if name == "satisfy"])
    if not (roles or permissions):
        msg = "satisfy without a role or a permission"
        raise RequirementError(msg)
    return Requirement(roles, permissions, any_of)


def _pair(part: str) -> tuple[str, str]:
    if not _SAFE.fullmatch(part):
        msg = "an empty part, or a character that must be percent-encoded"
        raise RequirementError(msg)
    name, _, value = part.partition("=")
    if name not in {"role", "permission", "satisfy"}:
        msg = f"unknown requirement {name[:32]!r}: there are role=, permission= and satisfy="
        raise RequirementError(msg)
    return name, value


def _permission(value: str, headers: Collection[str]) -> Permission:
    name, *fields = _written(value).split(";")
    if "=" in name:
        msg = "a permission's field without a permission before it"
        raise RequirementError(msg)
    pairs = [_field(field, headers) for field in fields]
    if len({key for key, _ in pairs}) != len(pairs):
        msg = "a permission names a field twice"
        raise RequirementError(msg)
    return Permission(_decoded(name), tuple(pairs))


def _written(value: str) -> str:
    """Return the permission as somebody wrote it, before a library encoded the separators with the rest."""
    if not _ENCODED_SEPARATOR.search(value.partition(";")[0].partition("=")[0]):
        return value
    written = _readable(value)
    if ";" in value or "=" in value:
        raise RequirementError(_HALF_ENCODED)
    if _BROKEN_ESCAPE.search(written):
        msg = "a percent sign that is not percent-encoded, in a permission that was encoded as a whole"
        raise RequirementError(msg)
    return written


def _field(text: str, headers: Collection[str]) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if _ENCODED_SEPARATOR.search(name):
        raise RequirementError(_HALF_ENCODED)
    found = _readable(value)
    if found.startswith(HEADER_MARK) and found[1:].lower() not in headers:
        msg = f"a value that begins with {HEADER_MARK} names a header, and REQUIREMENT_HEADERS does not list this one"
        raise RequirementError(msg)
    return _decoded(name), found


def _any_of(values: list[str]) -> bool:
    choice = values[0] if values else _DEFAULT
    if len(values) > 1 or choice not in {"all", "any"}:
        msg = "satisfy= must be all or any, and be there once at most"
        raise RequirementError(msg)
    return choice == "any"


def _decoded(text: str) -> str:
    decoded = _readable(text)
    if decoded.startswith(HEADER_MARK):
        msg = f"only the value of a permission's field may begin with {HEADER_MARK}, to name a header"
        raise RequirementError(msg)
    return decoded


def _readable(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        decoded = ""
    if not decoded or not decoded.isprintable():
        msg = "a name or a value that is empty or not readable text"
        raise RequirementError(msg)
    return decoded
