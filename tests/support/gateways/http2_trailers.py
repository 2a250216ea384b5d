"""A client that speaks HTTP/2 from its first byte and sends headers behind its body (RFC 9113).

Names and values are literals without an index and without Huffman's code (RFC 7541, 6.2.2), shorter than 255 bytes.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tools.gateways.protected_service import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["sent_by_http2"]

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4
_SHORT: Final = 127
"""Of a length: what is longer goes into a second byte."""
_SILENCE_SECONDS: Final = 0.3


def sent_by_http2(port: int, token: str, trailers: Iterable[tuple[str, str]], *, body: bytes, length: bool) -> None:
    """POST with a token, to a gateway on 127.0.0.1; returns when nothing more is answered.

    `length`: whether the head says how long the body is.
    """
    head = [(":method", "POST"), (":scheme", "http"), (":path", "/reports"), (":authority", HOST)]
    head += [("authorization", f"Bearer {token}"), *([("content-length", str(len(body)))] if length else [])]
    frames = [_frame(_SETTINGS, 0, 0, b""), _frame(_HEADERS, _END_HEADERS, 1, _block(head))]
    frames += [_frame(_DATA, 0, 1, body)] if body else []
    frames += [_frame(_HEADERS, _END_HEADERS | _END_STREAM, 1, _block(trailers))]
    with socket.create_connection(("127.0.0.1", port), timeout=_SILENCE_SECONDS) as connection, suppress(OSError):
        connection.sendall(_PREFACE + b"".join(frames))
        while connection.recv(65536):
            pass


def _frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    return struct.pack(">I", len(content))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + content


def _block(fields: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)


def _text(text: str) -> bytes:
    data = text.encode("ascii")
    length = bytes([len(data)]) if len(data) < _SHORT else bytes([_SHORT, len(data) - _SHORT])
    return length + data
