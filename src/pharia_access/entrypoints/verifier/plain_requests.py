"""Recognize a gateway's plain request: one regular expression over the head, which matches nothing doubtful.

A plain request is complete, is of HTTP/1.1, has no body, and is well-formed by RFC 9112 to the byte. Anything else (a
folded line, a bare line end, an odd byte in a name, a blank before a colon, no host or two, two tokens, a body, an
upgrade, an expectation) does not match. Then the parser reads the request and decides.

Quantifiers backtrack, but no part of a line may match what ends the line. So a head that does not match costs no more
than a few readings. There are no possessive ones: CPython 3.11.2, which Debian has, matches them wrongly.

Where a token may come in other headers too, another expression has each of them in the place of `Authorization`.
"""

import re
from collections.abc import Sequence
from string import ascii_letters
from typing import Final

__all__ = ["PLAIN", "may_become_plain", "plain_with"]

_METHOD: Final = rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) "
_TARGET: Final = rb"(?:(/auth/envoy/[!\"$-.0->@-\[\]-~]*/-/)[!-~\x80-\xff]*|(/auth/[!\"$-\[\]-~]*))"
"""Up to Envoy's `/-/`. The client's own target follows, which nobody judges (`targets`)."""
_VALUE: Final = rb"[\t -~\x80-\xff]*\r\n"
_NAME: Final = rb"!#$%&'*+\-.^_`|~0-9A-Za-z"
"""RFC 9110, 5.6.2: the characters of a token."""
_SIGNS_AND_DIGITS: Final = rb"!#$%&'*+\-.^_`|~0-9"
_AUTHORIZATION: Final = b"authorization"
_TELLING: Final = (
    b"connection", b"content-length", b"expect", b"host", b"proxy-connection", b"transfer-encoding", b"upgrade",
)  # fmt: skip
"""Names that mean something here. No RFC has `Proxy-Connection`, but the parser takes it for `Connection`."""
_KEEPS_ALIVE: Final = rb"(?i:connection):[\t ]*(?i:keep-alive)[\t ]*\r\n"
_HAS_NO_BODY: Final = rb"(?i:content-length):[\t ]*0[\t ]*\r\n(?!(?s:.*\r\n)?(?i:content-length):)"
"""As Envoy sends it: once."""
_GIVEN: Final = rb":[\t ]*([!-~][\t -~]*)\r\n"
_EMPTY: Final = rb":[\t ]*\r\n"


def plain_with(names: Sequence[bytes], *, empty: bool) -> re.Pattern[bytes]:
    """Return an expression for a token in any of these headers.

    Its groups: the method; the target up to Envoy's `/-/`, or the whole target; name and value of the header with the
    token, where it comes behind `Host`; the same where it comes before.

    Args:
        names: in lower case.
        empty: whether the other ones may be there, without a value. One may then be there twice.
    """
    name = _named(names)
    others = _others(names, more=(name + _EMPTY,) if empty else ())
    return _plain(others, rb"(" + name + rb")" + _GIVEN)


def _plain(others: bytes, authorization: bytes) -> re.Pattern[bytes]:
    host, token = rb"[Hh](?i:ost):" + _VALUE + others, authorization + others
    return re.compile(
        _METHOD + _TARGET + rb" HTTP/1\.1\r\n" + others + rb"(?:" + host + rb"(?:" + token + rb")?|" + token + host
        + rb")\r\n"
    )  # fmt: skip


def _others(names: Sequence[bytes], more: Sequence[bytes] = ()) -> bytes:
    """Match the lines that mean nothing here, or nothing special. `names` are those of tokens."""
    return rb"(?:" + b"|".join((_other((*names, *_TELLING)), _KEEPS_ALIVE, _HAS_NO_BODY, *more)) + rb"){0,42}"


def _other(special: Sequence[bytes]) -> bytes:
    """Match a line with another name. Only a name with the first letter of a special one is looked at twice."""
    rests = _rests(special)
    letters = "".join(letter for letter in ascii_letters if letter.lower().encode() not in rests)
    begins = [rb"[" + _SIGNS_AND_DIGITS + letters.encode() + rb"]"]
    begins += [_letter(first) + rb"(?!" + rest + rb":)" for first, rest in rests.items()]
    return rb"(?:" + b"|".join(begins) + rb")[" + _NAME + rb"]*:" + _VALUE


def _named(names: Sequence[bytes]) -> bytes:
    """Match one of these names, in any letter case. By the first letter, most lines are none."""
    return rb"(?:" + b"|".join(_letter(first) + rest for first, rest in _rests(names).items()) + rb")"


def _rests(names: Sequence[bytes]) -> dict[bytes, bytes]:
    """By first letter, what matches the rests of the names."""
    firsts = sorted({name[:1] for name in names})
    found = {first: [re.escape(name[1:]) for name in names if name.startswith(first)] for first in firsts}
    return {first: rb"(?i:" + b"|".join(rests) + rb")" for first, rests in found.items()}


def _letter(letter: bytes) -> bytes:
    return rb"[" + letter.upper() + letter + rb"]"


PLAIN: Final = _plain(_others((_AUTHORIZATION,)), _named((_AUTHORIZATION,)) + _GIVEN)
"""Its groups: the method; the target up to Envoy's `/-/`, or the whole target; the value of `Authorization`, where it
comes behind `Host`, or before it."""


_ANY: Final = rb"[%b]" % _NAME
_VERSION_BEGUN: Final = b"|".join(re.escape(b" HTTP/1.1\r"[:count]) for count in range(12))
_LINES_BEGUN: Final = rb" HTTP/1\.1\r\n(?:%b+:%b)*(?:\r|%b*|%b+:[\t -~\x80-\xff]*\r?)" % (_ANY, _VALUE, _ANY, _ANY)
_BEGUN: Final = re.compile(rb"%b%b(?:%b|%b)" % (_METHOD, _TARGET, _VERSION_BEGUN, _LINES_BEGUN))


def may_become_plain(data: bytes) -> bool:
    """Tell whether this is the beginning of a plain request, so that the rest is worth waiting for."""
    return _BEGUN.fullmatch(data) is not None
