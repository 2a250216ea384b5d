"""The blocks of commands in the documents: where each is, what its reader types, and why a test does not run it.

A block that no test runs has an HTML comment on the line above, `<!-- not run: Docker -->`, with a reason of REASONS.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NOTES", "REASONS", "ROOT", "Block", "Command", "blocks", "pages_with_blocks", "saved_files"]

ROOT: Final = Path(__file__).resolve().parents[3]
NOTES: Final = "charts/pharia-access/templates/NOTES.txt"
REASONS: Final = frozenset({"a cloud", "a real registry", "Docker", "another operating system", "a cluster of nodes"})
"""What a test may lack. The list is closed: everything else that a document says, a test does."""

_BLOCK: Final = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]*?) -->\n\n?)?^(?P<indent> *)```(?:console|bash|sh)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_FILE: Final = re.compile(r"`(?P<name>[\w-]+\.\w+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_FOLDERS: Final = ("docs/tutorial", "docs/how-to", "docs/runbooks", "docs/reference", "docs/explanation")
_PROMPT: Final = re.compile(r"^[$#] ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Command:
    """What a reader types at once, and what the page shows below it; empty: the page does not say."""

    text: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of commands; `reason`: why no test runs it, empty where one does."""

    page: str
    line: int
    text: str
    reason: str = ""

    @property
    def commands(self) -> tuple[Command, ...]:
        """What its reader types, in order: at each `$ `, or the whole as a script where there is no prompt."""
        if not _PROMPT.search(self.text):
            return (Command(f"(\n{self.text})"),)
        return tuple(map(_command, _PROMPT.split(self.text)[1:]))


def pages_with_blocks() -> list[str]:
    """The documents that tell commands, as paths in the project."""
    found = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "charts/pharia-access/README.md"]
    found += [path.relative_to(ROOT).as_posix() for folder in _FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]
    return [page for page in found if blocks(page)]


def blocks(page: str, text: str | None = None) -> list[Block]:
    """The blocks of a page, in order; `text`: its content, read from the project by default."""
    return list(_blocks(page, (ROOT / page).read_text(encoding="utf-8") if text is None else text))


def saved_files(page: str) -> dict[str, str]:
    """What the page tells to save: a block after "as `name`:" holds the file of that name."""
    return {found["name"]: found["text"] for found in _FILE.finditer((ROOT / page).read_text(encoding="utf-8"))}


def _blocks(page: str, text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("text"))
        yield Block(page, line, textwrap.dedent(found["text"]), found["reason"] or "")


def _command(part: str) -> Command:
    """The command is its first line, and on: a line cut by a backslash, an indented line, a document up to its end."""
    lines = part.rstrip().splitlines()
    heredoc = re.search(r"<<'?(\w+)'?", lines[0])
    if heredoc:
        length = lines.index(heredoc[1]) + 1
    else:
        length = next((n for n, line in enumerate(lines) if n and not line.startswith("    ")), len(lines))
    return Command("\n".join(lines[:length]), "\n".join(lines[length:]).strip())
