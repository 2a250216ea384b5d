"""Runs `kubectl access` as a person would: within the test (fast), through pipes, or at a real terminal.

All three use the same kubeconfig, and are told who asks by `--as`, as kubectl is.
"""

from __future__ import annotations

import io
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self
from unittest import mock

import pexpect

from pharia_access.entrypoints.kubectl.main import run
from tests.support.kubectl.emulator import shown
from tools.control_plane.processes import inherited_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.control_plane.plane import ControlPlane

__all__ = ["Plugin", "Terminal", "Told", "run_here"]

_SCRIPTS = Path(sys.executable).parent
"""Where the console scripts are: kubectl finds its plugins on PATH."""

_SECONDS = 120  # for machines that have much else to do


@dataclass(frozen=True, slots=True)
class Told:
    """What a command wrote, and how it ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def everything(self) -> str:
        """Both streams: what must never hold a secret, and so on."""
        return self.stdout + self.stderr


@dataclass(frozen=True, slots=True)
class Plugin:
    """The plugin on a control plane, in one namespace; `user` is impersonated, empty for the administrator."""

    control_plane: ControlPlane
    namespace: str
    user: str = ""
    kubeconfig: Path | None = None

    def as_user(self, user: str) -> Plugin:
        """The same for somebody else."""
        return replace(self, user=user)

    def run(self, *arguments: str, stdin: str = "") -> Told:
        """Run a command within this process; nobody is at a terminal."""
        words = [f"--kubeconfig={self._kubeconfig}", *self._who, *arguments]
        return run_here(words, self.environment, stdin=stdin)

    def obey(self, command: str) -> Told:
        """Run the very command that a person was told, as it stands there, within this process if it is ours."""
        program, *words = shlex.split(command)
        assert program == "kubectl"
        if words[0] == "access":
            return run_here(words[1:], self.environment)
        done = self.control_plane.kubectl(*words, check=False)
        return Told(done.returncode, done.stdout, done.stderr)

    def pipe(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Told:
        """Run it by kubectl, through pipes."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def terminal(self, *arguments: str, env: Mapping[str, str] | None = None) -> Terminal:
        """Start it by kubectl at a terminal of its own; use it in a `with` block."""
        program, *rest = self.command(*arguments)
        return Terminal(program, rest, {**self.environment, "TERM": "xterm-256color", **(env or {})})

    def command(self, *arguments: str) -> list[str]:
        """The words that run it."""
        return [str(self.control_plane.bin / "kubectl"), "access", *self._who, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """With the plugin and kubectl on PATH, and the kubeconfig."""
        own = inherited_environment()
        path = f"{_SCRIPTS}:{self.control_plane.bin}:{own['PATH']}"
        return {**own, "PATH": path, "KUBECONFIG": str(self._kubeconfig)}

    @property
    def _kubeconfig(self) -> Path:
        return self.kubeconfig or self.control_plane.kubeconfig

    @property
    def _who(self) -> list[str]:
        return [f"--namespace={self.namespace}", *([f"--as={self.user}"] if self.user else [])]


class Terminal:
    """A command at a terminal, and the person in front of it. What does not come in time is a pexpect.TIMEOUT."""

    def __init__(self, program: str, arguments: list[str], env: dict[str, str]) -> None:
        self._seen = io.StringIO()
        self._child: pexpect.spawn[str] = pexpect.spawn(
            program, arguments, env=env, encoding="utf-8", dimensions=(50, 200), timeout=_SECONDS
        )
        self._child.logfile_read = self._seen

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    def reads(self, text: str) -> None:
        """Wait until this stands there."""
        self._child.expect_exact(text)

    def types(self, line: str) -> None:
        """Type a line and press Enter."""
        self._child.sendline(line)

    def presses_ctrl_c(self) -> None:
        """Interrupt what runs."""
        self._child.sendintr()

    def status(self) -> int:
        """Wait for the end; the exit status."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        assert self._child.exitstatus is not None, f"ended by signal {self._child.signalstatus}: {self.text}"
        return self._child.exitstatus

    @property
    def text(self) -> str:
        """What stands on the screen down to the cursor; a spinner that is over has left nothing there."""
        screen = shown(self._seen.getvalue())
        row, _ = screen.cursor
        return "\n".join((screen.lines + ("",) * row)[: row + 1])


def run_here(words: list[str], environment: Mapping[str, str], *, stdin: str = "") -> Told:
    """Run `kubectl access` within this process, with these variables and no others."""
    stdout, stderr = _writer(), _writer()
    with (
        mock.patch.dict("os.environ", environment, clear=True),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
        mock.patch("sys.stdin", io.StringIO(stdin)),
    ):
        status = run(words)
    return Told(status, _written(stdout), _written(stderr))


def _writer() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode()
