"""The headers of a token as their rules are told, rule by rule, by other means than the product's: for comparisons."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from pharia_access.domain.verdict import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["reference"]

_OF_BASIC: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def reference(headers: Sequence[tuple[bytes, bytes]], configured: Collection[str]) -> bytes | Refusal:
    """The one token of a request, or why there is none."""
    names = {"authorization", *configured} - {"basic"}
    ours = [(name.decode("latin-1"), value.strip(b" \t")) for name, value in headers]
    ours = [(name, value) for name, value in ours if name in names]
    if any(sum(name == other for other, _ in ours) > 1 for name, _ in ours) or sum(bool(text) for _, text in ours) > 1:
        return Refusal.AMBIGUOUS_CREDENTIALS
    for name, text in ours:
        if text:
            return _in_authorization(text, basic="basic" in configured) if name == "authorization" else _one(text)
    return Refusal.NO_CREDENTIALS


def _in_authorization(text: bytes, *, basic: bool) -> bytes | Refusal:
    """A scheme, blanks, and what is its own (RFC 9110, 11.4)."""
    scheme, token = re.fullmatch(rb"([^ ]*) *(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr] # it always matches
    if scheme.lower() == b"bearer":
        return _one(token)
    return _in_basic(token) if basic and scheme.lower() == b"basic" else Refusal.NO_CREDENTIALS


def _in_basic(token: bytes) -> bytes | Refusal:
    if b"," in token:
        return Refusal.AMBIGUOUS_CREDENTIALS
    if len(token) > 1024:
        return Refusal.OVERLONG_CREDENTIALS
    if len(token) % 4 or not _OF_BASIC.fullmatch(token):
        return Refusal.MALFORMED_TOKEN
    try:
        pair = base64.b64decode(token, validate=True)
    except binascii.Error:
        return Refusal.MALFORMED_TOKEN
    return _one(pair.split(b":", 1)[1] if b":" in pair else b"")


def _one(token: bytes) -> bytes | Refusal:
    if len(token) > 256:
        return Refusal.OVERLONG_CREDENTIALS
    if b"," in token:
        return Refusal.AMBIGUOUS_CREDENTIALS
    return token or Refusal.NO_CREDENTIALS
