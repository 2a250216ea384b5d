"""A browser without a window: it asks an ASGI application, keeps the cookie, and sends the Origin as browsers do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from tests.support.console.documents import Document, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp, Message

__all__ = ["BASE", "FORM", "HOST", "Browser", "Received", "asked"]

HOST = "127.0.0.1:8123"
BASE = "/Z2l2ZW4gZm9yIHRlc3Rz4"
FORM = "application/x-www-form-urlencoded"

Fields = "Sequence[tuple[str, str]] | Mapping[str, str]"


@dataclass(frozen=True, slots=True)
class Received:
    """An answer; `at`: the path of the page that it is."""

    status: int
    headers: list[tuple[str, str]]
    text: str
    at: str = ""

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each == name), "")

    @property
    def document(self) -> Document:
        return read_document(self.text, self.at)

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        return json.loads(self.text)


@dataclass(slots=True)
class Browser:
    """It follows what it is redirected to.

    Attributes:
        at: the path of the page that it shows.
        host: the console's, and `base` its random path.
        seen: the text and the headers of all that it ever got.
    """

    app: ASGIApp
    cookie: str = ""
    at: str = ""
    host: str = HOST
    base: str = BASE
    seen: list[str] = field(default_factory=list)

    async def get(self, path: str) -> Received:
        """Go to that address below the base."""
        return await self._follow("GET", f"{self.base}{path}")

    async def post(self, path: str, fields: Fields) -> Received:  # type: ignore[valid-type]
        """Send a form to that address."""
        return await self._follow("POST", f"{self.base}{path}", urlencode(fields).encode())

    async def submit(self, shown: Received, form: str, *changed: tuple[str, str]) -> Received:
        """Send a form of the page that is shown, with other values for some fields."""
        found = shown.document.forms[form]
        names = {name for name, _ in changed}
        fields = [pair for pair in found.fields if pair[0] not in names] + list(changed)
        target = found.action or shown.at
        if found.method == "get":
            return await self._follow("GET", f"{urlsplit(target).path}?{urlencode(fields)}")
        return await self._follow("POST", target, urlencode(fields).encode())

    async def fetch(self, path: str, fields: Fields = ()) -> Received:  # type: ignore[valid-type]
        """Ask as our script does."""
        headers = {"x-pharia-access-console": "script"}
        return await self.send("POST", f"{self.base}{path}", urlencode(fields).encode(), headers)

    async def _follow(self, method: str, target: str, body: bytes = b"") -> Received:
        received = await self.send(method, target, body)
        self.at = target
        while received.status == 303:
            self.at = received.header("location")
            received = await self.send("GET", self.at)
        return replace(received, at=self.at)

    async def send(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Received:
        """One request; `headers` stand for those that a browser would send."""
        usual = {"host": self.host, **({"cookie": self.cookie} if self.cookie else {})}
        if method == "POST":
            usual |= {"origin": f"http://{self.host}", "sec-fetch-site": "same-origin", "content-type": FORM}
        wanted = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
        received = await asked(self.app, method, target, body, list(wanted.items()))
        self.seen += [received.text, *map(str, received.headers)]
        for name, morsel in SimpleCookie(received.header("set-cookie")).items():
            self.cookie = f"{name}={morsel.value}" if morsel.value else ""
        return received


async def asked(
    app: ASGIApp, method: str, target: str, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()
) -> Received:
    """Send one request as a server would hand it over."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "root_path": "",
        "scheme": "http",
        "server": ("127.0.0.1", 8123),
        "http_version": "1.1",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    named = [(name.decode(), value.decode()) for name, value in start["headers"]]
    return Received(start["status"], named, b"".join(part.get("body", b"") for part in sent[1:]).decode())
