"""Each block of commands in the documents is followed by a test, or says for which reason it is not."""

from __future__ import annotations

import re
from itertools import chain

import pytest

from tests.support.documents.console_blocks import REASONS, ROOT, Block, Command, blocks, pages_with_blocks
from tests.support.documents.followed_pages import ELSEWHERE, FOLLOWED, INSTALLING

PAGES = pages_with_blocks()
RUN = (*FOLLOWED, *INSTALLING)
BLOCKS = {page: blocks(page) for page in PAGES}
FENCE = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
MOST_LEFT_OUT = 0.1


def test_each_page_with_commands_is_followed_by_one_test() -> None:
    followed = [*{each.page for each in RUN}, *ELSEWHERE]

    assert sorted(followed) == sorted(PAGES)


def test_of_a_page_that_is_followed_in_parts_no_block_is_left_out() -> None:
    parts = {each.page: {n for part in RUN if part.page == each.page for n in part.blocks} for each in RUN}

    assert {page: numbers ^ {*range(len(BLOCKS[page]))} for page, numbers in parts.items() if numbers} == {
        page: set() for page, numbers in parts.items() if numbers
    }


def test_the_tests_that_follow_a_page_of_their_own_name_it() -> None:
    for page, test in ELSEWHERE.items():
        assert page.rpartition("/")[2] in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_no_command_stands_in_a_block_of_another_kind(page: str) -> None:
    fences = FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
    others = [text for language, text in fences if language not in {"console", "bash", "sh"}]

    assert [text for text in others if re.search(r"^ *\$ ", text, re.MULTILINE)] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_block_that_is_not_run_says_why(page: str) -> None:
    assert {block.reason for block in BLOCKS[page]} - {""} <= REASONS


def test_at_most_one_block_in_ten_is_not_run() -> None:
    every = [*chain.from_iterable(BLOCKS.values())]
    left_out = [f"{block.page}:{block.line}" for block in every if block.reason]

    assert len(left_out) <= len(every) * MOST_LEFT_OUT, left_out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$ a\n$ b\n", [Command("a"), Command("b")], id="two commands"),
        pytest.param("$ a\nsaid\n  more\n\n$ b\n", [Command("a", "said\n  more"), Command("b")], id="what one says"),
        pytest.param("$ a \\\n    --b\n", [Command("a \\\n    --b")], id="a command that goes on"),
        pytest.param("$ a <<'END'\nx\n\ny\nEND\nsaid\n", [Command("a <<'END'\nx\n\ny\nEND", "said")], id="a document"),
        pytest.param("# a\n", [Command("a")], id="as root"),
        pytest.param("a\nb\n", [Command("(\na\nb\n)")], id="a script in a shell of its own"),
    ],
)
def test_a_block_is_the_commands_that_its_reader_types(text: str, expected: list[Command]) -> None:
    assert list(Block("page.md", 1, text).commands) == expected


def test_a_block_has_the_reason_of_the_comment_above_it() -> None:
    page = "<!-- not run: Docker -->\n```console\n$ a\n```\n\n```console\n$ b\n```\n"

    assert [(block.text, block.reason) for block in blocks("page.md", page)] == [("$ a\n", "Docker"), ("$ b\n", "")]
