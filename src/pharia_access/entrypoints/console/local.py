"""Serves the console to the browser of the person who started it: on 127.0.0.1, and on no other address."""

import asyncio
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from pharia_access.entrypoints.console import elsewhere
from pharia_access.entrypoints.console.app import Console, console_app
from pharia_access.entrypoints.console.defence import hosts_of
from pharia_access.entrypoints.console.desk import Desk
from pharia_access.entrypoints.console.opening import KEY_SECONDS, OnceKey, OpeningFile
from pharia_access.errors import AccessError
from pharia_access.services.ports import Clock

__all__ = ["IDLE_SECONDS", "Announcer", "serve"]

IDLE_SECONDS: Final = 30 * 60.0
"""After so long without a navigation or a form, the console ends."""

_ADDRESS: Final = "127.0.0.1"
_PATH_BYTES: Final = 16
"""Written in 22 characters."""
_LOOK_SECONDS: Final = 1.0
_MOST_HEAD_BYTES: Final = 32 * 1024
_MOST_CONNECTIONS: Final = 64

_STOPPED: Final = "The console has stopped."
_IDLE: Final = "The console has stopped: nobody used it for 30 minutes."
_UNUSED: Final = "The console has stopped: its link was not opened within 60 seconds."


@dataclass(frozen=True, slots=True)
class Announcer:
    """How the person hears of it.

    Attributes:
        link: told the link that opens the console, whole in one line.
        say: told sentences.
        browse: opens a file in the browser; None where nobody wants that.
    """

    link: Callable[[str], None]
    say: Callable[[str], None]
    browse: Callable[[str], object] | None = None


@dataclass(slots=True)
class _Watch:
    """When somebody last did something."""

    clock: Clock
    at: float = field(init=False)

    def __post_init__(self) -> None:
        self.touch()

    def touch(self) -> None:
        self.at = self.clock.monotonic()

    @property
    def idle(self) -> bool:
        return self.clock.monotonic() - self.at >= IDLE_SECONDS


class _Server(uvicorn.Server):
    """Leaves the signals to us: it would raise them once more at its end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(desk: Desk, announcer: Announcer, *, port: int = 0, notes: Path | None = None) -> None:
    """Serve until Ctrl-C, or until nobody uses it. Raises AccessError if the port is taken.

    `notes`: the folder in which the consoles of this person find each other; the usual one unless it is given.
    """
    clock = desk.context.clock
    watch, key = _Watch(clock), OnceKey(clock)
    base = f"/{secrets.token_urlsafe(_PATH_BYTES)}"
    console = Console(desk, key, base=base, touched=watch.touch)
    for other in elsewhere.others(notes):
        announcer.say(f"Another console of yours runs at {other}. The browser that opened it can go on there.")
    with _listening(port) as listener, _interrupted() as interrupted:
        bound: int = listener.getsockname()[1]
        server = _server(console_app(console, hosts_of(bound)))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            home = f"http://{_ADDRESS}:{bound}{base}"
            note = elsewhere.noted(f"{home}/{f' ({desk.options.strip()})' if desk.options else ''}", notes)
            with note, _announced(console, announcer, f"{home}/open#{key.text}"):
                why = await _over(key, watch, interrupted, running)
        finally:
            console.sessions.stop()
            server.should_exit = True
            await running
    announcer.say(why)


async def _over(key: OnceKey, watch: _Watch, interrupted: asyncio.Event, running: "asyncio.Task[None]") -> str:
    """Wait for the end; why it comes."""
    while not running.done():
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await interrupted.wait()
                return _STOPPED
        if key.over and not key.used:
            return _UNUSED
        if watch.idle:
            return _IDLE
    return _STOPPED


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_ADDRESS, port))
            listener.listen()
        except OSError as error:
            msg = f"Cannot serve on port {port} of {_ADDRESS}: {error.strerror}"
            raise AccessError(msg, "Choose another port with --port, or leave it out.") from error
        yield listener


@contextmanager
def _interrupted() -> Iterator[asyncio.Event]:
    """Set by whatever asks this program to end."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, event.set)
    try:
        yield event
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextmanager
def _announced(console: Console, announcer: Announcer, link: str) -> Iterator[None]:
    """Tell the link, and open it in the browser by way of a file that only its owner reads."""
    announcer.link(link)
    announcer.say(f"The link opens the console once, within {KEY_SECONDS:.0f} seconds. Ctrl-C stops the console.")
    if announcer.browse is None:
        yield
        return
    file = OpeningFile(console.renderer.opening(link))
    # A browser for the terminal would not return before it ends.
    Thread(target=announcer.browse, args=(file.path.as_uri(),), daemon=True).start()
    try:
        yield
    finally:
        file.remove()


def _server(app: ASGIApp) -> _Server:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)
