"""What the verifier says while its view is too old."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

__all__ = ["Unable"]


class Unable(BaseHTTPRequestHandler):
    """Answers 503 to every GET and POST."""

    def do_GET(self) -> None:
        """As every method."""
        self.send_response(503)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        """As every method."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
