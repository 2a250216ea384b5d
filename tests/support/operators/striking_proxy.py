"""A way to the API server that can end the operator at a chosen write: TLS behind, and in front if it is asked for.

Owns one thread with an event loop. Adds nothing to a request: the client's own bearer token signs it in.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from yarl import URL

    from tools.control_plane.pki import Pem

__all__ = ["Proxy", "Strike", "Write"]

_HOP_BY_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})
_READS = frozenset({"GET", "HEAD"})
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Write:
    """A request that may change something."""

    method: str
    path: str
    status: int
    dry: bool
    """A dry run, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Strike:
    """At the first request that fits, or a later one, call `blow`: before the API server hears of it or after it.

    Either way the client gets no answer. `path` is a regular expression for the whole path.
    """

    method: str
    path: str
    when: Literal["before", "after"]
    blow: Callable[[], None]
    spared: int = 0
    """How many that fit pass before it."""

    def fits(self, request: web.BaseRequest) -> bool:
        """Whether this is the request to strike at."""
        meant = request.method == self.method and "dryRun" not in request.query
        return meant and re.fullmatch(self.path, request.path) is not None


class Proxy:
    """Serves at `url` within a `with` block."""

    def __init__(self, server_url: str, ca_file: Path, *, serves_as: Pem | None = None) -> None:
        """`serves_as`: the certificate to serve TLS with, without which kubectl sends no login."""
        self.url = ""
        self._serves_as = serves_as
        self.writes: list[Write] = []
        self.struck = threading.Event()
        self.refused: dict[str, int] = {}
        """What the API server is not asked: the status to answer with, by path."""
        self.slow: dict[str, float] = {}
        """How many seconds an answer is held back, by what its path contains."""
        self.watch_from = ""
        """The resourceVersion that watches are made to begin at, in place of their own."""
        self._server_url = server_url
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._strike: Strike | None = None
        self._spared = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._session: aiohttp.ClientSession
        self._runner: web.ServerRunner

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait_for(asyncio.run_coroutine_threadsafe(self._start(), self._loop))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait_for(asyncio.run_coroutine_threadsafe(self._stop(), self._loop))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_SECONDS)
        self._loop.close()

    def arm(self, strike: Strike) -> None:
        """Strike once, from now on; `struck` tells when it has happened."""
        self.struck.clear()
        self._strike, self._spared = strike, strike.spared

    def disarm(self) -> None:
        """Let everything pass again."""
        self._strike = None

    async def _start(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, auto_decompress=False, skip_auto_headers=("Content-Type",)
        )
        server = web.Server(self._serve, access_log=None, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await self._runner.setup()
        tls = None if self._serves_as is None else _server_tls(self._serves_as)
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls).start()
        port: int = self._runner.addresses[0][1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()
        await asyncio.sleep(0.1)  # aiohttp closes TLS connections a little later

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path in self.refused:
            return web.json_response({"kind": "Status"}, status=self.refused[request.path])
        body = await request.read()
        await asyncio.sleep(max((seconds for part, seconds in self.slow.items() if part in request.path), default=0.0))
        strike = self._strike if self._strike is not None and self._strike.fits(request) else None
        if strike is not None and self._spared:
            self._spared, strike = self._spared - 1, None
        if strike is not None and strike.when == "before":
            return self._hit(strike, request)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        timeout = aiohttp.ClientTimeout(total=None)
        url = f"{self._server_url}{self._target(request)}"
        async with self._session.request(
            request.method, url, headers=headers, data=body or None, timeout=timeout
        ) as answer:
            if request.method not in _READS:
                self.writes.append(Write(request.method, request.path, answer.status, "dryRun" in request.query))
            if strike is not None:
                await answer.read()
                return self._hit(strike, request)
            return await _pass_on(request, answer)

    def _target(self, request: web.BaseRequest) -> URL:
        if self.watch_from and "watch" in request.query:
            return request.rel_url.update_query(resourceVersion=self.watch_from)
        return request.rel_url

    def _hit(self, strike: Strike, request: web.BaseRequest) -> web.StreamResponse:
        self._strike = None
        strike.blow()
        self.struck.set()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)

    @staticmethod
    def _wait_for(future: Future[None]) -> None:
        future.result(_START_SECONDS)


def _server_tls(pem: Pem) -> ssl.SSLContext:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem.certificate, pem.key)
    return tls


async def _pass_on(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
    response = web.StreamResponse(status=answer.status, headers=headers)
    with suppress(ConnectionResetError):  # the client is dead, as was intended
        await response.prepare(request)
        async for chunk in answer.content.iter_any():  # piece by piece: a watch never ends
            await response.write(chunk)
        await response.write_eof()
    return response
