"""Messages of HTTP/1, and what they are made of."""

from __future__ import annotations

from pharia_access.domain.permissions import Permission, Role
from tests.support.verifier.verifier_server import VerifierServer

__all__ = ["AUTH", "CALLER", "END", "FORM", "GOOD", "H2C", "QUESTION", "SMUGGLED", "UP", "chunked", "filled", "message"]

LENGTH = len(VerifierServer().issue().reveal())
GOOD, CALLER = "GOOD".ljust(LENGTH, "_"), "CALLER".ljust(LENGTH, "_")
"""As long as the tokens that are put in their places: no length in a message changes."""
AUTH = f"Authorization: Bearer {GOOD}"
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"
UP = "Connection: Upgrade\r\nUpgrade: x"
FORM = "Content-Type: application/x-www-form-urlencoded"
END = 0
QUESTION = '{"permissions":[]}'
SMUGGLED = f"GET /auth/forward HTTP/1.1\r\nHost: v\r\n{AUTH}\r\n\r\n"


def message(line: str, *headers: str, body: str = "") -> str:
    """A request; GOOD in it stands for a token."""
    announced = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([f"{line} HTTP/1.1", "Host: v", *headers, *announced, "", body])


def chunked(line: str, *headers: str, body: str = "", trailers: tuple[str, ...] = (), extension: str = "") -> str:
    """A request whose body comes in chunks."""
    chunk = f"{len(body):x}{extension}\r\n{body}\r\n" if body else ""
    end = "\r\n".join(["0", *trailers, "", ""])
    return message(line, *headers, "Transfer-Encoding: chunked") + chunk + end


def filled(text: str, server: VerifierServer) -> bytes:
    """The bytes of a message, with real tokens in it."""
    server.index.put_role(Role("introspector", frozenset({"finance"}), (Permission("IntrospectTokens"),)))
    caller = server.issue("resource-server", roles=("introspector",)).reveal()
    return text.replace(CALLER, caller).replace(GOOD, server.issue("good").reveal()).encode("latin-1")
