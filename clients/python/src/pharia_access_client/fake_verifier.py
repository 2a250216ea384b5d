"""A verifier for tests: it knows the tokens that a test issues, and answers as the real one does.

It listens on a port of 127.0.0.1 and so serves whatever is tested: the middleware in the test's own process, or vLLM
and LiteLLM in others. The project holds its answers to the real verifier's by a table of requests.
"""

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

from pharia_access_client.credentials import Token, read_token
from pharia_access_client.requirements import Permission, Requirement
from pharia_access_client.verdicts import Refused

__all__ = ["FakeToken", "FakeVerifier"]

_EXPIRES = "2099-01-01T00:00:00Z"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_MOST_ASKED = 256
_MOST_TOKEN = 256
_INVALID = {"error": "unauthenticated", "error_description": "Invalid token"}


@dataclass(frozen=True, slots=True)
class FakeToken:
    """What a test issued; `text` is shown in no `repr`."""

    secret: Token
    token_id: str
    subject: str
    credential: str
    roles: tuple[str, ...]
    permissions: tuple[Permission, ...]

    @property
    def text(self) -> str:
        """The token, as a client sends it."""
        return self.secret.reveal()

    @property
    def headers(self) -> dict[str, str]:
        """The header that a client sends."""
        return {"Authorization": f"Bearer {self.text}"}

    def meets(self, requirement: Requirement) -> bool:
        """Tell whether the token's credential has what is required."""
        answers = [name in self.roles for name in requirement.roles]
        answers += [self.grants(each) for each in requirement.permissions]
        return not answers or (any(answers) if requirement.any_of else all(answers))

    def grants(self, asked: Permission) -> bool:
        """Tell whether one of its permissions grants the asked one."""
        return any(_grants(held, asked) for held in self.permissions)


class FakeVerifier:
    """A running fake; `with FakeVerifier() as verifier` starts and stops it.

    Attributes:
        failing: a status that all checks are answered with instead, such as 503; None to answer.
        asked: method and target of each check so far.
    """

    def __init__(self) -> None:
        self.failing: int | None = None
        self.asked: list[tuple[str, str]] = []
        self._tokens: dict[str, FakeToken] = {}
        self._running: tuple[ThreadingHTTPServer, threading.Thread] | None = None

    @property
    def url(self) -> str:
        """Where it is asked."""
        if self._running is None:
            msg = "the fake verifier does not run: use it by `with`"
            raise RuntimeError(msg)
        return f"http://127.0.0.1:{self._running[0].server_address[1]}"

    def issue(
        self,
        credential: str = "finance/invoice-bot",
        *,
        roles: Sequence[str] = (),
        permissions: Sequence[Mapping[str, str]] = (),
    ) -> FakeToken:
        """Make a good token.

        A permission is written as in `/check_user`: `{"permission": "AccessModel", "model": "*"}`.
        """
        token_id = "".join(secrets.choice(_BASE32) for _ in range(16))
        text = Token(f"fake_{token_id}_{secrets.token_hex(24)}0")
        granted = tuple(_permission(each) for each in permissions)
        token = FakeToken(text, token_id, str(uuid4()), credential, tuple(roles), granted)
        self._tokens[token.text] = token
        return token

    def revoke(self, token: FakeToken) -> None:
        """Make a token bad, whatever a real one would be refused for."""
        self._tokens.pop(token.text, None)

    def known(self, text: str) -> FakeToken | None:
        """Return the good token with this text."""
        return self._tokens.get(text) if len(text) <= _MOST_TOKEN else None

    def __enter__(self) -> Self:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self._running = server, thread
        return self

    def __exit__(self, *_: object) -> None:
        if self._running is not None:
            server, thread = self._running
            server.shutdown()
            server.server_close()
            thread.join()
            self._running = None


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    verifier: FakeVerifier

    def handle_one_request(self) -> None:
        """Serve every method alike: `/auth/forward` is asked by any."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.verifier.asked.append((self.command, self.path))
        if self.verifier.failing is not None:
            self._tell(self.verifier.failing, {"Retry-After": "1"})
            return
        self._answer(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Say nothing: a test's output is its own."""

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        match path, self.command:
            case "/auth/forward", _:
                self._forward(query)
            case "/check_user", "POST":
                self._check_user(body)
            case "/check_user", _:
                self._tell(405, {"Allow": "POST"})
            case _:
                self._tell(404, body={"error": "not_found"})

    def _forward(self, query: str) -> None:
        token = self._token()
        if isinstance(token, Refused):
            self._refuse(token)
        elif _meets(token, query):
            self._tell(200, _identity(token))
        else:
            self._refuse(Refused.insufficient())

    def _check_user(self, body: bytes) -> None:
        token = self._token()
        if isinstance(token, Refused):
            self._tell(401, {"WWW-Authenticate": token.challenge or ""}, _INVALID)
            return
        asked = _asked(body)
        if asked is None:
            self._tell(422, body={"error": "invalid_request", "error_description": "the body cannot be understood"})
            return
        held = [each.as_json() for each in asked if token.grants(each)]
        told = {"sub": token.subject, "email": None, "email_verified": None, "permissions": held}
        self._tell(200, body=told)

    def _token(self) -> FakeToken | Refused:
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        text = read_token(pairs)
        if isinstance(text, Refused):
            return text
        return self.verifier.known(text.reveal()) or Refused.bad_token()

    def _refuse(self, refused: Refused) -> None:
        self._tell(refused.status, {"WWW-Authenticate": refused.challenge or ""})

    def _tell(self, status: int, headers: Mapping[str, str] | None = None, body: object = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        told = {
            "Cache-Control": "no-store",
            **({"Content-Type": "application/json"} if content else {}),
            **(headers or {}),
        }
        for name, value in {**told, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _handler(verifier: FakeVerifier) -> type[_Handler]:
    return type("Handler", (_Handler,), {"verifier": verifier})


def _meets(token: FakeToken, query: str) -> bool:
    try:
        return token.meets(Requirement.parse(query))
    except ValueError:
        return False


def _identity(token: FakeToken) -> dict[str, str]:
    return {
        "X-Auth-Subject": token.subject,
        "X-Auth-Credential": token.credential,
        "X-Auth-Token-Id": token.token_id,
        "X-Auth-Roles": ",".join(token.roles) or "-",
        "X-Auth-Expires": _EXPIRES,
    }


def _asked(body: bytes) -> tuple[Permission, ...] | None:
    try:
        told: Any = json.loads(body)
        asked = tuple(_permission(each) for each in told["permissions"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return asked if len(asked) <= _MOST_ASKED else None


def _permission(told: Mapping[str, Any]) -> Permission:
    fields = {key: value for key, value in told.items() if value is not None}
    if not all(isinstance(value, str) for value in fields.values()):
        msg = "a permission's fields are texts"
        raise TypeError(msg)
    return Permission(fields.pop("permission"), tuple(fields.items()))


def _grants(held: Permission, asked: Permission) -> bool:
    holds = dict(held.fields)
    wants = dict(asked.fields)
    return (
        held.name == asked.name
        and wants.keys() <= holds.keys()
        and all(value in {"*", wants.get(key)} for key, value in holds.items())
    )
