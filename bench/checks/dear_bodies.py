"""Requests that cost a verifier much, one after the other: `python -m bench.checks.dear_bodies`, beside `flood_bodies`.

One process, so many connections, each with one request under way at all times.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from typing import TYPE_CHECKING

from bench.checks.one_client import options_of_others

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KINDS", "MANY", "ONE", "timed"]

ONE, MANY = "one", "many"
"""Credentials that hold 2,048 permissions of one name, with one field each, or with 16."""
_FORM = "content-type: application/x-www-form-urlencoded\r\n"


def _asked(entries: list[dict[str, str]]) -> bytes:
    return json.dumps({"permissions": entries}, separators=(",", ":")).encode()


def _post(path: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer TOKEN\r\n{more}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer TOKEN\r\n\r\n".encode()


def _wide(number: int) -> dict[str, str]:
    return {"permission": "AccessModel", **{f"f{field}": f"x{number}" for field in range(15)}}


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "256 asked, one field": (
        ONE,
        lambda: _post("/check_user", _asked([{"permission": "AccessModel", "model": f"x{n}"} for n in range(256)])),
    ),
    "256 asked, 15 fields": (MANY, lambda: _post("/check_user", _asked([_wide(n) for n in range(256)]))),
    "256 asked, 64 KiB": (
        ONE,
        lambda: _post(
            "/check_user", _asked([{"permission": "AccessModel", "model": f"{n:0>200}"} for n in range(256)])
        ),
    ),
    "one entry of 5,000 fields": (
        ONE,
        lambda: _post("/check_user", _asked([{"permission": "A", **{f"{n:x}": "b" for n in range(5000)}}])),
    ),
    "20,000 empty entries": (ONE, lambda: _post("/check_user", b'{"permissions":[' + b"{}," * 20_000 + b"{}]}")),
    "a form of escapes": (ONE, lambda: _post("/oauth2/introspect", b"token=" + b"%41" * 21_000, _FORM)),
    "whoami of 2,048 permissions": (ONE, lambda: _get("/whoami")),
    "whoami of 2,048 permissions of 16 fields": (MANY, lambda: _get("/whoami")),
    "16 parts of a requirement": (
        MANY,
        lambda: _get("/auth/nginx?satisfy=any&" + "&".join([f"permission=AccessModel;f0=x{n}" for n in range(15)])),
    ),
}
"""Whose token is used, and what is sent with it."""


def _whole(received: bytearray) -> bool:
    head, end, rest = bytes(received[:1024]).partition(b"\r\n\r\n")
    if not end:
        return False
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(received) - len(head) - len(end) >= length and bool(rest or not length)


def _play(request: bytes, count: int, port: int) -> None:
    selector = selectors.DefaultSelector()
    for _ in range(count):
        opened = socket.create_connection(("127.0.0.1", port), timeout=60)
        opened.sendall(request)
        selector.register(opened, selectors.EVENT_READ, (opened, bytearray()))
    while True:
        for key, _ in selector.select():
            connection, received = key.data
            got = connection.recv(1 << 18)
            assert got, "the verifier closed the connection"
            received += got
            if _whole(received):
                received.clear()
                connection.sendall(request)


def timed(request: bytes, port: int, *, seconds: float) -> list[float]:
    """How long each took, in seconds, one after the other for so long; at least one."""
    times, end = list[float](), time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=60) as opened:
        while not times or time.monotonic() < end:
            began, received = time.perf_counter(), bytearray()
            opened.sendall(request)
            while not _whole(received):
                got = opened.recv(1 << 18)
                assert got, "the verifier closed the connection"
                received += got
            times.append(time.perf_counter() - began)
    return times


def main() -> None:
    """Until killed."""
    options = options_of_others(KINDS)
    _, make = KINDS[options.kind]
    _play(make().replace(b"TOKEN", options.token.encode()), options.count, options.port)


if __name__ == "__main__":
    main()
