"""The console as a program of its own, and the way of a browser to it: HTTP."""

from __future__ import annotations

import asyncio
import http.client
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.console.browser import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from tests.support.kubectl.plugin_runner import Plugin

__all__ = ["ConsoleProcess", "running_console"]

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ConsoleProcess:
    """A console that runs.

    Attributes:
        link: what it printed: it opens the console once.
    """

    process: subprocess.Popen[str]
    link: str

    async def browser(self) -> Browser:
        """A browser that opened the link."""
        parts = urlsplit(self.link)
        host, base = parts.netloc, parts.path.removesuffix("/open")
        browser = Browser(over_http(host), host=host, base=base)
        received = await browser.post("/open", {"key": parts.fragment})
        assert received.status == 200, received.text
        return browser

    def interrupt(self) -> tuple[int, str]:
        """Press Ctrl-C; the exit status and what it said."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=_SECONDS)
        return self.process.returncode, said


@contextmanager
def running_console(plugin: Plugin, *options: str) -> Iterator[ConsoleProcess]:
    """Run `kubectl access console` without a browser of its own."""
    command = plugin.command("console", "--no-browser", *options)
    with subprocess.Popen(
        command, env=plugin.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            link = process.stdout.readline().strip()
            assert link, process.communicate(timeout=_SECONDS)[1]
            yield ConsoleProcess(process, link)
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=_SECONDS)


def over_http(host: str) -> ASGIApp:
    """What answers as the server at that address does."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        status, headers, text = await asyncio.to_thread(_asked, host, scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    return app


def _asked(host: str, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
    connection = http.client.HTTPConnection(host, timeout=_SECONDS)
    connection.putrequest(scope["method"], f"{scope['path']}{query}", skip_host=True)
    for name, value in [*scope["headers"], (b"content-length", str(len(body)).encode())]:
        connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.getheaders()]
    text = answer.read()
    connection.close()
    return answer.status, headers, text
