"""Tokens of ServiceAccounts that a benchmark signs itself, and forged ones of the kinds that cost a verifier most."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from bench.checks.played_issuer import HELD, HOLDER, ISSUER, NAMESPACE, UID

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_BYTES", "EsKey", "RsKey", "SigningKey", "claims", "forged", "key_set", "signed"]

MOST_BYTES: Final = 4096
"""The longest text that a verifier reads."""

_LIFE_SECONDS: Final = 3607


class RsKey:
    """A key of 2048 bits, as kubeadm makes one."""

    algorithm = "RS256"
    signature_bytes = 256

    def __init__(self) -> None:
        self.key_id = secrets.token_urlsafe(32)
        self._key = rsa.generate_private_key(65537, 2048)

    def sign(self, message: bytes) -> bytes:
        """RFC 7518 section 3.3."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def public(self) -> dict[str, str]:
        """The public half of its JWK."""
        numbers = self._key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}


class EsKey:
    """A key of P-256."""

    algorithm = "ES256"
    signature_bytes = 64

    def __init__(self) -> None:
        self.key_id = secrets.token_urlsafe(32)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        """RFC 7518 section 3.4."""
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public(self) -> dict[str, str]:
        """The public half of its JWK."""
        point = self._key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}


SigningKey = RsKey | EsKey


def key_set(*keys: SigningKey) -> bytes:
    """The JWK Set of the public halves, as an API server publishes one."""
    entries = [key.public() | {"kid": key.key_id, "alg": key.algorithm, "use": "sig"} for key in keys]
    return json.dumps({"keys": entries}).encode()


def claims(now: int, *, credential: str = HELD, filled: int = 0) -> dict[str, object]:
    """What a kubelet gets for a pod, each time with another ID; `filled`: bytes of a member that nobody reads."""
    said: dict[str, object] = {
        "aud": [f"pharia-access/{credential}"],
        "exp": now + _LIFE_SECONDS,
        "iat": now,
        "iss": ISSUER,
        "jti": f"{secrets.token_hex(4)}-0000-4000-8000-{secrets.token_hex(6)}",
        "kubernetes.io": {
            "namespace": NAMESPACE,
            "node": {"name": "node-1", "uid": "58456cb0-dd00-45ed-b797-5578fdceaced"},
            "pod": {"name": "worker-69574cd778-jf9cv", "uid": "778a530c-b3f4-47c0-9cd5-ab018fb64f33"},
            "serviceaccount": {"name": HOLDER, "uid": UID},
        },
        "nbf": now,
        "sub": f"system:serviceaccount:{NAMESPACE}:{HOLDER}",
    }
    return said | ({"more": "x" * filled} if filled else {})


def signed(key: SigningKey, now: int, count: int, *, credential: str = HELD) -> list[str]:
    """So many tokens, no two alike."""
    messages = (_message(key, key.key_id, claims(now, credential=credential)) for _ in range(count))
    return [f"{message}.{_base64url(key.sign(message.encode()))}" for message in messages]


def forged(key: SigningKey, now: int, count: int, *, known: bool = True, length: int = 0) -> list[str]:
    """So many texts that differ from tokens by their signature alone, which is drawn.

    `known`: whether the header names a key of the issuer. `length`: each text is filled up to about so many bytes.
    """
    return list(_forged(key, now, count, known=known, length=length))


def _forged(key: SigningKey, now: int, count: int, *, known: bool, length: int) -> Iterator[str]:
    shortest = len(f"{_message(key, key.key_id, claims(now))}.{_drawn(key)}")
    filled = max(0, (length - shortest - 32) * 3 // 4)
    for _ in range(count):
        key_id = key.key_id if known else secrets.token_urlsafe(32)
        yield f"{_message(key, key_id, claims(now, filled=filled))}.{_drawn(key)}"


def _drawn(key: SigningKey) -> str:
    """A signature of the right length, below the modulus of any key of that length."""
    return _base64url(b"\x01" + secrets.token_bytes(key.signature_bytes - 1))


def _message(key: SigningKey, key_id: str, said: dict[str, object]) -> str:
    header = {"alg": key.algorithm, "kid": key_id}
    return ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, said))


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _number(value: int, size: int) -> str:
    return _base64url(value.to_bytes(size, "big"))
