"""Another program on this machine that serves pages to the same browser: what it is sent is written down."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HostileSite", "hostile_site"]


@dataclass(slots=True)
class HostileSite:
    """A server on a loopback port of its own.

    Attributes:
        pages: what it answers, by path; other paths are answered with nothing.
        received: path and Cookie header of each request.
    """

    url: str
    pages: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def hostile_site() -> Iterator[HostileSite]:
    """One that serves until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.received.append((self.path, self.headers.get("Cookie", "")))
            body = site.pages.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the library's signature
            """Nothing: what matters is in `received`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site = HostileSite(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield site
        finally:
            server.shutdown()
