"""Which key is used by how many tokens."""

from dataclasses import replace

from pharia_access.domain.administration.key_usage import KeyState, KeyUsage, key_usages
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.keyring import Keyring
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW
from tests.support.fakes.ports import seeded_entropy

ENTROPY = seeded_entropy()
OLD = Keyring.fresh(ENTROPY, NOW)
KEYRING = OLD.rotated(ENTROPY, NOW)


def a_token(mac_key: str, phase: str = "Active") -> TokenSummary:
    return TokenSummary(ObjectKey("finance", "ci"), "uid", "invoice-bot", NOW, phase=phase, mac_key=mac_key)


def test_keys_come_with_what_they_are_and_how_many_active_tokens_use_them() -> None:
    current, kept = KEYRING.current.key_id, OLD.current.key_id
    tokens = [a_token(kept), a_token(kept), a_token("k-lost"), a_token(""), a_token(current, "Revoked")]

    assert key_usages(KEYRING, tokens) == [
        KeyUsage(current, KeyState.CURRENT, 0),
        KeyUsage(kept, KeyState.KEPT, 2),
        KeyUsage("k-lost", KeyState.MISSING, 1),
        KeyUsage("", KeyState.NONE, 1),
    ]


def test_a_fresh_keyring_has_one_key_that_nobody_uses() -> None:
    assert key_usages(OLD, []) == [KeyUsage(OLD.current.key_id, KeyState.CURRENT, 0)]


def test_tokens_of_another_key_under_a_known_id_are_counted_apart() -> None:
    keyring = Keyring.fresh(seeded_entropy(), NOW)
    key = keyring.current
    ours = replace(a_token(key.key_id), mac_fingerprint=key.fingerprint)
    theirs = replace(a_token(key.key_id), mac_fingerprint="0123456789abcdef")

    assert key_usages(keyring, [ours, theirs, a_token(key.key_id)]) == [
        KeyUsage(key.key_id, KeyState.CURRENT, 2),
        KeyUsage(f"{key.key_id}.0123456789abcdef", KeyState.MISSING, 1),
    ]
