"""Read the bearer token of the `Authorization` header (RFC 6750 section 2.1, RFC 9110 11.4).

The codec works on the header's raw values, before any lookup. No answer contains a part of them.
"""

from collections.abc import Sequence

from pharia_access.domain.token import MAX_BYTES
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.service_accounts import JWT_BEGINS, MAX_JWT_BYTES

__all__ = ["bearer_token", "single_token"]

_SCHEME = b"bearer"
_USUAL = b"Bearer "
_SPACE = b" \t"
"""White space around a value is no part of it (RFC 9110 5.5). Some gateways strip it, others forward it."""


def bearer_token(values: Sequence[bytes]) -> bytes | Refusal:
    """Return the token in the values of all `Authorization` headers, or the refusal. The scheme's case is free.

    The token is at most `MAX_BYTES` long. It may not look like one of ours.
    """
    if len(values) != 1:
        return Refusal.AMBIGUOUS_CREDENTIALS if values else Refusal.NO_CREDENTIALS
    value = values[0].strip(_SPACE)
    if value.startswith(_USUAL):
        token = value[len(_USUAL) :].lstrip(b" ")
    else:
        scheme, _, rest = value.partition(b" ")
        if scheme.lower() != _SCHEME:
            return Refusal.NO_CREDENTIALS
        token = rest.lstrip(b" ")
    return single_token(token)


def single_token(token: bytes) -> bytes | Refusal:
    """Return a header's text as one token, or the refusal: a proxy joins two headers of a name by a comma.

    What begins as a JWT may be a ServiceAccount's token, and longer. The verifier says whether it takes such tokens.
    """
    if len(token) > (MAX_JWT_BYTES if token.startswith(JWT_BEGINS) else MAX_BYTES):
        return Refusal.OVERLONG_CREDENTIALS
    if b"," in token:
        return Refusal.AMBIGUOUS_CREDENTIALS
    return token or Refusal.NO_CREDENTIALS
