"""What a service requires beside a good token: `role=studio-user&permission=AccessModel;model=foo&satisfy=any`.

The grammar is the verifier's. A text is parsed where it is configured, so that a misspelled requirement stops the
service at its start and does not refuse every request. What is sent is written anew from what was understood.
"""

import re
from dataclasses import dataclass
from typing import NoReturn, Self
from urllib.parse import quote, unquote

__all__ = ["Permission", "Requirement", "permission", "role"]

_MAX_TEXT = 2048
_MAX_PARTS = 16
_ENCODED_SEPARATOR = re.compile("%3[BbDd]")  # of `;` and `=`, which no name holds
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_HEADER_MARK = "@"  # makes a gateway's requirement name a header, which a service never means
_SAFE = re.compile(r"(?:[!-$'-~]|%[0-9A-Fa-f]{2})+")  # printable ASCII but `%` and `&`, or an escape


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that is asked for: its name, and values of its fields.

    A value may be any text: the client of a service may choose it. A name may not.

    Raises:
        ValueError: the permission's name or a field's holds a separator, or a field stands twice or is `permission`.
    """

    name: str
    fields: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        keys = [key for key, _ in self.fields]
        if any(separator in name for name in (self.name, *keys) for separator in ";="):
            _malformed("a name holds ; or =")
        if len({"permission", *keys}) <= len(keys):
            _malformed("a permission's field stands twice, or has the name permission")

    @property
    def text(self) -> str:
        """The value of `permission=`."""
        return ";".join([_encoded(self.name), *(f"{_encoded(key)}={_encoded(value)}" for key, value in self.fields)])

    def as_json(self) -> dict[str, str]:
        """The form of `/check_user`."""
        return {"permission": self.name, **dict(self.fields)}


@dataclass(frozen=True, slots=True)
class Requirement:
    """Roles and permissions that the token's credential must have: all of them, or any.

    Nothing means that a good token is enough.
    """

    roles: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    any_of: bool = False

    @property
    def text(self) -> str:
        """The requirement in one form, whatever form it was given in."""
        parts = [
            *(f"role={_encoded(name)}" for name in self.roles),
            *(f"permission={each.text}" for each in self.permissions),
            *(["satisfy=any"] if self.any_of else []),
        ]
        return "&".join(parts)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a requirement. The empty text requires nothing but a good token.

        Raises:
            ValueError: the text is malformed; the message says how.
        """
        if not text:
            return cls()
        parts = text.split("&")
        if len(text) > _MAX_TEXT or len(parts) > _MAX_PARTS:
            _malformed(f"a requirement has at most {_MAX_PARTS} parts and {_MAX_TEXT} characters")
        pairs = [_pair(part) for part in parts]
        roles = tuple(_name(value) for key, value in pairs if key == "role")
        permissions = tuple(_permission(value) for key, value in pairs if key == "permission")
        if not (roles or permissions):
            _malformed("satisfy= stands without a role or a permission")
        return cls(roles, permissions, _any_of([value for key, value in pairs if key == "satisfy"]))


def role(name: str) -> str:
    """Write the requirement of a role. Join several by `&`."""
    return Requirement(roles=(name,)).text


def permission(name: str, /, **fields: str) -> str:
    """Write the requirement of a permission, whatever characters the fields' values hold. Join several by `&`.

    A value that no role can grant, such as one that begins with `@`, makes a requirement that `Caller` refuses.
    """
    return Requirement(permissions=(Permission(name, tuple(fields.items())),)).text


def _pair(part: str) -> tuple[str, str]:
    if not _SAFE.fullmatch(part):
        _malformed("a part is empty, or holds a character that must be percent-encoded")
    key, _, value = part.partition("=")
    if key not in {"role", "permission", "satisfy"}:
        _malformed(f"{key[:32]!r} is none of role=, permission= and satisfy=")
    return key, value


def _permission(value: str) -> Permission:
    name, *fields = _written(value).split(";")
    pairs = [_field(field) for field in fields]
    if "=" in name:
        _malformed("a permission's field stands before its name")
    return Permission(_name(name), tuple(pairs))


def _written(value: str) -> str:
    """Return the permission as somebody wrote it, before a URL library encoded the separators with the rest."""
    if not _ENCODED_SEPARATOR.search(value.partition(";")[0].partition("=")[0]):
        return value
    written = _decoded(value)
    if ";" in value or "=" in value or _BROKEN_ESCAPE.search(written):
        _malformed("a permission is half encoded: encode the separators of the whole permission, or none")
    return written


def _field(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return _name(key), _decoded(value)


def _any_of(values: list[str]) -> bool:
    if values not in ([], ["all"], ["any"]):
        _malformed("satisfy= must be all or any, and stand once at most")
    return values == ["any"]


def _name(text: str) -> str:
    name = _decoded(text)
    if ";" in name or "=" in name:
        _malformed("a name holds %3B or %3D: encode the separators of the whole permission, or none")
    return name


def _decoded(text: str) -> str:
    decoded = unquote(text)
    if not decoded or not decoded.isprintable() or "\N{REPLACEMENT CHARACTER}" in decoded:
        _malformed("a name or a value is empty, or is no readable text")
    if decoded.startswith(_HEADER_MARK):
        _malformed(f"a name or a value begins with {_HEADER_MARK}")
    return decoded


def _encoded(text: str) -> str:
    return quote(text, safe="*:", errors="surrogatepass")  # a lone surrogate is malformed too when it is read


def _malformed(why: str) -> NoReturn:
    msg = f"the requirement cannot be understood: {why}"
    raise ValueError(msg)
