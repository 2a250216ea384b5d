"""A verifier behind a proxy: the tunnel, its login, and what a proxy can do wrong."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme

from pharia_access.entrypoints.kubectl.ask_verifier import Verifier, VerifierError, _ask
from tests.support.kubectl.whoami_answers import TOKEN, over_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Proxy:
    """Knows CONNECT alone, and answers it as it is told."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> None:
        self.heads: list[bytes] = []
        self._answer = answer
        self.served: set[asyncio.Task[Any] | None] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.served.add(asyncio.current_task())
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self._answer)
        if b" 200 " not in self._answer:
            writer.close()
            return
        target = urlsplit(f"//{self.heads[-1].split()[1].decode()}")
        inner, outer = await asyncio.open_connection(target.hostname, target.port)
        await asyncio.gather(_copy(reader, outer), _copy(inner, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def listening(proxy: Proxy, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(proxy.serve, "localhost", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait({task for task in proxy.served if task is not None}, timeout=5)
        await asyncio.sleep(0.05)  # for what they closed


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(tmp_path: Path, authority: trustme.CA) -> str:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    return str(tmp_path / "ca.crt")


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without the exception for this machine itself."""
    monkeypatch.setattr("pharia_access.entrypoints.kubectl.ask_verifier.proxy_for", lambda _: None)
    return monkeypatch


def by(proxied: pytest.MonkeyPatch, proxy: str) -> None:
    proxied.setattr("pharia_access.entrypoints.kubectl.ask_verifier.proxy_for", lambda _: proxy)


@pytest.mark.parametrize(
    ("login", "sent"),
    [("", b""), ("anna:a%20word@", b"Proxy-Authorization: Basic YW5uYTphIHdvcmQ=")],
    ids=["no login", "a login"],
)
async def test_the_token_goes_through_a_tunnel_that_the_proxy_cannot_read(
    proxied: pytest.MonkeyPatch, authority: trustme.CA, ca_file: str, login: str, sent: bytes
) -> None:
    proxy = Proxy()
    async with over_tls(authority) as url, listening(proxy) as port:
        by(proxied, f"http://{login}localhost:{port}")
        status, body = await _ask(TOKEN, Verifier(url, ca_file=ca_file, timeout=5))

    assert (status, b"invoice-bot" in body) == (200, True)
    assert proxy.heads[0].startswith(f"CONNECT {urlsplit(url).netloc} HTTP/1.1\r\n".encode())
    assert sent in proxy.heads[0]
    assert TOKEN.reveal().encode() not in b"".join(proxy.heads)


async def test_a_proxy_may_be_spoken_to_in_tls_too(
    proxied: pytest.MonkeyPatch, authority: trustme.CA, ca_file: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    proxied.setenv("SSL_CERT_FILE", ca_file)
    async with over_tls(authority) as url, listening(Proxy(), context) as port:
        by(proxied, f"https://localhost:{port}")
        status, _ = await _ask(TOKEN, Verifier(url, ca_file=ca_file, timeout=5))

    assert status == 200


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"HTTP/1.1 407 Log in\r\nContent-Length: 0\r\n\r\n", "it answered 407", id="no login"),
        pytest.param(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", "it answered 502", id="nobody there"),
        pytest.param(b"no HTTP at all\r\n\r\n", "RemoteProtocolError", id="no proxy"),
    ],
)
async def test_a_proxy_that_does_not_connect_is_told(
    proxied: pytest.MonkeyPatch, authority: trustme.CA, ca_file: str, answer: bytes, why: str
) -> None:
    async with over_tls(authority) as url, listening(Proxy(answer)) as port:
        by(proxied, f"http://localhost:{port}")
        with pytest.raises(VerifierError) as caught:
            await _ask(TOKEN, Verifier(url, ca_file=ca_file, timeout=5))

    assert str(caught.value).startswith(f"The proxy to {url} failed ({why})")
    assert caught.value.__cause__ is caught.value.__context__ is None


async def test_behind_a_proxy_the_verifiers_certificate_must_be_trusted(
    proxied: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with over_tls(authority) as url, listening(Proxy()) as port:
        by(proxied, f"http://localhost:{port}")
        with pytest.raises(VerifierError, match="is not trusted"):
            await _ask(TOKEN, Verifier(url, timeout=5))
