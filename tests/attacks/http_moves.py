"""Moves over HTTP as data: which protocol, whose token, in which shape, and what the gateway requires.

Sent over a socket of our own, since clients refuse to send half of it.
"""

from __future__ import annotations

import itertools
import json
import socket
import ssl
import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pharia_access.domain.token import _base62
from tests.attacks.attackers import BOSS
from tests.attacks.furnished_namespaces import CREDENTIALS, DEAD, MINTED, SLEEPING
from tests.attacks.reviews import answered
from tests.attacks.targets import TARGETS
from tests.support.verifier.verifier_server import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.attacks.furnished_namespaces import Place

__all__ = ["PROTOCOLS", "SHAPES", "Check", "Exchange", "Front", "checks", "exchanged", "targets_tried"]


@dataclass(frozen=True, slots=True)
class Check:
    """One question, and whether it was answered with yes.

    Attributes:
        dead: the token is at its end, or suspended; unmet: it lacks what was required; forged: it is no token's text.
    """

    what: str
    accepted: bool
    dead: bool = False
    unmet: bool = False
    forged: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {'accepted' if self.accepted else 'refused'}"


@dataclass(frozen=True, slots=True)
class Front:
    """Where a verifier is asked.

    Attributes:
        tls: how to shake hands; None for plain HTTP.
        caller: the text of a token that may introspect.
        review: the TokenReview port, and how an API server shakes hands there; None where there is none.
    """

    port: int
    caller: str
    tls: ssl.SSLContext | None = None
    review: tuple[int, ssl.SSLContext] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """An answer: its status, 0 where none came; its body; and all that came behind it."""

    status: int = 0
    body: bytes = b""
    after: bytes = b""


def exchanged(
    front: Front, target: str, *lines: str, method: str = "GET", body: str = "", packets: int = 1
) -> Exchange:
    """Send just this, byte for byte, head and body in so many packets, and read all that is answered."""
    length = [f"Content-Length: {len(body)}"] if body else []
    close = [] if any(line.startswith("Connection:") for line in lines) else ["Connection: close"]
    head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: v", *close, *lines, *length, "", ""])
    sent = [head + body] if packets == 1 else [head, *_cut(body, packets - 1)]
    try:
        with socket.create_connection(("127.0.0.1", front.port), timeout=30) as plain:
            if front.tls is None:
                return _answer(plain, sent)
            with front.tls.wrap_socket(plain, server_hostname="127.0.0.1") as secret:
                return _answer(secret, sent)
    except OSError:
        return Exchange()


def _cut(body: str, parts: int) -> list[str]:
    size = len(body) // parts + 1
    return [body[at : at + size] for at in range(0, len(body), size)]


def _answer(connection: socket.socket, sent: list[str]) -> Exchange:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number, part in enumerate(sent):
        time.sleep(_BETWEEN_PACKETS if number else 0)
        connection.sendall(part.encode("latin-1"))
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    if not received:
        return Exchange()
    reply, (_, _, rest) = Reply.read(received), received.partition(b"\r\n\r\n")
    return Exchange(reply.status, reply.body, rest[len(reply.body) :])


def _bearer(text: str) -> str:
    return f"Authorization: Bearer {text}"


def _gateway(path: str) -> Callable[[Front, str], bool]:
    return lambda front, text: exchanged(front, path, _bearer(text)).status == _OK


def _check_user(front: Front, text: str) -> bool:
    return exchanged(front, "/check_user", _bearer(text), method="POST", body='{"permissions":[]}').status == _OK


def _introspected(front: Front, text: str) -> bool:
    form = "Content-Type: application/x-www-form-urlencoded"
    reply = exchanged(
        front, "/oauth2/introspect", _bearer(front.caller), form, method="POST", body=f"token={_quoted(text)}"
    )
    return reply.status == _OK and json.loads(reply.body)["active"] is True


def _introspects(front: Front, text: str) -> bool:
    form = "Content-Type: application/x-www-form-urlencoded"
    reply = exchanged(front, "/oauth2/introspect", _bearer(text), form, method="POST", body=f"token={_quoted(text)}")
    return reply.status == _OK


def _reviewed(front: Front, text: str) -> bool:
    if front.review is None:
        return False
    status = answered(*front.review, text)
    return bool(status and status["authenticated"])


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode("latin-1"))


_OK: Final = 200
_BETWEEN_PACKETS: Final = 0.05
"""Seconds: so that they arrive as two."""
PROTOCOLS: Final[dict[str, Callable[[Front, str], bool]]] = {
    "nginx": _gateway("/auth/nginx"),
    "forward": _gateway("/auth/forward"),
    "envoy": _gateway("/auth/envoy/any/-/v1/models"),
    "check_user": _check_user,
    "whoami": _gateway("/whoami"),
    "introspected": _introspected,
    "introspects": _introspects,
    "reviewed": _reviewed,
}
"""Each answers whether it said yes."""
_PRIVILEGED: Final = ("introspects", "reviewed")
"""These want a permission that only BOSS holds."""


def _again(body: str) -> str:
    """With a checksum that fits."""
    return body + _base62(zlib.crc32(body.encode("ascii")), 6)


def _swapped(text: str, other: str) -> str:
    """The other's ID, with one's own secret."""
    prefix, _, secret = text.split("_")
    return _again(f"{prefix}_{other.split('_')[1]}_{secret[:-6]}")


SHAPES: Final[dict[str, Callable[[str, str], str]]] = {
    "as it is": lambda text, _: text,
    "without its last character": lambda text, _: text[:-1],
    "without its checksum": lambda text, _: text[:-6],
    "without its first character": lambda text, _: text[1:],
    "with one more": lambda text, _: text + "0",
    "in capitals": lambda text, _: text.upper(),
    "another prefix": lambda text, _: _again(f"other_{text.split('_', 1)[1][:-6]}"),
    "another secret": lambda text, _: _again(
        f"{text[:-8]}{'0' if text[-8] != '0' else '1'}{text[-7]}"[: len(text) - 6]
    ),
    "of another's ID": _swapped,
    "its ID alone": lambda text, _: text.rsplit("_", 1)[0],
    "twice": lambda text, _: text + text,
    "with a comma": lambda text, other: f"{text},{other}",
    "and another in one field": lambda text, other: f"{text}, Bearer {other}",
    "and another field": lambda text, other: f"{text}\r\nAuthorization: Bearer {other}",
    "after the scheme twice": lambda text, _: f"Bearer {text}",
    "with a byte of no ASCII": lambda text, _: text + "\xa0",
    "with NUL": lambda text, _: text + "\0",
    "folded": lambda text, _: f"{text[:30]}\r\n {text[30:]}",
    "encoded": lambda text, _: _quoted(text),
}
"""Shapes in which a token is presented, of its text and another's."""


def checks(front: Front, place: Place, shapes: Iterable[str] = SHAPES) -> Iterator[Check]:
    """Every token of a place, by every protocol, in every shape, or in these."""
    for (protocol, asked), name, shape in itertools.product(PROTOCOLS.items(), MINTED, shapes):
        other = place.texts["victims" if name == "own" else "own"]
        held = BOSS in CREDENTIALS[MINTED[name]]["roles"]
        yield Check(
            f"{protocol}: the token {name!r} {shape}",
            accepted=asked(front, SHAPES[shape](place.texts[name], other)),
            dead=name in {*DEAD, SLEEPING},
            unmet=protocol in _PRIVILEGED and not held,
            forged=shape != "as it is",
        )


def targets_tried(front: Front, place: Place) -> Iterator[Check]:
    """Every requirement that READER does not meet."""
    for target in TARGETS:
        reply = exchanged(front, target, _bearer(place.texts["own"]))
        yield Check(f"{target!r}", accepted=reply.status == _OK, unmet=True)
