"""The pages of the documentation: their links lead somewhere, and every page is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.documents.markdown_pages import anchors, links, prose
from tools.docs_site import INDEX, collected, navigation

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path: source.read_text(encoding="utf-8") for path, source in collected().items() if path.endswith(".md")}
TEXTS = {**PAGES, **{f".github/{path.name}": path.read_text("utf-8") for path in (ROOT / ".github").glob("*.md")}}


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_to_a_file_and_every_anchor_to_a_heading(page: str) -> None:
    broken = [link for link in links(TEXTS[page]) if not leads_somewhere(ROOT / page, link)]

    assert broken == []


@pytest.mark.parametrize("page", TEXTS)
def test_no_link_goes_over_a_line_break(page: str) -> None:
    """GitHub follows such a link; the site does not find the page."""
    broken = [line for line in prose(TEXTS[page]).splitlines() if line.rstrip().endswith("](")]

    assert broken == []


def test_every_page_can_be_reached_from_the_list_of_a_reader() -> None:
    reached = set(reachable("docs/README.md"))

    assert set(PAGES) - reached - {"README.md"} == set()


def test_the_project_s_page_leads_to_the_list_of_each_reader() -> None:
    assert "docs/README.md" in links(PAGES["README.md"])


def test_every_page_has_one_place_in_the_navigation_of_the_site() -> None:
    placed = [page for _, pages in navigation(set(PAGES)) for page in pages]

    assert sorted(placed) == sorted(PAGES)


def test_the_readers_are_the_first_tabs_of_the_site() -> None:
    titles = [title for title, _ in navigation(set(PAGES))]
    readers = [line.removeprefix("## ") for line in INDEX.read_text("utf-8").splitlines() if line.startswith("## ")]

    assert titles == ["pharia-access", *readers, "Decisions", "Runbooks", "Measurements"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("# Who may do what?", "who-may-do-what"),
        ("## `status.pendingSince`", "statuspendingsince"),
        ("## [0009](x.md), and more", "0009-and-more"),
        ("## A leaked-token case", "a-leaked-token-case"),
    ],
)
def test_a_heading_has_the_anchor_that_github_gives_it(heading: str, anchor: str) -> None:
    assert anchors(f"{heading}\n") == {anchor}


def test_a_heading_that_stands_twice_has_two_anchors() -> None:
    assert anchors("# X\n## X\n```\n# no heading\n```\n") == {"x", "x-1"}


def test_a_link_in_code_is_none() -> None:
    assert links("[a](b.md) `[c](d.md)` [e](https://example.com)\n```\n[f](g.md)\n```\n[h](#i)") == ["b.md", "#i"]


def leads_somewhere(page: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    path = (page.parent / target).resolve() if target else page
    if not path.is_file():
        return False
    return not anchor or anchor in anchors(path.read_text(encoding="utf-8"))


def reachable(start: str) -> Iterator[str]:
    """Pages that a reader of `start` comes to."""
    waiting, seen = [start], {start}
    while waiting:
        page = waiting.pop()
        yield page
        targets = ((ROOT / page).parent / link.partition("#")[0] for link in links(PAGES[page]))
        found = {path.resolve().relative_to(ROOT).as_posix() for path in targets} & set(PAGES) - seen
        seen |= found
        waiting.extend(found)
