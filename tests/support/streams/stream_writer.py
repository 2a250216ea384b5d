"""Writes messages of HTTP/1.1 that any two readers read alike, and notes what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.support.streams import stream_grammar as grammar
from tests.support.streams import stream_odd_grammar as odd

if TYPE_CHECKING:
    from random import Random

__all__ = ["BODIES", "BODY_BYTES", "Draft", "Writer"]

BODY_BYTES = 2048
"""The bound of bodies that streams are made for: smaller than the real one, so that many are near it."""
BODIES = ("text", "text", "a request", "a request", "line ends", "chunks", "nothing", "long")


@dataclass(slots=True)
class Draft:
    """One message while it is written."""

    start: bytes = b""
    method: bytes = b"GET"
    target: bytes = b"/auth/nginx"
    version: bytes = b"HTTP/1.1"
    blank: bytes = b" "
    headers: list[bytes] = field(default_factory=list)
    body: bytes = b""

    def wire(self) -> bytes:
        line = self.blank.join([self.method, self.target, self.version])
        return self.start + b"\r\n".join([line, *self.headers, b"", self.body])


class Writer:
    """Writes one stream, and notes what it took."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.tags: set[str] = set()

    def pick(self, kind: str, table: grammar.Table) -> bytes:
        """An entry of a table."""
        name = self.random.choice(list(table))
        self.tags.add(f"{kind}: {name}")
        return self.random.choice(table[name])

    def good(self) -> Draft:
        """A message that any two readers read alike."""
        random, draft = self.random, Draft(headers=[b"Host: v"])
        draft.method = self.pick("method", grammar.METHODS)
        draft.target = self.pick("target", grammar.TARGETS)
        if draft.target == b"*":
            draft.method = b"OPTIONS"
        if random.random() < 0.8:
            draft.headers.append(self.pick("authorization", grammar.AUTHORIZATIONS))
        draft.headers += [self._header() for _ in range(random.choice((0, 0, 1, 2, 3)))]
        random.shuffle(draft.headers)
        if random.random() < 0.45:
            self.frame(draft, self.content())
        return draft

    def check(self) -> Draft:
        """A check as gateways send it."""
        random = self.random
        draft = Draft(headers=[b"Host: v"], target=random.choice(grammar.PATHS[:6]))
        draft.method = random.choice((b"GET", b"GET", b"GET", b"HEAD", b"POST"))
        if random.random() < 0.9:
            draft.headers.append(random.choice(grammar.AUTHORIZATIONS["a token"]))
        draft.headers += random.sample(grammar.GATEWAYS, random.choice((0, 1, 2, len(grammar.GATEWAYS))))
        random.shuffle(draft.headers)
        return draft

    def _header(self) -> bytes:
        name = self.random.choice(list(grammar.HEADERS))
        if name == "Connection: close" and self.random.random() < 0.7:
            name = "plain"
        self.tags.add(f"header: {name}")
        return self.random.choice(grammar.HEADERS[name])

    def content(self) -> bytes:
        """What a body says: often what could be taken for a request."""
        kind = self.random.choice(BODIES)
        self.tags.add(f"body: {kind}")
        match kind:
            case "a request":
                token = self.random.choice(grammar.AUTHORIZATIONS["a token"])
                return b"GET /auth/forward HTTP/1.1\r\nHost: v\r\n" + token + b"\r\n\r\n"
            case "line ends":
                return b"\r\n" * self.random.randint(1, 3)
            case "chunks":
                return b"5\r\nabcde\r\n0\r\n\r\n"
            case "nothing":
                return b""
            case "long":
                return b"x" * self.random.randint(BODY_BYTES - 2, BODY_BYTES + 2)
            case _:
                return bytes(self.random.choices(b'abc{}"=&\x00\xff', k=self.random.randint(1, 20)))

    def frame(self, draft: Draft, content: bytes) -> None:
        """Announce a body, and write it."""
        if self.random.random() < 0.5:
            self.tags.add("framing: a length")
            draft.headers.append(b"Content-Length: %d" % len(content))
            draft.body = content
        else:
            self.tags.add("framing: chunks")
            draft.headers.append(b"Transfer-Encoding: chunked")
            draft.body = self.chunked(content)

    def chunked(self, content: bytes, *, spoilt: str = "") -> bytes:
        """A body in chunks; one part of one of them may be odd: head, tail, trailer."""
        random = self.random
        places = sorted(
            {0, len(content), *(random.randint(0, len(content)) for _ in range(random.choice((0, 0, 1, 3))))}
        )
        parts = [content[start:end] for start, end in pairwise(places)] + [b""]
        unlucky = random.randrange(len(parts)) if spoilt == "head" else random.randrange(max(1, len(parts) - 1))
        written = b""
        for number, part in enumerate(parts):
            is_spoilt = bool(spoilt) and number == unlucky
            head = self._chunk_head(spoilt=is_spoilt and spoilt == "head").replace(b"%x", b"%x" % len(part))
            written += head.replace(b"%X", b"%X" % len(part)) + b"\r\n"
            if part:
                tail = self.pick("odd chunk tail", odd.CHUNK_TAILS) if is_spoilt and spoilt == "tail" else b"\r\n"
                written += part + tail
        trailers = [self.pick("trailer", grammar.TRAILERS)] if random.random() < 0.3 else []
        if spoilt == "trailer":
            trailers.append(self.pick("odd trailer", odd.TRAILERS))
        return written + b"".join(trailer + b"\r\n" for trailer in trailers) + b"\r\n"

    def _chunk_head(self, *, spoilt: bool) -> bytes:
        if spoilt:
            return self.pick("odd chunk", odd.CHUNK_HEADS)
        return self.pick("chunk", grammar.CHUNK_HEADS)
