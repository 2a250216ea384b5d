"""Reads who signs the tokens of ServiceAccounts, through the API server (KEP-1393, OpenID Connect Discovery).

The document's own `jwks_uri` may be an address outside the cluster: nothing but the API server is asked.
"""

from typing import Final

import msgspec

from pharia_access.domain.verification.signatures import Issuer, read_signing_keys
from pharia_access.errors import IssuerKeysError
from pharia_access.kube.connection import Connection
from pharia_access.kube.http import JSON, Request

__all__ = ["KubeIssuerReader"]

_DISCOVERY: Final = "/.well-known/openid-configuration"
_KEYS: Final = "/openid/v1/jwks"
_JWK_SET: Final = "application/jwk-set+json"
"""RFC 7517 section 8.5.2. The API server answers a request for JSON with 406."""


class _Discovery(msgspec.Struct):
    issuer: str


class KubeIssuerReader:
    """Answers `services.verifier.issuer_keys.IssuerReader`."""

    def __init__(self, connection: Connection, *, timeout_seconds: float) -> None:
        self._connection, self._timeout = connection, timeout_seconds
        self._last: tuple[bytes, bytes] = (b"", b"")

    async def read_issuer(self, known: Issuer | None) -> Issuer:
        """Return the issuer with its keys: the same object as `known`, if nothing changed.

        Raises IssuerKeysError and the leaves of ApiError.
        """
        texts = (await self._get(_DISCOVERY, JSON), await self._get(_KEYS, _JWK_SET))
        if known is not None and texts == self._last:
            return known
        issuer = Issuer(_issuer_in(texts[0]), read_signing_keys(texts[1]))
        self._last = texts
        return issuer

    async def _get(self, path: str, accept: str) -> bytes:
        return await self._connection.send(Request("GET", path, self._timeout, accept=accept))


def _issuer_in(text: bytes) -> str:
    try:
        name = msgspec.json.decode(text, type=_Discovery).issuer
    except (msgspec.DecodeError, msgspec.ValidationError):
        name = ""
    if not name:
        message = "the issuer of ServiceAccount tokens cannot be read: the API server's answer names none"
        raise IssuerKeysError(message)
    return name
