"""The differences between the listener and h11 that may be: each with a name, and what one looks like.

In all of them the listener reads less: it refuses, or closes, where h11 reads on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.streams.chunk_parts import chunk_heads_and_trailers
from tests.support.streams.stream_rules import HEAD_BYTES, MOST_EMPTY_LINES
from tests.support.streams.stream_writer import BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.streams.h11_reference import Item

__all__ = ["DIFFERENCES", "TOO_FAST", "Difference", "Place"]


_METHODS = (
    rb"(?:DELETE|GET|HEAD|POST|PUT|OPTIONS|TRACE|COPY|LOCK|MKCOL|MOVE|PROPFIND|PROPPATCH|SEARCH|UNLOCK|BIND|REBIND|UNBIND|"
    rb"ACL|REPORT|MKACTIVITY|CHECKOUT|MERGE|M-SEARCH|NOTIFY|SUBSCRIBE|UNSUBSCRIBE|PATCH|PURGE|MKCALENDAR|LINK|UNLINK|"
    rb"SOURCE|QUERY)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the listener stopped, and h11 did not.

    Attributes:
        head, body: of the request that h11 reads here; of one that is not whole, what came.
        previous: the request before, which was answered.
        content: bytes of the body, decoded.
        before: how many requests came to their end before it in the packet in which it begins.
        whole: h11 has it whole.
    """

    head: bytes
    body: bytes
    previous: Item | None
    content: int
    before: int
    whole: bool

    @property
    def chunk_heads(self) -> list[bytes]:
        """The lines before the chunks of the body."""
        return chunk_heads_and_trailers(self.body)[0] if _is_chunked(self.head) else []

    @property
    def trailers(self) -> bytes:
        """What comes behind the chunks of the body."""
        return chunk_heads_and_trailers(self.body)[1] if _is_chunked(self.head) else b""


def _is_chunked(head: bytes) -> bool:
    return re.search(rb"(?i)\ntransfer-encoding:", head) is not None


@dataclass(frozen=True, slots=True)
class Difference:
    """One row.

    Attributes:
        looks: whether it is this difference.
        theirs: what h11 does.
        why: the rule by which the listener stops.
        status: the listener's last words; 0 where it closes without any, behind the answer before.
        nginx: it is 401 on `/auth/nginx`.
        by_cut: whether it is one depends on how the stream comes in packets.
    """

    looks: Callable[[Place], object]
    theirs: str
    why: str
    status: int = 400
    by_cut: bool = False
    nginx: bool = False

    @property
    def statuses(self) -> frozenset[int]:
        """The listener's last words."""
        return frozenset({self.status, 401} if self.nginx else {self.status})

    @property
    def ours(self) -> str:
        """What the listener does."""
        if self.nginx:
            return f"{self.status}, closed; 401 on `/auth/nginx`"
        return f"{self.status}, closed" if self.status else "closed behind the answer before"


def _head(pattern: bytes) -> Callable[[Place], object]:
    found = re.compile(pattern)
    return lambda place: found.search(place.head)


def _chunk_head(pattern: bytes) -> Callable[[Place], object]:
    found = re.compile(pattern, re.DOTALL)
    return lambda place: any(map(found.search, place.chunk_heads))


def _trailers(pattern: bytes) -> Callable[[Place], object]:
    found = re.compile(pattern)
    return lambda place: found.search(place.trailers)


def _before(pattern: bytes) -> Callable[[Place], object]:
    found = re.compile(pattern)
    return lambda place: place.previous and found.search(place.previous.head)


def _closed_by_trailers(place: Place) -> object:
    if place.previous is None or not _is_chunked(place.previous.head):
        return None
    return re.search(rb"(?i)(?:\A|\n)connection:", chunk_heads_and_trailers(place.previous.body)[1])


def _closed_by_empty_lines(place: Place) -> object:
    if place.previous is None or not _is_chunked(place.previous.head):
        return None
    return len(re.findall(rb"(?=\r\n\r\n)", place.previous.body)) > MOST_EMPTY_LINES


_CONTROLS = rb"\x00-\x08\x0a-\x1f\x7f"
_EXTENSION = (
    rb"[0-9A-Fa-f]+(?:;[!#-\'*+.^-z|~-]+(?:=(?:[!#-\'*+.^-z|~-]+|"
    rb'"(?:[^"\\%b]|\\[^%b])*"))?)*\Z' % (_CONTROLS, _CONTROLS)
)

TOO_FAST = "a third request while two are unanswered"
DIFFERENCES: dict[str, Difference] = {
    TOO_FAST: Difference(
        lambda place: place.before >= 2,
        "reads it later",
        "RFC 9112, 9.3.2: a server may process in parallel, and need not; decision 0021",
        status=0,
        by_cut=True,
    ),
    "`Connection` among trailers": Difference(
        _closed_by_trailers, "ignores it", "RFC 9110, 6.5.1: a trailer says nothing of the connection", status=0
    ),
    "more than 256 empty lines in a body in chunks": Difference(
        _closed_by_empty_lines,
        "reads it",
        "each is a place where the body may end, and is looked at apart; decision 0031",
        status=0,
    ),
    "`Proxy-Connection`": Difference(
        _before(rb"(?i)\nproxy-connection:"),
        "ignores it",
        "the parser takes it for `Connection`; a plain check is not read by it. RFC 9112, C.2.2 knows of such clients",
        status=0,
        by_cut=True,
    ),
    "a line feed alone in a head": Difference(
        _head(rb"(?<!\r)\n"), "takes it for a line end", "RFC 9112, 2.2: a recipient may, and need not"
    ),
    "a header that goes on in the next line": Difference(
        _head(rb"\n[ \t]"), "joins the lines", "RFC 9112, 5.2: a server must reject it, or join the lines"
    ),
    "a control character in a head": Difference(
        _head(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"), "reads it", "RFC 9110, 5.5: they are invalid"
    ),
    "a method that the parser does not know": Difference(
        _head(rb"\A[\r\n]*(?!%b )" % _METHODS), "takes any token", "RFC 9110, 9.1: 501, which is no more than a refusal"
    ),
    "`Content-Length` beside `Transfer-Encoding`": Difference(
        _head(rb"(?is)(?=.*\ncontent-length:)(?=.*\ntransfer-encoding:)"),
        "reads the chunks",
        "RFC 9112, 6.1: a server may reject it",
    ),
    "a list of lengths that are alike": Difference(
        _head(rb"(?i)\ncontent-length:[^\r\n]*,"), "takes one", "RFC 9110, 8.6: a recipient may reject it"
    ),
    "a length twice, alike": Difference(
        _head(rb"(?is)\ncontent-length:.*\ncontent-length:"), "takes one", "RFC 9112, 6.3: the same"
    ),
    "a tab behind `chunked`": Difference(
        _head(rb"(?i)\ntransfer-encoding:[ \t]*chunked *\t"),
        "takes it off",
        "RFC 9110, 5.5: it is no part of the value, so this is stricter than the rule",
    ),
    "an authority of other characters, or a port that is none": Difference(
        _head(rb"(?i)\A[\r\n]*[^\r\n ]+ +https?://(?:[^/?]*[^\w.:@\[\]/?-]|[^/?]*:(?:\d{6,}|[7-9]\d{4}|6[6-9]))"),
        "does not look",
        "RFC 9110, 4.2; RFC 3986, 3.2: nobody's name",
        nginx=True,
    ),
    "blanks behind a chunk's size": Difference(
        _chunk_head(rb"\A[0-9A-Fa-f]+[ \t]"), "reads it", "RFC 9112, 7.1: there are none"
    ),
    "a chunk's extension that is malformed": Difference(
        _chunk_head(rb"\A(?!%b)" % _EXTENSION), "reads over it", "RFC 9112, 7.1.1"
    ),
    "a length or a coding among trailers": Difference(
        _trailers(rb"(?i)(?:\A|\n)(?:content-length|transfer-encoding):"),
        "ignores it",
        "RFC 9110, 6.5.1: a sender must not",
    ),
    "a line feed alone among trailers": Difference(
        _trailers(rb"(?<!\r)\n"), "takes it for a line end", "RFC 9112, 2.2: a recipient may, and need not"
    ),
    "a trailer that goes on in the next line": Difference(
        _trailers(rb"(?:\n|\A)[ \t]"), "joins the lines", "RFC 9112, 5.2"
    ),
    "a control character among trailers": Difference(
        _trailers(rb"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"), "reads it", "RFC 9110, 5.5: they are invalid"
    ),
    "more around chunks than a head may have": Difference(
        lambda place: len(place.body) - place.content > HEAD_BYTES,
        "reads it",
        "RFC 9112, 7.1.1: a recipient ought to limit extensions",
        status=431,
    ),
    "a body of more than 16 times the bound": Difference(
        lambda place: place.content > BODY_BYTES * 16, "reads it to its end", "RFC 9110, 15.5.14", status=413
    ),
    "nothing that can become a request": Difference(
        lambda place: not place.whole,
        "waits for a whole head, or body",
        "RFC 9112, 2.2: 400, and close; nginx would make a 500 of it",
        nginx=True,
        by_cut=True,
    ),
}
