"""What a screen reader is given of a page, by roles and names, kept as a file: a change of it is seen in a review."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tools.browser.console_visitor import ConsoleVisitor

__all__ = ["FOLDER", "kept", "seen_by_a_reader"]

FOLDER = Path(__file__).parents[2] / "integration" / "browser" / "snapshots"

_PASSING = (
    (re.compile(r"/namespaces/[a-z0-9-]+"), "/namespaces/NAMESPACE"),
    (re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC|\d{1,2} [A-Z][a-z]+ \d{4} at \d\d:\d\d"), "TIME"),
    (re.compile(r"\(\d\d?:\d\d [AP]M your time\)"), "(LOCAL TIME)"),
    (re.compile(r"TIME your time"), "LOCAL TIME"),
    (re.compile(r"\b\d+ (seconds?|minutes?|hours?|days?)(?: \d+ (?:seconds?|minutes?|hours?))? ago"), "A WHILE ago"),
    (
        re.compile(r"in \d+ (?:seconds?|minutes?|hours?|days?)(?:(?: and)? \d+ (?:seconds?|minutes?|hours?))?"),
        "in A WHILE",
    ),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"(?<=pharia_)[a-z2-7]{16}(?=_)|\b(?!pharia)[a-z2-7]{16}\b"), "ID"),
    (re.compile(r'( *)- heading "Events" \[level=3\]\n\1- list:\n(?:\1  .*\n)*'), ""),
)
"""What is another one each time, or comes when it comes, as Events do."""


async def seen_by_a_reader(page: Page, anna: ConsoleVisitor, part: str = "main") -> str:
    """Roles and names of a part of the page, without what is another one each time."""
    text = await page.locator(part).aria_snapshot()
    text = text.replace(anna.home, "").replace(anna.home.partition("//")[2].partition("/")[2], "BASE")
    text = text.replace(anna.namespace, "NAMESPACE")
    for pattern, name in _PASSING:
        text = pattern.sub(name, text)
    return f"{text}\n"


def kept(name: str, seen: str) -> str:
    """What is kept of that screen. A screen without a file gets one, to be looked at and committed."""
    file = FOLDER / f"{name}.yaml"
    if not file.exists():
        FOLDER.mkdir(exist_ok=True)
        file.write_text(seen, encoding="utf-8")
        message = f"{file.name} was written: look at it, and commit it"
        raise AssertionError(message)
    return file.read_text(encoding="utf-8")
