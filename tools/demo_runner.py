"""Tells a story on a terminal: plain sentences, and commands that are really run, with what they really said.

Every command is checked. Knows nothing of Kubernetes; what happens is told in tools/demo.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TextIO

__all__ = ["DemoRunner", "StoryError", "wants_color"]

_WIDTH = 100
_BOLD, _DIM, _GREEN, _RED, _RESET = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m"


class StoryError(RuntimeError):
    """A step did not go as told; the text says which, and what was seen instead."""


def wants_color(stream: TextIO) -> bool:
    """Whether colors help: on a terminal, unless NO_COLOR is set (https://no-color.org) or it knows none."""
    env = os.environ  # noqa: TID251 - the conventions of terminals are the environment's
    return stream.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class DemoRunner:
    """Prints, runs and checks.

    Attributes:
        cwd: where commands run.
        env: their whole environment.
        color: whether to use colors.
        timeout: seconds that one command may take.
    """

    cwd: Path
    env: Mapping[str, str]
    color: bool
    timeout: float = 40.0

    def chapter(self, title: str) -> None:
        """Begin a new part."""
        self._print(f"\n{title}", _BOLD)

    def say(self, text: str) -> None:
        """Tell something in sentences, wrapped."""
        self._print("\n" + textwrap.fill(" ".join(text.split()), _WIDTH, break_on_hyphens=False))

    def checked(self, text: str) -> None:
        """Tell what was found to be true without a command."""
        self._print(f"  ✓ {text}", _GREEN)

    def show(self, command: str) -> None:
        """Show a command that is run by other means, and in other words, than `run`."""
        self._print(f"\n$ {command}", _BOLD)

    def said(self, text: str) -> None:
        """Show what such a command said."""
        self._print(textwrap.indent(text, "  "), _DIM)

    def run(
        self,
        command: str,
        *,
        expect: str = "",
        refused: bool = False,
        trim: Callable[[str], str] = str,
    ) -> str:
        """Show a shell command, run it, show what it said after `trim`; answer the whole of it.

        `expect`: what must be in there. `refused`: the command must end with an error, else with success.
        Raises StoryError.
        """
        self.show(command)
        said = self._output_of(command, refused=refused)
        if expect not in said:
            message = f"`{_first_line(command)}` should have said {expect!r}, and said:\n{said}"
            raise StoryError(message)
        shown = trim(said).rstrip()
        if shown:
            self._print(textwrap.indent(shown, "  "), _DIM)
        return said

    def _output_of(self, command: str, *, refused: bool) -> str:
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=self.cwd,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                timeout=self.timeout,
            )
        except subprocess.TimeoutExpired as error:
            message = f"`{_first_line(command)}` did not end within {self.timeout:g} s"
            raise StoryError(message) from error
        if refused == bool(done.returncode):
            return done.stdout
        problem = "should have been refused" if refused else f"ended with status {done.returncode}"
        message = f"`{_first_line(command)}` {problem}, and said:\n{done.stdout}"
        raise StoryError(message)

    def fail(self, text: str) -> None:
        """Tell on standard error what went wrong."""
        print(f"\n{_RED}{text}{_RESET}" if self.color else f"\n{text}", file=sys.stderr, flush=True)

    def _print(self, text: str, style: str = "") -> None:
        print(f"{style}{text}{_RESET}" if style and self.color else text, flush=True)


def _first_line(command: str) -> str:
    line, *rest = command.splitlines()
    return f"{line} …" if rest else line
