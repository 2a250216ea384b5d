"""Recognize a gateway's plain request: one regular expression over the head, which matches nothing doubtful.

A plain request is complete, is of HTTP/1.1, has no body, and is well-formed by RFC 9112 to the byte. Anything else (a
folded line, a bare line end, an odd byte in a name, a blank before a colon, no host or two, two tokens, a body, an
upgrade, an expectation) does not match. Then the parser reads the request and decides.

Quantifiers backtrack, but no part of a line may match what ends the line. So a head that does not match costs no more
than a few readings. There are no possessive ones: CPython 3.11.2, which Debian has, matches them wrongly.
"""

import re
from typing import Final

__all__ = ["PLAIN", "may_become_plain"]

_METHOD: Final = rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) "
_TARGET: Final = rb"(?:(/auth/envoy/[!\"$-.0->@-\[\]-~]*/-/)[!-~\x80-\xff]*|(/auth/[!\"$-\[\]-~]*))"
"""Up to Envoy's `/-/`. The client's own target follows, which nobody judges (`targets`)."""
_VALUE: Final = rb"[\t -~\x80-\xff]*\r\n"
_NAME: Final = rb"!#$%&'*+\-.^_`|~0-9A-Za-z"
"""RFC 9110, 5.6.2: the characters of a token."""
_NAME_BEGINS: Final = rb"!#$%&'*+\-.^_`|~0-9BDFGI-OQ-SV-Zbdfgi-oq-sv-z"
"""The same, less the first letters of names that mean something here."""
_OTHER: Final = (
    rb"(?:[" + _NAME_BEGINS + rb"]|[Aa](?!(?i:uthorization):)|[Cc](?!(?i:onnection|ontent-length):)|[Ee](?!(?i:xpect):)"
    rb"|[Hh](?!(?i:ost):)|[Pp](?!(?i:roxy-connection):)|[Tt](?!(?i:ransfer-encoding):)|[Uu](?!(?i:pgrade):))"
    rb"[" + _NAME + rb"]*:" + _VALUE
)
"""No RFC has `Proxy-Connection`, but the parser takes it for `Connection`."""
_KEEPS_ALIVE: Final = rb"(?i:connection):[\t ]*(?i:keep-alive)[\t ]*\r\n"
_HAS_NO_BODY: Final = rb"(?i:content-length):[\t ]*0[\t ]*\r\n(?!(?s:.*\r\n)?(?i:content-length):)"
"""As Envoy sends it: once."""
_OTHERS: Final = rb"(?:" + rb"|".join((_OTHER, _KEEPS_ALIVE, _HAS_NO_BODY)) + rb"){0,42}"
_HOST: Final = rb"[Hh](?i:ost):" + _VALUE + _OTHERS
_AUTHORIZATION: Final = rb"[Aa](?i:uthorization):[\t ]*([!-~][\t -~]*)\r\n" + _OTHERS

PLAIN: Final = re.compile(
    _METHOD + _TARGET + rb" HTTP/1\.1\r\n" + _OTHERS
    + rb"(?:" + _HOST + rb"(?:" + _AUTHORIZATION + rb")?|" + _AUTHORIZATION + _HOST + rb")\r\n"
)  # fmt: skip
"""Its groups: the method; the target up to Envoy's `/-/`, or the whole target; the value of `Authorization`, where it
comes behind `Host`, or before it."""


_ANY: Final = rb"[%b]" % _NAME
_VERSION_BEGUN: Final = b"|".join(re.escape(b" HTTP/1.1\r"[:count]) for count in range(12))
_LINES_BEGUN: Final = rb" HTTP/1\.1\r\n(?:%b+:%b)*(?:\r|%b*|%b+:[\t -~\x80-\xff]*\r?)" % (_ANY, _VALUE, _ANY, _ANY)
_BEGUN: Final = re.compile(rb"%b%b(?:%b|%b)" % (_METHOD, _TARGET, _VERSION_BEGUN, _LINES_BEGUN))


def may_become_plain(data: bytes) -> bool:
    """Tell whether this is the beginning of a plain request, so that the rest is worth waiting for."""
    return _BEGUN.fullmatch(data) is not None
