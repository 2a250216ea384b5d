"""Markdown pages as GitHub shows them: their links, and the anchors of their headings."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["anchors", "links", "prose"]

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+?)\s*#*$", re.MULTILINE)


def prose(text: str) -> str:
    """The page without its blocks of code."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """The targets of a page's links, in order, without those to other hosts."""
    return [each for each in _LINK.findall(_CODE.sub("", prose(text))) if not re.match(r"[a-z]+:", each)]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    return set(_numbered(_slug(heading) for heading in _HEADING.findall(prose(text))))


def _slug(heading: str) -> str:
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")


def _numbered(slugs: Iterator[str]) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for slug in slugs:
        yield f"{slug}-{seen[slug]}" if seen[slug] else slug
        seen[slug] += 1
