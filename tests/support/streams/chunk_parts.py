"""The parts of a body in chunks, as h11 sees them: needed to say what is odd in one, and to show h11 another form."""

from __future__ import annotations

import re

__all__ = ["chunk_heads_and_trailers", "without_zeros"]

_HEAD = re.compile(rb"(?P<zeros>0*)(?P<size>[0-9A-Fa-f]+)(?P<rest>[^\r\n0-9A-Fa-f](?:(?!\r\n).)*)?\r\n", re.DOTALL)


def chunk_heads_and_trailers(body: bytes) -> tuple[list[bytes], bytes]:
    """The lines before chunks without their ends, and what comes behind the last chunk; as far as they can be told."""
    heads, at = [], 0
    while (found := _HEAD.match(body, at)) is not None:
        heads.append(found[0][:-2])
        size = min(int(found["size"], 16), len(body))
        if not size:
            return heads, body[found.end() :]
        at = found.end() + size + 2
    return [*heads, body[at:].partition(b"\r\n")[0]], b""


def without_zeros(body: bytes) -> bytes:
    """The same body, each size of a chunk without the zeros before it."""
    changed, at = b"", 0
    while (found := _HEAD.match(body, at)) is not None:
        size = min(int(found["size"], 16), len(body))
        end = found.end() + (size + 2 if size else 0)
        changed += body[found.start("size") : end]
        at = end
        if not size:
            break
    return changed + body[at:]
