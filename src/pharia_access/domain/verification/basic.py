"""Decode the credentials of HTTP Basic (RFC 7617 section 2): a user name, a colon, a password.

The codec works on the raw value behind the scheme, before any lookup. No answer contains a part of it.
"""

from binascii import Error, a2b_base64

from pharia_access.domain.verdict import Refusal

__all__ = ["BASIC_SCHEME", "name_and_password"]

BASIC_SCHEME = b"basic"
"""In lower case: the scheme's case is free (RFC 9110 11.1)."""
_GROUP = 4
"""Characters of base64 that belong together, with padding (RFC 4648 section 4)."""


def name_and_password(encoded: bytes, *, longest: int) -> tuple[bytes, bytes] | Refusal:
    """Return user name and password, the latter never empty; or the refusal.

    Args:
        encoded: what follows the scheme, without blanks around it.
        longest: bytes of it.
    """
    if b"," in encoded:
        return Refusal.AMBIGUOUS_CREDENTIALS
    if len(encoded) > longest:
        return Refusal.OVERLONG_CREDENTIALS
    if len(encoded) % _GROUP:  # Python 3.11 takes one `=` too many
        return Refusal.MALFORMED_TOKEN
    try:
        decoded = a2b_base64(encoded, strict_mode=True)
    except Error:
        return Refusal.MALFORMED_TOKEN
    name, _, password = decoded.partition(b":")
    return (name, password) if password else Refusal.NO_CREDENTIALS
