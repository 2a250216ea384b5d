"""An issuer of ServiceAccount tokens that is played: it signs what a test says, also what no API server would."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pharia_access.domain.verification.signatures import Issuer, read_signing_keys

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ISSUER", "NOW", "PlayedIssuer", "SigningKey", "base64url", "claims_of_pod", "joined"]

ISSUER = "https://kubernetes.default.svc.cluster.local"
NOW = 1_000_000_000
"""The moment at which the claims of `claims_of_pod` were made, less ten minutes."""
SUBJECT_UID = "a087d5a0-e1dd-43ec-93ac-f13d89cd13af"


def claims_of_pod(**changes: object) -> dict[str, Any]:
    """What a kubelet gets for a pod of finance/invoice-bot, with these claims changed; None leaves one out."""
    claims: dict[str, Any] = {
        "aud": ["pharia-access/invoice-bot"],
        "exp": NOW + 3000,
        "iat": NOW - 600,
        "iss": ISSUER,
        "jti": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
        "kubernetes.io": {
            "namespace": "finance",
            "node": {"name": "node-1", "uid": "58456cb0-dd00-45ed-b797-5578fdceaced"},
            "pod": {"name": "cafe-69574cd778-jf9cv", "uid": "778a530c-b3f4-47c0-9cd5-ab018fb64f33"},
            "serviceaccount": {"name": "invoice-bot", "uid": SUBJECT_UID},
        },
        "nbf": NOW - 600,
        "sub": "system:serviceaccount:finance:invoice-bot",
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


class SigningKey:
    """A private key with an ID. RSA signs RS256, P-256 signs ES256."""

    def __init__(self, key_id: str, *, curve: ec.EllipticCurve | None = None, bits: int = 2048) -> None:
        self.key_id = key_id
        self.algorithm = "RS256" if curve is None else "ES256"
        self.private = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, bits)

    def signature(self, message: bytes) -> bytes:
        """Sign as RFC 7518 says, section 3.3 or 3.4."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
        size = (self.private.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def public_jwk(self) -> dict[str, str]:
        """The public half, as `/openid/v1/jwks` has it."""
        common = {"use": "sig", "kid": self.key_id, "alg": self.algorithm}
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return common | {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        point = self.private.public_key().public_numbers()
        size = (self.private.curve.key_size + 7) // 8
        return common | {
            "kty": "EC",
            "crv": f"P-{self.private.curve.key_size}",
            "x": base64url(point.x.to_bytes(size, "big")),
            "y": base64url(point.y.to_bytes(size, "big")),
        }

    def signature_by_public_key(self, message: bytes) -> bytes:
        """HS256 with the public key as its secret: what confuses a verifier that believes the header."""
        pem = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(pem, message, hashlib.sha256)


@lru_cache
def _key(key_id: str, *, elliptic: bool = False) -> SigningKey:
    return SigningKey(key_id, curve=ec.SECP256R1() if elliptic else None)


class PlayedIssuer:
    """Answers `services.verifier.service_accounts.IssuerKeys`: one key, and what the test makes of it."""

    def __init__(self, *, elliptic: bool = False) -> None:
        self.key = _key("key-1", elliptic=elliptic)
        self.issuer: Issuer | None = None
        self.published: list[SigningKey] = [self.key]
        self.readings = 0
        self.answers = True
        self.were_just_read = False
        self.read()

    def read(self) -> None:
        """Take what is published now."""
        keys = json.dumps({"keys": [key.public_jwk() for key in self.published]}).encode()
        self.issuer = Issuer(ISSUER, read_signing_keys(keys))

    async def read_again(self) -> bool:
        self.readings += 1
        if self.answers:
            self.read()
        return self.answers

    def header(self, **changes: object) -> dict[str, object]:
        """The header that an API server writes, with these members changed; None leaves one out."""
        header: dict[str, object] = {"alg": self.key.algorithm, "kid": self.key.key_id} | changes
        return {name: value for name, value in header.items() if value is not None}

    def sign(self, claims: dict[str, Any], **header: object) -> bytes:
        """A token with these claims."""
        return joined(_json(self.header(**header)), _json(claims), self.key.signature)


def joined(header: bytes, payload: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A compact JWS (RFC 7515 section 7.1) of any two texts."""
    message = f"{base64url(header)}.{base64url(payload)}".encode()
    return message + b"." + base64url(sign(message)).encode()


def base64url(value: bytes) -> str:
    """RFC 7515 section 2: without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
