"""One GET to a verifier, straight or by way of a proxy. Nothing that an error holds shows what was sent."""

import asyncio
import base64
import ssl
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from pharia_access.errors import AccessError
from pharia_access.kube.administration.http_connection import HttpConnection
from pharia_access.kube.errors import LibraryError

__all__ = ["ProxyError", "get"]

_PORTS: Final = {"http": 80, "https": 443}
_SAFE: Final = "/%:@!$&'()*+,;=~"
_NEXT_ADDRESS_SECONDS: Final = 0.25


class ProxyError(AccessError):
    """The proxy cannot be reached, or refused to connect; the text is what happened."""


async def get(
    url: SplitResult, headers: Mapping[str, str], *, tls: ssl.SSLContext | None, proxy: str | None, most_bytes: int
) -> tuple[int, bytes]:
    """Return the status and the body, cut after `most_bytes`. Raises OSError, LibraryError, ProxyError.

    `tls`: how to trust the server of an https URL; None for http.

    A redirection is not followed: the headers would go where nobody sent them.
    """
    connection = await _connect(url, tls) if proxy is None else await _by_proxy(url, urlsplit(proxy), tls)
    try:
        path = quote(url.path, safe=_SAFE) or "/"
        whole = proxy is not None and url.scheme == "http"
        target = f"http://{_authority(url)}{path}" if whole else path
        sent = {"Host": _authority(url), **headers, "Connection": "close"}
        if whole and proxy is not None:
            sent |= _proxy_login(urlsplit(proxy))
        answer = await connection.exchange("GET", target, sent)
        return answer.status, await _body(connection, most_bytes)
    finally:
        connection.close()


async def _body(connection: HttpConnection, most_bytes: int) -> bytes:
    body = bytearray()
    async with aclosing(connection.chunks()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > most_bytes:
                break
    return bytes(body)


async def _connect(url: SplitResult, tls: ssl.SSLContext | None) -> HttpConnection:
    host, port = _host(url), url.port or _PORTS[url.scheme]
    return HttpConnection(
        *await asyncio.open_connection(host, port, ssl=tls, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS)
    )


async def _by_proxy(url: SplitResult, proxy: SplitResult, tls: ssl.SSLContext | None) -> HttpConnection:
    with _as_proxy_error():
        connection = await _connect(proxy, ssl.create_default_context() if proxy.scheme == "https" else None)
    try:
        if tls is not None:
            await _tunnel(connection, url, proxy)
            await connection.start_tls(tls, _host(url))
    except BaseException:
        connection.close()
        raise
    return connection


async def _tunnel(connection: HttpConnection, url: SplitResult, proxy: SplitResult) -> None:
    target = f"{_bracketed(_host(url))}:{url.port or _PORTS[url.scheme]}"
    with _as_proxy_error():
        answer = await connection.exchange("CONNECT", target, {"Host": target, **_proxy_login(proxy)})
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        why = f"it answered {answer.status}"
        raise ProxyError(why)


@contextmanager
def _as_proxy_error() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise
    except (OSError, LibraryError) as error:
        why = type(error.__cause__ or error).__name__
        raise ProxyError(why) from None


def _proxy_login(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(login).decode()}"}


def _authority(url: SplitResult) -> str:
    host = _bracketed(_host(url))
    return host if url.port in {None, _PORTS[url.scheme]} else f"{host}:{url.port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _host(url: SplitResult) -> str:
    return (url.hostname or "").encode("idna").decode()
