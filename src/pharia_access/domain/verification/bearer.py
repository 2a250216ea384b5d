"""The `Authorization` header: who brings a token, and who brings something else (RFC 6750 section 2.1, RFC 9110 11.4).

Works on the header's values as they came, before anything is looked up. Nothing of them is put into an answer.
"""

from collections.abc import Sequence

from pharia_access.domain.token import MAX_BYTES
from pharia_access.domain.verdict import Refusal

__all__ = ["bearer_token"]

_SCHEME = b"bearer"
_USUAL = b"Bearer "
_SPACE = b" \t"
"""Around a value it is no part of it (RFC 9110 5.5). Some gateways take it off, others pass it on."""


def bearer_token(values: Sequence[bytes]) -> bytes | Refusal:
    """The token in the values of all `Authorization` headers, or why there is none. The scheme's case is free.

    What it returns is not yet known to look like a token. It is at most `MAX_BYTES` long.
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
    if len(token) > MAX_BYTES:
        return Refusal.OVERLONG_CREDENTIALS
    if b"," in token:
        return Refusal.AMBIGUOUS_CREDENTIALS
    return token or Refusal.NO_CREDENTIALS
