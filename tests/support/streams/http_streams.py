"""Streams of bytes as a client may send them, good and bad, each made from its seed alone.

A stream is well-formed, and then any two readers of HTTP/1.1 agree on it; or it has something odd that somebody could
read in another way (`stream_grammar`); or some bytes of it are changed. Its tags say what went into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from tests.support.streams import stream_grammar as grammar
from tests.support.streams import stream_odd_grammar as odd
from tests.support.streams.stream_oddities import LONG, lengthen, spoil
from tests.support.streams.stream_writer import BODIES, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BY_MESSAGE", "Stream", "all_tags", "cuts", "make_stream"]

BY_MESSAGE = "by message"
_KINDS = {"good": 38, "odd": 29, "changed": 17, "checks": 14, "long": 1, "many": 1}
"""How many of each in a hundred."""
_SHORT = 200
"""Bytes that are worth being fed one by one."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What a client sends over one connection.

    Attributes:
        tags: what went into it, `kind: name`.
        ends: where each message that was written ends, before anything was changed.
        well_formed: nothing is in it that may be read in two ways.
    """

    number: int
    data: bytes
    tags: frozenset[str]
    ends: tuple[int, ...]
    well_formed: bool


def make_stream(number: int) -> Stream:
    """The stream of this number; always the same."""
    random = Random(number)  # noqa: S311 - repeatable
    writer = Writer(random)
    drafts = [writer.good() for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4)))]
    kind = random.choices(list(_KINDS), list(_KINDS.values()))[0]
    if kind == "many":
        drafts = [writer.good() for _ in range(random.randint(15, 20))]
    if kind == "checks":
        drafts = [writer.check() for _ in range(random.choice((1, 2, 2, 3)))]
    if kind == "long":
        lengthen(writer, random.choice(drafts))
    what = random.choice(("nothing", "odd", "changed", "changed")) if kind == "checks" else kind
    for _ in range(random.choice((1, 1, 2))):
        if what == "odd":
            spoil(writer, random.choice(drafts))
    wires = [draft.wire() for draft in drafts]
    data = b"".join(wires)
    for _ in range(random.choice((1, 1, 2, 3))):
        if what == "changed":
            data = _changed(data, random, writer.tags)
    ends = [sum(map(len, wires[: count + 1])) for count in range(len(wires))]
    tags = frozenset({*writer.tags, f"stream: {kind}"})
    return Stream(number, data, tags, tuple(ends), well_formed=what in {"good", "many", "nothing"})


def _changed(data: bytes, random: Random, tags: set[str]) -> bytes:
    name = random.choice(list(_CHANGES))
    tags.add(f"change: {name}")
    return _CHANGES[name](data, random.randrange(len(data) + 1), random)


_SPECIAL = (b"\r", b"\n", b"\x00", b"\r\n", b" ", b"\t", b":", b",", b";", b"0", b"\r\n\r\n", b"\xff", b"#", b"-")

_CHANGES: dict[str, Callable[[bytes, int, Random], bytes]] = {
    "a bit flipped": lambda data, at, random: data[:at] + _flipped(data[at : at + 1], random) + data[at + 1 :],
    "a byte replaced": lambda data, at, random: data[:at] + random.randbytes(1) + data[at + 1 :],
    "a byte inserted": lambda data, at, random: data[:at] + random.randbytes(1) + data[at:],
    "something inserted": lambda data, at, random: data[:at] + random.choice(_SPECIAL) + data[at:],
    "something instead": lambda data, at, random: data[:at] + random.choice(_SPECIAL) + data[at + 1 :],
    "bytes removed": lambda data, at, random: data[:at] + data[at + random.randint(1, 8) :],
    "bytes doubled": lambda data, at, random: data[: at + random.randint(1, 40)] + data[at:],
    "cut off": lambda data, at, _random: data[:at],
    "begun late": lambda data, at, _random: data[at:],
    "spliced": lambda data, at, random: data[:at] + data[random.randrange(len(data) + 1) :],
    "a line lost": lambda data, at, _random: (
        data[: data.rfind(b"\r\n", 0, at) + 2] + data[data.find(b"\r\n", at) + 2 :]
    ),
    "a line end bare": lambda data, at, random: _bare(data, at, random.choice((b"\r", b"\n"))),
}


def _flipped(byte: bytes, random: Random) -> bytes:
    return bytes([byte[0] ^ 1 << random.randrange(8)]) if byte else b""


def _bare(data: bytes, at: int, instead: bytes) -> bytes:
    found = data.find(b"\r\n", at)
    return data if found < 0 else data[:found] + instead + data[found + 2 :]


def cuts(stream: Stream) -> Iterator[tuple[str, list[bytes]]]:
    """The ways in which a stream comes in packets; always the same of the same stream."""
    random, data = Random(stream.number), stream.data  # noqa: S311 - repeatable
    yield "whole", [data] if data else []
    yield "in two", _pieces(data, [random.randint(0, len(data))])
    if random.random() < 0.5:
        yield "in random packets", _pieces(data, [random.randint(0, len(data)) for _ in range(random.randint(2, 10))])
    else:
        yield BY_MESSAGE, _pieces(data, [end for end in stream.ends if end < len(data)])
    if len(data) <= _SHORT:
        yield "byte by byte", [data[at : at + 1] for at in range(len(data))]


def _pieces(data: bytes, places: list[int]) -> list[bytes]:
    return [data[start:end] for start, end in pairwise(sorted({0, len(data), *places}))]


def all_tags() -> frozenset[str]:
    """What a long run must reach."""
    tables = {
        "method": grammar.METHODS,
        "target": grammar.TARGETS,
        "authorization": grammar.AUTHORIZATIONS,
        "header": grammar.HEADERS,
        "chunk": grammar.CHUNK_HEADS,
        "trailer": grammar.TRAILERS,
        "odd start": odd.STARTS,
        "odd method": odd.METHODS,
        "odd target": odd.TARGETS,
        "odd version": odd.VERSIONS,
        "odd header": odd.HEADERS,
        "odd framing": odd.FRAMINGS,
        "odd chunk": odd.CHUNK_HEADS,
        "odd chunk tail": odd.CHUNK_TAILS,
        "odd trailer": odd.TRAILERS,
    }
    named = {f"{kind}: {name}" for kind, table in tables.items() for name in table}
    named |= {f"body: {name}" for name in BODIES} | {f"long: {name}" for name in LONG}
    named |= {f"change: {name}" for name in _CHANGES}
    named |= {
        f"odd line: {name}" for name in ("blanks", "no host", "line feeds alone", "the beginning of HTTP/2's preface")
    }
    named |= {f"framing: {name}" for name in ("a length", "chunks")}
    return frozenset(named | {f"stream: {kind}" for kind in _KINDS})
