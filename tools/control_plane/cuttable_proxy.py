"""A TCP proxy to the API server: forwards bytes until it is cut or stalled, and again once mended."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ["CuttableProxy"]

_CHUNK = 65536


class CuttableProxy:
    """Forwards TCP, TLS within it included, to where a URL points; serves at `url` within a `with` block."""

    def __init__(self, server_url: str) -> None:
        address = urlsplit(server_url)
        self._server = (address.hostname, address.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.connections = 0
        """How many it has carried so far."""
        self._open: set[socket.socket] = set()
        self._stalled: set[socket.socket] = set()
        self._whole = threading.Event()
        self._whole.set()
        self.delay = 0.0
        """Seconds that every piece takes longer, in both directions."""

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="cuttable-proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End every connection, and take no new one."""
        self._whole.clear()
        for end in list(self._open):
            self._close(end)

    def stall(self) -> None:
        """Swallow what each connection of now still carries, and leave it open. New ones carry all."""
        self._stalled |= self._open

    def drop_stalled(self) -> None:
        """End the connections that were stalled."""
        for end in list(self._stalled):
            self._close(end)

    def mend(self) -> None:
        """Take connections again, and lose no time."""
        self.delay = 0.0
        self._whole.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._connect(near)

    def _connect(self, near: socket.socket) -> None:
        if not self._whole.is_set():
            near.close()
            return
        try:
            far = socket.create_connection(self._server)
        except OSError:
            near.close()
            return
        self.connections += 1
        self._open |= {near, far}
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                time.sleep(self.delay)
                if source not in self._stalled:
                    target.sendall(chunk)
        self._close(source)
        self._close(target)

    def _close(self, end: socket.socket) -> None:
        self._open.discard(end)
        self._stalled.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
