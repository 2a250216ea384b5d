"""A ServiceAccount's token with other claims, signed by the cluster's own key."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.support.verifier.service_account_tokens import joined

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["claims_in", "key_id_in", "signed_again"]


def claims_in(token: str) -> dict[str, Any]:
    """What it says."""
    return _part(token, 1)


def key_id_in(token: str) -> str:
    """Which key signed it."""
    return str(_part(token, 0)["kid"])


def signed_again(token: str, key: Path, **claims: object) -> str:
    """The token with these claims instead."""
    private = load_pem_private_key(key.read_bytes(), None)

    def sign(message: bytes) -> bytes:
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        pair = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in pair)

    payload = json.dumps(claims_in(token) | claims, separators=(",", ":")).encode()
    return joined(json.dumps(_part(token, 0)).encode(), payload, sign).decode()


def _part(token: str, number: int) -> dict[str, Any]:
    text = token.split(".")[number]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found
