"""Runs `kubectl access` within the test's process, so that a test may put its clock forward or break what it calls."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pharia_access.entrypoints.kubectl.main import run

if TYPE_CHECKING:
    import pytest

__all__ = ["Access", "Told", "command_line"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command left: its exit code, and its two outputs."""

    status: int
    out: str
    err: str


Access = Callable[..., Told]


def command_line(here: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Access:
    """What runs a command line in that namespace; `stdin` is piped."""

    def told(*words: str, stdin: str = "", namespace: bool = True) -> Told:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        where = ("-n", here) if namespace else ()
        status = run([*words, *where])
        captured = capsys.readouterr()
        return Told(status, captured.out, captured.err)

    return told
