"""The fast check of a token: keyed BLAKE2b-256 (RFC 7693) of its whole text, and the keys for it.

A check value is 64 lower-case hexadecimal digits. It needs no slow hash, since the token holds 256 random
bits, and it is worth nothing without its key. Losing a key loses no token: Argon2id proves those it covered. Nor does
another key under the same ID: a key's fingerprint, which a mint records beside the ID, tells the two apart.

A keyring's data is that of its Secret after base64: `current` holds the ID of the key for new tokens, every
other entry is a key of 32 bytes under its ID. Reading Secrets or mounted files is not done here.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from types import MappingProxyType
from typing import Self

from pharia_access.domain.grammar import counted
from pharia_access.domain.token import TokenText
from pharia_access.errors import KeyringError

__all__ = ["KEY_BYTES", "KEY_ID_PATTERN", "Digester", "Keyring", "MacKey", "key_reference"]

KEY_BYTES = 32
"""Size of a key."""

KEY_ID_PATTERN = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""The form of a key ID (a DNS label, RFC 1123), as an unanchored regular expression; `current` is reserved."""

_CURRENT = "current"
_DIGEST_BYTES = 32
_FINGERPRINT_BYTES = 8
_FINGERPRINT_PERSON = b"key fingerprint"
"""Keeps fingerprints apart from digests of tokens (BLAKE2's `person`, RFC 7693 section 2.5)."""
_KEY_ID = re.compile(KEY_ID_PATTERN)
_SUFFIX_BYTES = 5
_SUFFIX_LETTERS = 6


@dataclass(frozen=True, slots=True)
class MacKey:
    """One key under its ID.

    Raises:
        KeyringError: the ID is malformed, or the key is not of 32 bytes.
    """

    key_id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.key_id == _CURRENT or not _KEY_ID.fullmatch(self.key_id):
            msg = f"the keyring has an entry whose name is not a key ID ({KEY_ID_PATTERN}, not {_CURRENT!r})"
            raise KeyringError(msg)
        if len(self.secret) != KEY_BYTES:
            msg = f"key {self.key_id!r} of the keyring has {counted(len(self.secret), 'byte')}, must have {KEY_BYTES}"
            raise KeyringError(msg)

    @classmethod
    def fresh(cls, entropy: Callable[[int], bytes], now: datetime) -> Self:
        """Make a key. IDs sort by the day (UTC) they were made, such as `k20261123-ab12cd`."""
        suffix = base64.b32encode(entropy(_SUFFIX_BYTES)).decode("ascii").lower()[:_SUFFIX_LETTERS]
        return cls(key_id=f"k{now.astimezone(UTC):%Y%m%d}-{suffix}", secret=entropy(KEY_BYTES))

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint, which tells two keys of one ID apart: 16 lower-case hexadecimal digits, not secret.

        Who guesses a key can test the guess by it, as by a token and its check value: keys must be random.
        """
        return hashlib.blake2b(key=self.secret, digest_size=_FINGERPRINT_BYTES, person=_FINGERPRINT_PERSON).hexdigest()

    @property
    def reference(self) -> str:
        """Return the key's ID and fingerprint."""
        return key_reference(self.key_id, self.fingerprint)

    def digest(self, text: TokenText) -> str:
        """Return the token's check value under this key."""
        return hashlib.blake2b(text.reveal().encode("ascii"), key=self.secret, digest_size=_DIGEST_BYTES).hexdigest()


def key_reference(key_id: str, fingerprint: str) -> str:
    """Return the key that a token names; by its ID alone if the mint recorded no fingerprint. No ID has a dot."""
    return f"{key_id}.{fingerprint}" if fingerprint else key_id


class Digester:
    """A key prepared for many texts: this halves the cost of each.

    Works on bytes as they came, so that it can judge what may not be a token at all.
    """

    __slots__ = ("_template",)

    def __init__(self, key: bytes) -> None:
        self._template = hashlib.blake2b(key=key, digest_size=_DIGEST_BYTES)

    def digest(self, presented: bytes) -> bytes:
        """Return the result of `MacKey.digest` for a token of this text, as 32 bytes."""
        keyed = self._template.copy()
        keyed.update(presented)
        return keyed.digest()


@dataclass(frozen=True, slots=True)
class Keyring:
    """Some keys, one of them current. Older keys stay for the tokens that were minted with them.

    Raises:
        KeyringError: the current key is not among the keys.
    """

    current: MacKey
    keys: Mapping[str, MacKey]

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        if self.keys.get(self.current.key_id) != self.current:
            msg = "the keyring's current key is not among its keys"
            raise KeyringError(msg)

    @classmethod
    def parse(cls, data: Mapping[str, bytes]) -> Self:
        """Read a keyring's data.

        Raises:
            KeyringError: what is wrong with it, without any of its values.
        """
        keys = {key_id: MacKey(key_id, secret) for key_id, secret in data.items() if key_id != _CURRENT}
        if _CURRENT not in data:
            msg = f"the keyring has no entry {_CURRENT!r}, which names the key for new tokens"
            raise KeyringError(msg)
        # "replace" keeps this total; what it leaves in place of a bad byte is never in a key ID.
        current = keys.get(data[_CURRENT].decode("ascii", "replace"))
        if current is None:
            msg = f"the keyring's entry {_CURRENT!r} names no key of it; a line break at its end counts"
            raise KeyringError(msg)
        return cls(current=current, keys=keys)

    @classmethod
    def fresh(cls, entropy: Callable[[int], bytes], now: datetime) -> Self:
        """Make a keyring of one new key. `entropy` must be fit for keys."""
        key = MacKey.fresh(entropy, now)
        return cls(current=key, keys={key.key_id: key})

    def to_data(self) -> dict[str, bytes]:
        """Return the data that `parse` reads: secret."""
        data = {key_id: key.secret for key_id, key in self.keys.items()}
        return {_CURRENT: self.current.key_id.encode("ascii"), **data}

    def rotated(self, entropy: Callable[[int], bytes], now: datetime) -> Self:
        """Return this keyring with a new current key; it keeps the other keys.

        Raises:
            KeyringError: the new key's ID is taken already, so the entropy source repeats itself.
        """
        key = MacKey.fresh(entropy, now)
        if key.key_id in self.keys:
            msg = f"a new key got the ID {key.key_id!r}, which the keyring has already"
            raise KeyringError(msg)
        return type(self)(current=key, keys={**self.keys, key.key_id: key})

    def pruned(self, in_use: Collection[str]) -> Self:
        """Return this keyring without the keys that no live token uses. The current key always stays."""
        kept = {key_id: key for key_id, key in self.keys.items() if key_id in in_use or key_id == self.current.key_id}
        return type(self)(current=self.current, keys=kept)

    def mac(self, text: TokenText) -> tuple[str, str]:
        """Return the current key's ID, and the token's check value under that key."""
        return self.current.key_id, self.current.digest(text)

    def replaced(self, before: "Keyring") -> list[str]:
        """Return the IDs whose key differs from the key in the earlier keyring."""
        both = sorted(self.keys.keys() & before.keys.keys())
        return [key_id for key_id in both if self.keys[key_id].fingerprint != before.keys[key_id].fingerprint]

    def check(self, text: TokenText, *, key_id: str, value: str) -> bool | None:
        """Return whether a recorded check value is this token's, in constant time; None if the key is unknown."""
        key = self.keys.get(key_id)
        if key is None:
            return None
        return value.isascii() and compare_digest(value, key.digest(text))
