"""Verify tokens by the keys of the keyring.

A token names its key by ID and fingerprint. A key with another fingerprint is another key and cannot tell. A token that
was minted before fingerprints existed names its key by ID alone. Then only a match is an answer, since another key may
have that ID now. The verifier remembers such a match with the token: from then on, a mismatch is an answer too.
"""

import logging
from collections.abc import Mapping
from hmac import compare_digest

from pharia_access.domain.keyring import Digester, Keyring
from pharia_access.domain.verdict import IssuedToken

__all__ = ["KnownKeys"]

log = logging.getLogger(__name__)


class KnownKeys:
    """Verifies texts by the keyring. Use from one event loop."""

    def __init__(self) -> None:
        self._exact: Mapping[str, Digester] = {}
        self._by_id: Mapping[str, Digester] = {}
        self._replaced: set[str] = set()

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def replaced(self) -> int:
        """The number of keys whose ID good tokens give to another key, as far as this process has seen."""
        return len(self._replaced)

    def use(self, keyring: Keyring | None) -> None:
        """Verify by these keys from now on."""
        keys = () if keyring is None else tuple(keyring.keys.values())
        self._by_id = {key.key_id: Digester(key.secret) for key in keys}
        self._exact = {key.reference: self._by_id[key.key_id] for key in keys}
        self._replaced.clear()

    def verify(self, token: IssuedToken, presented: bytes) -> bool | None:
        """Tell whether the text is the token's; None if no key can tell."""
        if token.mac is None or token.mac_key_id is None:
            return None
        digester = self._exact.get(token.mac_key_id)
        if digester is not None:
            return compare_digest(digester.digest(presented), token.mac)
        digester = self._by_id.get(token.mac_key_id)
        if digester is not None and compare_digest(digester.digest(presented), token.mac):
            return True
        return None

    def doubts(self, token: IssuedToken) -> bool:
        """Tell whether the token names a known key by ID alone: a text that does not match is then likely forged."""
        return token.mac_key_id in self._by_id

    def note_hash_verified(self, token: IssuedToken) -> None:
        """Note that Argon2id verified a text of this token, and no key did: a key of that ID is another key."""
        key_id = (token.mac_key_id or "").partition(".")[0]
        if key_id in self._by_id and key_id not in self._replaced:
            self._replaced.add(key_id)
            log.warning(
                "the keyring has another key under an ID that tokens name; Argon2id proves those", extra={"key": key_id}
            )
