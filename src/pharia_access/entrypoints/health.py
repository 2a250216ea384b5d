"""The small HTTP server beside the work: /healthz, /readyz and /metrics, for the kubelet and for Prometheus.

Decides nothing: what is wrong comes as sentences from the callers. Says nothing about itself.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from pharia_access.entrypoints.few_connections import FewConnections

__all__ = ["HealthServer"]

log = logging.getLogger(__name__)

_PLAIN: Final = "text/plain; charset=utf-8"
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
# Prometheus and the kubelet send short requests without a body, one at a time.
_LONGEST_LINE: Final = 2048
_MOST_CONNECTIONS: Final = 64
_BACKLOG: Final = 128
_IDLE_SECONDS: Final = 5.0
_BODY_SECONDS: Final = 1.0
_SHUTDOWN_SECONDS: Final = 1.0


class HealthServer:
    """Serves from `start` to `stop`, in the event loop that starts it.

    Args:
        host: the address to listen on; `::` is every address, of IPv4 too.
        port: the port; 0 takes any free one.
        live: what is so wrong that a restart would help, a sentence each.
        ready: what is missing before the process does its work, a sentence each.
        metrics: everything in Prometheus' text format, version 0.0.4.
        idle_seconds: how long a connection may take for a request's head, and stay without a next one.
    """

    def __init__(  # noqa: PLR0913 - settings and callbacks, by keyword
        self,
        host: str,
        port: int,
        *,
        live: Callable[[], Sequence[str]],
        ready: Callable[[], Sequence[str]],
        metrics: Callable[[], bytes],
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._live = live
        self._ready = ready
        self._metrics = metrics
        self._idle_seconds = idle_seconds
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; before the start, the one that was asked for."""
        if self._listener is None:
            return self._wanted_port
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Begin to listen. Raises OSError where the address is taken."""
        application = web.Application(client_max_size=_LONGEST_LINE)
        application.on_response_prepare.append(_say_nothing_of_ourselves)
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/readyz", self._readyz)
        application.router.add_get("/metrics", self._render)
        self._runner = web.AppRunner(
            application,
            access_log=None,
            logger=log,
            handle_signals=False,
            keepalive_timeout=self._idle_seconds,  # counts from the connection on, whatever has come of a head
            lingering_time=_BODY_SECONDS,
            max_line_size=_LONGEST_LINE,
            max_field_size=_LONGEST_LINE,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await self._runner.setup()
        try:
            self._listener = await self._listen(self._runner)
        except OSError:
            await self.stop()
            raise

    async def _listen(self, runner: web.AppRunner) -> asyncio.Server:
        """Raises OSError."""
        if runner.server is None:
            msg = "the application was not set up"
            raise RuntimeError(msg)
        protocols = FewConnections(runner.server, most=_MOST_CONNECTIONS)
        loop = asyncio.get_running_loop()
        if ":" not in self._host:
            return await loop.create_server(
                protocols, self._host, self._wanted_port, backlog=_BACKLOG, reuse_address=True
            )
        # An event loop's own would take IPv6 alone, and a kubelet asks by the pod's first address.
        bound = _of_both_families(self._host, self._wanted_port)
        return await loop.create_server(protocols, sock=bound, backlog=_BACKLOG)

    async def stop(self) -> None:
        """Stop listening and end open connections, within about a second."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        return _verdict(self._live())

    async def _readyz(self, _: web.Request) -> web.Response:
        return _verdict(self._ready())

    async def _render(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics(), headers={"Content-Type": _PROMETHEUS})


def _of_both_families(host: str, port: int) -> socket.socket:
    """A bound socket of IPv6, whose `::` takes IPv4 too. Raises OSError."""
    bound = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether it is no mistake of a client, of which the library tells with a traceback for each: they fill a log."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


log.addFilter(_is_ours)


def _verdict(problems: Sequence[str]) -> web.Response:
    text = "\n".join(problems) if problems else "ok"
    headers = {"Content-Type": _PLAIN, "Cache-Control": "no-store"}
    return web.Response(status=503 if problems else 200, body=f"{text}\n".encode(), headers=headers)


async def _say_nothing_of_ourselves(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
