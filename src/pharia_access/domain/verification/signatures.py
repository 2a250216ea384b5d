"""Signatures of JWTs, by the public keys of one issuer. The only importer of joserfc (decision 0065).

The key fixes the algorithm; the token only names the key. A key of another kind or size, or without an ID, is none.
"""

import json
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from pharia_access.errors import IssuerKeysError

__all__ = ["Issuer", "SigningKeys", "read_signing_keys"]

_RSA_BITS: Final = range(2048, 8192 + 1)
"""A larger key costs each unseen token milliseconds."""
_MOST_KEYS: Final = 64
_ALGORITHM_OF: Final = {"RSA": "RS256", "EC": "ES256"}
_ALGORITHMS: Final = JWSRegistry(algorithms=list(_ALGORITHM_OF.values()))


class SigningKeys:
    """The public keys of one issuer, by their IDs."""

    def __init__(self, keys: Mapping[str, RSAKey | ECKey]) -> None:
        self._keys = dict(keys)

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    @property
    def ids(self) -> list[str]:
        """The IDs, in order, for a log."""
        return sorted(self._keys)

    def verify(self, presented: bytes, *, algorithm: str, key_id: str) -> bool:
        """Tell whether that key signed the token (RFC 7515 section 5.2). False for an unknown key.

        The header was read (`service_accounts.key_of`), more strictly than the library does, so the algorithm is asked
        directly: that saves 15 us.
        """
        key = self._keys.get(key_id)
        if key is None or algorithm != _ALGORITHM_OF[key.key_type]:
            return False
        signed, _, signature = presented.rpartition(b".")
        try:
            return _ALGORITHMS.get_alg(algorithm).verify(signed, urlsafe_b64decode(signature + b"=="), key)
        except (JoseError, ValueError):  # ValueError: a signature of a length that its key cannot make
            return False


@dataclass(frozen=True, slots=True, eq=False)
class Issuer:
    """Who signs the tokens of this cluster's ServiceAccounts.

    Attributes:
        name: what `iss` must be.
    """

    name: str
    keys: SigningKeys


def read_signing_keys(text: bytes) -> SigningKeys:
    """Read a JWK Set (RFC 7517), as an API server publishes one. Raises IssuerKeysError if it holds no key for us."""
    try:
        entries = json.loads(text)["keys"]
        keys = dict(_keys_among(entries[:_MOST_KEYS]))
    except (ValueError, TypeError, KeyError, RecursionError):
        message = "the issuer's keys cannot be read: the answer is no JWK Set"
        raise IssuerKeysError(message) from None
    if not keys:
        message = "the issuer's keys cannot be used: none is an RSA key of 2048 to 8192 bits, or one of P-256"
        raise IssuerKeysError(message)
    return SigningKeys(keys)


def _keys_among(entries: list[Any]) -> Iterator[tuple[str, RSAKey | ECKey]]:
    for entry in entries:
        key = _key(entry) if isinstance(entry, dict) else None
        if key is not None:
            yield entry["kid"], key


def _key(entry: dict[str, Any]) -> RSAKey | ECKey | None:
    kind = entry.get("kty")
    if not isinstance(entry.get("kid"), str) or entry.get("use", "sig") != "sig":
        return None
    if not isinstance(kind, str) or kind not in _ALGORITHM_OF:
        return None
    if entry.get("alg", _ALGORITHM_OF[kind]) != _ALGORITHM_OF[kind] or "d" in entry:
        return None
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # the size is asked below
            key = import_key(entry)
    except (JoseError, ValueError):
        return None
    if isinstance(key, RSAKey):
        return key if key.raw_value.key_size in _RSA_BITS else None
    return key if isinstance(key, ECKey) and key.curve_name == "P-256" else None
