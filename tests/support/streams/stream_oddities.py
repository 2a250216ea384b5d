"""Puts something odd into a message: what somebody could read in another way, or what costs more than it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.streams import stream_odd_grammar as odd
from tests.support.streams.stream_rules import MOST_EMPTY_LINES
from tests.support.streams.stream_writer import BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.streams.stream_writer import Draft, Writer

__all__ = ["LONG", "lengthen", "spoil"]

_HEAD_BYTES = 16384
"""The bound of heads, and of what is neither head nor body."""


def spoil(writer: Writer, draft: Draft) -> None:
    """Put something odd into a message."""
    writer.random.choice(_ODDITIES)(writer, draft)


def lengthen(writer: Writer, draft: Draft) -> None:
    """Bring a message near a bound, or beyond it."""
    kind = writer.random.choice(list(LONG))
    writer.tags.add(f"long: {kind}")
    LONG[kind](writer, draft)


def _odd_start(writer: Writer, draft: Draft) -> None:
    draft.start = writer.pick("odd start", odd.STARTS)


def _odd_method(writer: Writer, draft: Draft) -> None:
    draft.method = writer.pick("odd method", odd.METHODS)


def _odd_target(writer: Writer, draft: Draft) -> None:
    draft.target = writer.pick("odd target", odd.TARGETS)


def _odd_version(writer: Writer, draft: Draft) -> None:
    draft.version = writer.pick("odd version", odd.VERSIONS)


def _preface(writer: Writer, draft: Draft) -> None:
    writer.tags.add("odd line: the beginning of HTTP/2's preface")
    draft.method, draft.target, draft.headers, draft.body = b"PRI", b"*", [], b""
    draft.version = writer.random.choice((b"HTTP/2.0", b"HTTP/1.1"))


def _odd_blanks(writer: Writer, draft: Draft) -> None:
    writer.tags.add("odd line: blanks")
    draft.blank = writer.random.choice((b"  ", b"\t", b" \t", b"", b"\x0b"))


def _odd_header(writer: Writer, draft: Draft) -> None:
    at = writer.random.randint(0, len(draft.headers))
    draft.headers.insert(at, writer.pick("odd header", odd.HEADERS))


def _no_host(writer: Writer, draft: Draft) -> None:
    writer.tags.add("odd line: no host")
    draft.headers = [line for line in draft.headers if line != b"Host: v"]


def _line_feeds(writer: Writer, draft: Draft) -> None:
    writer.tags.add("odd line: line feeds alone")
    draft.headers = [b"\n".join(draft.headers)]


def _odd_framing(writer: Writer, draft: Draft) -> None:
    line, content = writer.pick("odd framing", odd.FRAMINGS), writer.content()
    is_chunked = b"hunked" in line.lower() and writer.random.random() < 0.7
    _unframed(draft)
    draft.body = writer.chunked(content) if is_chunked else content
    length = len(draft.body)
    draft.headers.append(line.replace(b"%d", b"%d" % length).replace(b"%x", b"%x" % length))


def _odd_chunks(writer: Writer, draft: Draft) -> None:
    _unframed(draft)
    draft.headers.append(b"Transfer-Encoding: chunked")
    draft.body = writer.chunked(writer.content(), spoilt=writer.random.choice(("head", "head", "tail", "trailer")))


def _unframed(draft: Draft) -> None:
    draft.headers = [line for line in draft.headers if not line.startswith((b"Content-L", b"Transfer"))]


def _missing(writer: Writer, draft: Draft) -> int:
    return _HEAD_BYTES - len(draft.wire()) + len(draft.body) + writer.random.randint(-40, 20)


def _long_header(writer: Writer, draft: Draft) -> None:
    draft.headers.append(b"X:" + b"x" * _missing(writer, draft))


def _long_target(writer: Writer, draft: Draft) -> None:
    draft.target = b"/other?" + b"x" * _missing(writer, draft)


def _long_blanks(writer: Writer, draft: Draft) -> None:
    draft.headers.append(b"X:" + b" " * _missing(writer, draft) + b"x")


def _long_line_ends(writer: Writer, draft: Draft) -> None:
    draft.start = b"\r\n" * (_missing(writer, draft) // 2)


def _many_headers(writer: Writer, draft: Draft) -> None:
    draft.headers += [b"X:"] * (writer.random.randint(126, 130) - len(draft.headers))


def _long_body(_writer: Writer, draft: Draft) -> None:
    _unframed(draft)
    draft.headers.append(b"Content-Length: %d" % (BODY_BYTES * 20))
    draft.body = b"x" * BODY_BYTES * 20


def _small_chunks(writer: Writer, draft: Draft) -> None:
    _unframed(draft)
    draft.headers.append(b"Transfer-Encoding: chunked")
    extended = b"1;" + b"x" * 200 + b"\r\nx\r\n"  # many that are short would be the same, and h11's time
    draft.body = extended * writer.random.randint(75, 240) + b"0\r\n\r\n"


def _empty_lines(writer: Writer, draft: Draft) -> None:
    _unframed(draft)
    draft.headers.append(b"Transfer-Encoding: chunked")
    draft.body = writer.chunked(b"x\r\n\r\n" * writer.random.randint(MOST_EMPTY_LINES - 8, MOST_EMPTY_LINES + 4))


def _long_extension(writer: Writer, draft: Draft) -> None:
    _unframed(draft)
    draft.headers.append(b"Transfer-Encoding: chunked")
    draft.body = (
        b"0;" + b"x" * (_HEAD_BYTES * writer.random.choice((1, 1, 2, 3)) + writer.random.randint(-40, 40)) + b"\r\n\r\n"
    )


LONG: dict[str, Callable[[Writer, Draft], None]] = {
    "a header": _long_header,
    "a target": _long_target,
    "blanks": _long_blanks,
    "line ends before": _long_line_ends,
    "many headers": _many_headers,
    "a body": _long_body,
    "chunks of a byte": _small_chunks,
    "empty lines": _empty_lines,
    "an extension": _long_extension,
}

_ODDITIES = (
    _odd_start,
    _odd_method,
    *(_odd_target,) * 2,
    _odd_version,
    _preface,
    _odd_blanks,
    *(_odd_header,) * 2,
    _no_host,
    _line_feeds,
    *(_odd_framing,) * 3,
    *(_odd_chunks,) * 2,
)
"""What is read wrongly most often comes most often."""
