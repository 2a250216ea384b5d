"""Programs that run beside a test or `make up`: started in a session of their own, waited for, ended exactly.

Owns pids, logs and deadlines. Knows nothing of Kubernetes. Start programs from a thread that outlives
them (the main thread): the kernel ends them with the thread that started them.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "Process",
    "ProcessError",
    "ProcessRecord",
    "end_recorded",
    "free_port",
    "inherited_environment",
    "is_running",
    "log_tail",
    "wait_until",
]

_FIRST_POLL_SECONDS, _POLL_SECONDS = 0.01, 0.05
_LOG_TAIL_LINES = 15
# Below the ports that Linux and macOS hand to outgoing connections (32768 and up), so that a port stays free
# while its server restarts.
_FIRST_PORT, _PORTS = 18_000, 14_000
_SHARES = 8
_handed_out: deque[int] = deque(maxlen=100)  # many of them are bound some seconds later


class ProcessError(RuntimeError):
    """A program did not start, ended too early, or missed a deadline; carries the end of its log."""


def wait_until(probe: Callable[[], bool], *, what: str, timeout: float = 30, log: Path | None = None) -> None:
    """Call `probe` until it answers true, soon every 50 ms; after `timeout` seconds raise ProcessError.

    The last call begins after the deadline, so that a pause of the machine alone fails nothing.
    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_POLL_SECONDS
    late = False
    while not probe():
        if late:
            message = f"waited {timeout:g} s in vain: {what}{log_tail(log)}"
            raise ProcessError(message)
        late = time.monotonic() > deadline
        time.sleep(pause)
        pause = min(2 * pause, _POLL_SECONDS)


def free_port() -> int:
    """Answer a TCP port of 127.0.0.1 that is free, and that nobody else was told of lately.

    Workers of pytest pick from shares of their own; another program may take it, though.
    """
    for _ in range(200):
        port = _FIRST_PORT + secrets.randbelow(_PORTS // _SHARES) * _SHARES + _share()
        if port in _handed_out:
            continue
        with socket.socket() as candidate:
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            _handed_out.append(port)
            return port
    message = "no free port found on 127.0.0.1"
    raise ProcessError(message)


def _share() -> int:
    worker = os.environ.get("PYTEST_XDIST_WORKER", f"gw{_SHARES - 1}")  # noqa: TID251 - pytest-xdist's
    return int(worker.removeprefix("gw")) % _SHARES


def inherited_environment() -> dict[str, str]:
    """The environment without what would point a program at another cluster or give it other settings."""
    own = dict(os.environ)  # noqa: TID251 - handed on
    return {
        name: value for name, value in own.items() if name != "KUBECONFIG" and not name.startswith("PHARIA_ACCESS_")
    }


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """What is written down about a program that outlives its starter."""

    name: str
    pid: int
    created: float


@dataclass(frozen=True, slots=True)
class Process:
    """A running program, in a session of its own, with standard output and error in `log`."""

    name: str
    log: Path
    popen: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path,
        env: Mapping[str, str],
        die_with_parent: bool = True,
        name: str = "",
    ) -> Process:
        """Start `argv`; appends to `log`. `die_with_parent`: end it when the calling thread ends, however that ends."""
        command = [str(part) for part in argv]
        name = name or Path(command[0]).name
        if die_with_parent:
            launcher = str(Path(__file__).with_name("die_with_parent.py"))
            command = [sys.executable, "-I", "-S", launcher, str(os.getpid()), *command]
        with log.open("ab") as output:
            popen = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name=name, log=log, popen=popen)

    @property
    def pid(self) -> int:
        """The program's process id, also after its end."""
        return self.popen.pid

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self.popen.poll() is None

    def record(self) -> ProcessRecord:
        """What `end_recorded` needs to end this very program later, from another process."""
        return ProcessRecord(self.name, self.pid, psutil.Process(self.pid).create_time())

    def log_text(self) -> str:
        """Everything that the program has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_until(self, probe: Callable[[], bool], *, what: str, timeout: float = 30) -> None:
        """Like the function of this name; raises ProcessError at once if the program ends meanwhile."""

        def ready() -> bool:
            if self.running:
                return probe()
            message = f"{self.name} ended with status {self.popen.returncode} before: {what}{log_tail(self.log)}"
            raise ProcessError(message)

        wait_until(ready, what=what, timeout=timeout, log=self.log)

    def terminate(self) -> None:
        """Send SIGTERM, if the program still runs."""
        if self.running:
            self.popen.terminate()

    def stop(self, *, grace: float = 5) -> int:
        """Send SIGTERM, after `grace` seconds SIGKILL; answer the exit status (negative: the signal)."""
        self.terminate()
        try:
            return self.popen.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """Send SIGKILL and wait for the end; answer the exit status."""
        if self.running:
            self.popen.send_signal(signal.SIGKILL)
        return self.popen.wait(10)


def is_running(record: ProcessRecord) -> bool:
    """Whether the recorded program still runs; false where another program has got its pid."""
    return _recorded(record) is not None


def end_recorded(record: ProcessRecord, *, grace: float = 10) -> bool:
    """End the recorded program, by SIGKILL after `grace` seconds; false if it does not run."""
    process = _recorded(record)
    if process is None:
        return False
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if psutil.wait_procs([process], timeout=grace)[1]:
            process.kill()
            process.wait(10)
    return True


def _recorded(record: ProcessRecord) -> psutil.Process | None:
    try:
        process = psutil.Process(record.pid)
        # psutil derives the start from the boot time, which a clock correction moves a little.
        same = abs(process.create_time() - record.created) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def log_tail(log: Path | None) -> str:
    """The end of a log, ready to be appended to a message."""
    if log is None or not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    return "\n".join(["", f"the end of {log}:", *(line[:300] for line in lines)])
