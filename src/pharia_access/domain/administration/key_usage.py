"""Which key of the keyring is used by how many tokens. By IDs: no key's value is looked at."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.keyring import Keyring, key_reference

__all__ = ["KeyState", "KeyUsage", "key_usages"]


class KeyState(StrEnum):
    """What a key is to the keyring."""

    CURRENT = "current"
    """New tokens are minted with it."""
    KEPT = "kept"
    """An older one: for the tokens that were minted with it, or until the next rotation."""
    MISSING = "missing"
    """Tokens name it, and it is not there: the slow hash proves them."""
    NONE = "no key"
    """Of tokens that were minted while there was no keyring: the same."""


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """A key, and how many active tokens use it."""

    key_id: str
    state: KeyState
    tokens: int


def key_usages(keyring: Keyring, tokens: Iterable[TokenSummary]) -> list[KeyUsage]:
    """The current key first, then the others that are there, then those that only tokens name."""
    used = Counter(_named(token, keyring) for token in tokens if token.active)
    states = {
        **dict.fromkeys(sorted(used), KeyState.MISSING),
        **({"": KeyState.NONE} if "" in used else {}),
        **dict.fromkeys(sorted(keyring.keys), KeyState.KEPT),
        keyring.current.key_id: KeyState.CURRENT,
    }
    order = list(KeyState)
    usages = [KeyUsage(key_id, state, used[key_id]) for key_id, state in states.items()]
    return sorted(usages, key=lambda usage: (order.index(usage.state), usage.key_id))


def _named(token: TokenSummary, keyring: Keyring) -> str:
    """The ID of the token's key; with its fingerprint where the keyring has another key under that ID."""
    key = keyring.keys.get(token.mac_key)
    if key is None or token.mac_fingerprint in {"", key.fingerprint}:
        return token.mac_key
    return key_reference(token.mac_key, token.mac_fingerprint)
