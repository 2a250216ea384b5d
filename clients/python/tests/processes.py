"""Start a server as a person would, and wait until it answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PROGRAMS", "Server", "served"]

PROGRAMS = Path(sys.executable).parent
_SECONDS = 180.0  # a busy machine takes long to load LiteLLM


class Server:
    """A running server, and what it wrote."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self._log = log

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self._log.read_text("utf-8", "replace")

    def answers(self, path: str) -> bool:
        """Tell whether anything is answered."""
        try:
            return (
                httpx.get(self.url + path, timeout=10, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR
            )
        except httpx.HTTPError:
            return False


@contextmanager
def served(command: list[str], folder: Path, env: Mapping[str, str], path: str) -> Iterator[Server]:
    """Run `command`, in which `PORT` stands for a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    log = folder / "log"
    words = [port if word == "PORT" else word for word in command]
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=folder, env={**os.environ, **env}, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", log)
    try:
        deadline = time.monotonic() + _SECONDS
        while not server.answers(path):
            assert process.poll() is None, server.log[-3000:]
            assert time.monotonic() < deadline, server.log[-3000:]
            time.sleep(0.2)
        yield server
    finally:
        process.terminate()
        process.wait(30)
