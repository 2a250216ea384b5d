"""wrk as the client of a benchmark: how it asks, and on which core."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Load", "Wrk"]

_LOADS = Path(__file__).with_name("loads")


@dataclass(frozen=True, slots=True)
class Load:
    """How wrk asks.

    Attributes:
        of: the servers that are asked so.
        script: makes the requests; without one they are all the same.
        least: how many times as often as net/http the fast path should answer.
    """

    name: str
    of: tuple[str, ...]
    connections: int = 64
    script: str = ""
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Wrk:
    """The client, on core 1."""

    program: Path
    token: str
    tokens: Path

    def run(self, load: Load, port: int, *, seconds: int, header: str = "Authorization") -> str:
        """Ask for so many seconds, with the token in that header; what it says."""
        url = f"http://127.0.0.1:{port}/auth/nginx"
        scheme = "Bearer " if header == "Authorization" else ""
        how: list[str | Path] = ["-H", f"{header}: {scheme}{self.token}", url]
        if load.script:
            how = ["-s", _LOADS / load.script, url, "--", self.tokens, f"{header}: {scheme}"]
        done = subprocess.run(
            ["taskset", "-c", "1", self.program, "-t1", f"-c{load.connections}", f"-d{seconds}s", "--latency", *how],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout
