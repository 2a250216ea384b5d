"""A verifier on one core; on another one client that asks check after check, and others, niced, beside it."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.earlier import CHECKOUT
from tools.control_plane.processes import ProcessError, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["asked_checks", "options_of_others", "others", "p50_and_p99", "running_verifier"]


@contextmanager
def running_verifier(
    root: Path, *options: str | Path, python: Path | None = None
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`filled_verifier` with `tokens` and `key` of that folder, until the block ends; its port and process.

    Args:
        root: also where its log goes.
        options: more of `bench.checks.filled_verifier`'s.
        python: runs it; None: the one that runs this.
    """
    port = free_port()
    paths = os.pathsep.join(map(str, (CHECKOUT / "src", CHECKOUT, sysconfig.get_path("purelib"))))
    files: list[str | Path] = ["--tokens", root / "tokens", "--key", root / "key", "--port", str(port)]
    argv = [
        "taskset",
        "-c",
        "0",
        python or sys.executable,
        "-m",
        "bench.checks.filled_verifier",
        *files,
        "--fast",
        *options,
    ]
    with (
        (root / "log").open("ab") as log,
        subprocess.Popen(argv, cwd=CHECKOUT, env={"PYTHONPATH": paths}, stderr=log) as process,
    ):
        try:
            wait_until(lambda: _listens(port), what="the verifier listens", timeout=60)
            yield port, process
        finally:
            process.kill()


@contextmanager
def others(module: str, kind: str, count: int, *, port: int, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """So many of that kind, until the block ends: `module` takes `options_of_others`."""
    how = ["--kind", kind, "--count", str(count), "--port", str(port), "--token", token]
    argv = ["taskset", "-c", "1", "nice", "-n", "10", sys.executable, "-m", module, *how]
    with subprocess.Popen(argv, cwd=CHECKOUT) as process:
        try:
            yield process
        finally:
            process.kill()


def options_of_others(kinds: Iterable[str]) -> argparse.Namespace:
    """What a program among the others was told: `kind`, `count`, `port` and `token`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=list(kinds), required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    return parser.parse_args()


def asked_checks(port: int, token: str, *, seconds: float, pause_seconds: float = 0.0) -> list[float]:
    """How long each check of one client took, in seconds, while it asks one after the other for so long.

    Raises ProcessError where its good token is refused.
    """
    asked = f"GET /auth/nginx HTTP/1.1\r\nHost: v\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    times, end = [], time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        while time.monotonic() < end:
            began = time.perf_counter()
            client.sendall(asked)
            if not client.recv(65536).startswith(b"HTTP/1.1 200"):
                message = "the client's good token was refused"
                raise ProcessError(message)
            times.append(time.perf_counter() - began)
            if pause_seconds:
                time.sleep(pause_seconds)
    return times


def p50_and_p99(times: Iterable[float]) -> tuple[float, float]:
    """In milliseconds, of seconds."""
    ordered = sorted(times)
    return 1000 * statistics.median(ordered), 1000 * ordered[int(0.99 * len(ordered))]


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Ask check after check, until killed."""
    options = options_of_others(["checks"])
    while True:
        asked_checks(options.port, options.token, seconds=10)


if __name__ == "__main__":
    main()
