"""A reader of a page: a person with one shell, who types its commands one after the other.

Variables, the folder and the namespace of the kubeconfig go on from command to command, as at a terminal.
"""

from __future__ import annotations

import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.support.documents.kubectl_words import DELETED_FROM
from tools.transcript import masked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from tests.support.documents.console_blocks import Command

__all__ = ["PageReader"]

_SECONDS: Final = 120
_CONFIRM: Final = "Run the command again with --yes to confirm."
_REFUSED: Final = re.compile(r"\A(?:Error|error:)")
_NOTHING_FOUND: Final = re.compile(r"\| (?:grep|jq) .*\Z")
_LINE_MASKS: Final = (
    (re.compile(r"k\d{8}-[a-z0-9]{6}"), "KEY"),
    (re.compile(r"\bv?\d+\.\d+\.\d+(?:-\S+)?"), "VERSION"),
    DELETED_FROM,
)


@dataclass(slots=True)
class PageReader:
    """Types commands into one shell; a context manager, which ends the shell."""

    environment: Mapping[str, str]
    folder: Path
    notes: Path
    _shell: subprocess.Popen[str] | None = None
    _typed: int = field(default=0)

    def __enter__(self) -> Self:
        """Open the shell."""
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._shell is not None
        self._shell.kill()
        self._shell.communicate()

    def follow(self, command: Command) -> str:
        """Type it. Raises AssertionError if it fails, or says something else than the page; answers what it said."""
        status, said = self._type(command.text)
        if status and _CONFIRM in said:  # at a terminal it asks, and the reader says yes
            status, said = self._type(f"{command.text} --yes")
        if _REFUSED.match(command.shown):
            assert status, f"{command.text}\nshould be refused, and said:\n{said}"
        elif not (_NOTHING_FOUND.search(command.text) and status == 1 and not said):
            assert status == 0, f"{command.text}\nended with status {status}, and said:\n{said}"
        if command.shown:
            assert _shows(command.shown, said), f"{command.text}\nsaid:\n{said}\ninstead of:\n{command.shown}"
        return said

    def _type(self, text: str) -> tuple[int, str]:
        assert self._shell is not None
        assert self._shell.stdin is not None
        self._typed += 1
        script, said, ended = (self.notes / f"{self._typed}.{what}" for what in ("sh", "said", "status"))
        script.write_text(text + "\n", encoding="utf-8")
        self._shell.stdin.write(f". {script} </dev/null >{said} 2>&1; echo $? >{ended}.new; mv {ended}.new {ended}\n")
        self._shell.stdin.flush()
        deadline = time.monotonic() + _SECONDS
        while not ended.exists():
            assert time.monotonic() < deadline, f"{text}\ndid not end, and said:\n{said.read_text()}"
            assert self._shell.poll() is None, f"{text}\nended the shell, and said:\n{said.read_text()}"
            time.sleep(0.01)
        return int(ended.read_text()), said.read_text(encoding="utf-8")


def _shows(shown: str, said: str) -> bool:
    """Whether a page shows what was said; a `…` stands for any text, and rows of the same second change places."""
    if sorted(map(_plain, shown.splitlines())) == sorted(map(_plain, said.splitlines())):
        return True
    pattern = ".*".join(map(re.escape, _plain(shown).split("…")))
    return re.fullmatch(pattern, _plain(said)) is not None


def _plain(text: str) -> str:
    """The words of it without what differs from run to run; where lines end and how wide columns are does not count."""
    text = masked(text)
    for pattern, word in _LINE_MASKS:
        text = pattern.sub(word, text)
    return " ".join(text.split())
