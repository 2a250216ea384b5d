"""Read the validity of certificates (RFC 5280 section 4.1.2.5) from PEM (RFC 7468).

Python's `ssl` reports the validity of a peer's certificate only. A library for X.509 would be a large dependency for
two dates. So this module reads the few DER elements before them (X.690 section 8), and verifies nothing. Python and
OpenSSL decide whether a file is usable; these dates are for a gauge.
"""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pharia_access.errors import CertificateError

__all__ = ["Validity", "is_cut", "validities"]

_PEM: Final = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([^-]*)-----END ")
_BEGIN, _END = b"-----BEGIN ", b"-----END "

_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_TIMES: Final = {0x17: 13, 0x18: 15}
"""UTCTime and GeneralizedTime, with their lengths: both end in seconds and Z (RFC 5280 section 4.1.2.5.1)."""
_CENTURY: Final = 50
"""Years of two digits from here on belong to the last century."""
_LONG_FORM: Final = 0x80
_MOST_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Validity:
    """The validity of a certificate, both ends included."""

    not_before: datetime
    not_after: datetime


def is_cut(pem: bytes) -> bool:
    """Tell whether a block has no end: somebody is writing the file, and OpenSSL would load half of it."""
    return pem.count(_BEGIN) != pem.count(_END)


def validities(pem: bytes) -> list[Validity]:
    """Return the validity of each certificate in a file, in order. Skips other blocks and text.

    Raises:
        CertificateError: a certificate cannot be parsed.
    """
    try:
        return [_validity(base64.b64decode(block)) for block in _PEM.findall(pem)]
    except (ValueError, IndexError) as error:
        msg = "a certificate cannot be understood"
        raise CertificateError(msg) from error


def _validity(der: bytes) -> Validity:
    _, at, _ = _element(der, 0)  # Certificate
    _, at, _ = _element(der, at)  # TBSCertificate
    tag, _, end = _element(der, at)
    if tag == _VERSION:
        at = end
    for _ in ("serialNumber", "signature", "issuer"):
        at = _element(der, at)[2]
    tag, at, _ = _element(der, at)
    if tag != _SEQUENCE:
        msg = "not a validity"
        raise ValueError(msg)
    not_before, at = _time(der, at)
    return Validity(not_before, _time(der, at)[0])


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Return an element's tag, the start of its content, and its end."""
    tag, length, start = der[at], der[at + 1], at + 2
    if length >= _LONG_FORM:
        count = length - _LONG_FORM
        length = int.from_bytes(der[start : start + count], "big")
        start += count
        if not 0 < count <= _MOST_LENGTH_BYTES:
            msg = "a length that no certificate has"
            raise ValueError(msg)
    if start + length > len(der):
        msg = "an element is longer than what is there"
        raise ValueError(msg)
    return tag, start, start + length


def _time(der: bytes, at: int) -> tuple[datetime, int]:
    tag, start, end = _element(der, at)
    text = der[start:end].decode("ascii")
    if len(text) != _TIMES.get(tag) or not text[:-1].isdecimal() or not text.endswith("Z"):
        msg = "not a time"
        raise ValueError(msg)
    if tag == min(_TIMES):
        text = ("19" if int(text[:2]) >= _CENTURY else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC), end
