"""The commands of a page of the documentation, run as a reader types them, and what the page says that they say."""

from __future__ import annotations

import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.documents.kubectl_words import DELETED_FROM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Command", "Reader", "commands"]

ROOT: Final = Path(__file__).resolve().parents[3]
_BLOCK: Final = re.compile(r"^( *)```console\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_AGE: Final = re.compile(r"\b[0-9]+(?:s|m|m[0-9]+s)\b")
_TIME: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Command:
    """One command, and the lines that the page shows below it; none: it does not say."""

    text: str
    shown: str


def commands(page: str, heading: str) -> list[Command]:
    """Those under a heading, without the sections below it; `$` begins one, and an indented line goes on with it."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (section,) = re.findall(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", text, re.MULTILINE | re.DOTALL)
    return [command for _, block in _BLOCK.findall(section) for command in _of_block(textwrap.dedent(block))]


def _of_block(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        length = next((n for n, line in enumerate(lines) if n and not line.startswith("    ")), len(lines))
        yield Command("\n".join(lines[:length]), "\n".join(lines[length:]))


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a shell in the project's folder, who reads a page and does what it says."""

    environment: Mapping[str, str]
    folder: Path

    def follow(self, command: Command) -> None:
        """Run it. Raises AssertionError if it fails, or says something else than the page; ages and gaps may differ."""
        script = f"set -o errexit -o pipefail; cd {self.folder}\n{command.text}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{command.text}\n{done.stderr}"
        if command.shown:
            assert _plain(done.stdout) == _plain(command.shown), f"{command.text}\n{done.stdout}"


def _plain(text: str) -> list[str]:
    """Lines without what differs from run to run: times, ages, and how wide a column is."""
    for pattern, word in ((_TIME, "TIME"), (_AGE, "AGE"), DELETED_FROM):
        text = pattern.sub(word, text)
    return [" ".join(line.split()) for line in text.splitlines()]
