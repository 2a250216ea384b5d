"""Put a header's value into a requirement: `permission=AccessModel;model=@x-ai-eg-model`.

The value of a field that begins with `@` names a header, which the gateway sets from the request, as Envoy AI Gateway
does with the model. Only headers that an administrator lists are read. `@` may stand in a path and in a query as it is
(RFC 3986 section 3.3), no gateway expands it, and no field of an ApiRole may begin with it. The value is put into the
requirement after the text was parsed, so that nothing in the value is syntax.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from pharia_access.domain.permissions import Permission
from pharia_access.domain.verification.requirements import (
    HEADER_MARK,
    MAX_REQUIREMENT_BYTES,
    Requirement,
    parse_requirement,
)
from pharia_access.errors import RequirementError

__all__ = ["MAX_VALUE_BYTES", "Asked", "BoundRequirement", "RequirementHeaders", "UnusableHeader"]

MAX_VALUE_BYTES: Final = 256
"""The longest value of a header."""

_SPACE: Final = b" \t"
_MOST_PARSED: Final = 1024
"""Requirements to keep parsed. Gateways' configurations name them, so there are few."""

Values = Callable[[str], Sequence[bytes]]
"""The values of all headers of a name, which is in lower case."""


@dataclass(frozen=True, slots=True)
class BoundRequirement:
    """A requirement with its headers' values in it.

    Attributes:
        text: the requirement as it came, and the values percent-encoded, with blanks between: no two share a text.
    """

    text: str
    requirement: Requirement


@dataclass(frozen=True, slots=True)
class UnusableHeader:
    """Why a header that a requirement names cannot be used. Holds no value."""

    why: str


Asked = str | BoundRequirement | UnusableHeader
"""What a gateway asks: a text that names no header, or what became of one that does."""


class RequirementHeaders:
    """The headers that requirements may name.

    Args:
        names: in any letter case.

    Attributes:
        names: in lower case.
    """

    def __init__(self, names: Collection[str] = ()) -> None:
        self.names = frozenset(name.lower() for name in names)
        self._template = lru_cache(_MOST_PARSED)(self._parse)

    def named_in(self, text: str) -> tuple[str, ...]:
        """Return the headers that the requirement names, in lower case; none where it is malformed."""
        template = self._template_of(text)
        return () if template is None else _named(template)

    def bind(self, text: str, values: Values) -> Asked:
        """Put the values into the requirement. A text that names no listed header, or is malformed, comes back."""
        template = self._template_of(text)
        if template is None:
            return text
        found: dict[str, str] = {}
        for name in _named(template):
            value = _single_value(name, values(name))
            if isinstance(value, UnusableHeader):
                return value
            found[name] = value
        told = "".join(f" {name}={quote(value, safe='')}" for name, value in found.items())
        permissions = tuple(_filled(permission, found) for permission in template.permissions)
        return BoundRequirement(text + told, replace(template, permissions=permissions))

    def _template_of(self, text: str) -> Requirement | None:
        return self._template(text) if self.names and len(text) <= MAX_REQUIREMENT_BYTES else None

    def _parse(self, text: str) -> Requirement | None:
        try:
            template = parse_requirement(text, headers=self.names)
        except RequirementError:
            return None
        return template if _named(template) else None


def _named(template: Requirement) -> tuple[str, ...]:
    values = (value for permission in template.permissions for _, value in permission.fields)
    return tuple(dict.fromkeys(value[1:].lower() for value in values if value.startswith(HEADER_MARK)))


def _filled(permission: Permission, found: dict[str, str]) -> Permission:
    def value_of(value: str) -> str:
        return found[value[1:].lower()] if value.startswith(HEADER_MARK) else value

    return Permission(permission.name, tuple((key, value_of(value)) for key, value in permission.fields))


def _single_value(name: str, values: Sequence[bytes]) -> str | UnusableHeader:
    """Return the one value of a header as text (RFC 9110 section 5.5), or why there is none."""
    if len(values) != 1:
        return UnusableHeader(f"{name} came more than once" if values else f"{name} is missing")
    value = values[0].strip(_SPACE)
    if len(value) > MAX_VALUE_BYTES:
        return UnusableHeader(f"{name} is longer than {MAX_VALUE_BYTES} bytes")
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return UnusableHeader(f"{name} is not UTF-8")
    objection = _objection(text)
    return UnusableHeader(f"{name} {objection}") if objection else text


def _objection(text: str) -> str:
    if not text:
        return "is empty"
    if "," in text:  # a proxy joins two headers of a name so
        return "has a comma"
    if text.startswith(HEADER_MARK):
        return f"begins with {HEADER_MARK}"
    return "" if text.isprintable() else "has a character that cannot be printed"
