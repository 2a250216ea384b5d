"""Writes docs/decisions/README.md, the index of the decisions, from their headers: `python3 -m tools.decisions`.

A decision begins with its number and title, then has a header of lines `- Name: value`, in this order: Date, Status,
Supersedes and, where it changes a part of another one, Amends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "INDEX", "Decision", "decisions", "index", "main", "parse"]

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "decisions"
INDEX = FOLDER / "README.md"

_LINKS = r"\[\d{4}\]\([\w-]+\.md\)(?:, \[\d{4}\]\([\w-]+\.md\))*"
_HEADER = re.compile(
    r"# (?P<number>\d{4}): (?P<title>.+)\n\n"
    r"- Date: (?P<date>\d{4}-\d\d-\d\d)\n"
    rf"- Status: (?P<status>accepted(?:, amended by {_LINKS})?|superseded by {_LINKS})\n"
    rf"- Supersedes: (?P<supersedes>none|{_LINKS})\n"
    rf"(?:- Amends: (?P<amends>{_LINKS})\n)?\n"
)
_LINK = re.compile(r"\[(\d{4})\]\(([\w-]+\.md)\)")

_HEAD = """\
# Decisions

<!-- Made from the decisions' headers by `make generate`. -->

A decision that somebody might want to reverse has a file here: a summary, the reason, and what it does not try to do.

To add one, take the next number. Begin with the header that the others have: date, status, what it supersedes. A
decision is not rewritten when it no longer holds. The new decision names it under *Supersedes*, or under *Amends* if
only a part changes, and the old one's status names the new one. Then run `make generate`; a test holds both ways.

| | decision | date | status |
| --- | --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """The header of a decision. Links are pairs of a number and a file's name."""

    path: Path
    number: str
    title: str
    date: str
    status: str
    supersedes: tuple[tuple[str, str], ...]
    amends: tuple[tuple[str, str], ...]

    @property
    def status_links(self) -> tuple[tuple[str, str], ...]:
        """The decisions that its status names."""
        return _links(self.status)


def decisions() -> list[Decision]:
    """Read all decisions, by number."""
    return [parse(path, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("[0-9]*.md"))]


def parse(path: Path, text: str) -> Decision:
    """Read one header. Raises ValueError where it has another form."""
    header = _HEADER.match(text)
    if header is None:
        message = f"{path.name}: the header must be title, Date, Status, Supersedes and perhaps Amends, as elsewhere"
        raise ValueError(message)
    return Decision(
        path=path,
        number=header["number"],
        title=header["title"],
        date=header["date"],
        status=header["status"],
        supersedes=_links(header["supersedes"]),
        amends=_links(header["amends"] or ""),
    )


def index() -> str:
    """The page as it should be."""
    return _HEAD + "".join(
        f"| {each.number} | [{each.title}]({each.path.name}) | {each.date} | {each.status} |\n" for each in decisions()
    )


def main() -> None:
    """Write the page."""
    INDEX.write_text(index(), encoding="utf-8")


def _links(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((number, name) for number, name in _LINK.findall(text))


if __name__ == "__main__":
    main()
