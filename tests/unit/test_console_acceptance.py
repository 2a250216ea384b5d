"""The page that tells what the console withstands names tests and defences that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser.taken_out import TAKEN_OUT
from tests.support.documents.acceptance import absent_tests, named_tests

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "console-acceptance.md").read_text(encoding="utf-8")
CLAIMS, DEFENCES = PAGE.split("## Each defence, taken out")


def rows(text: str) -> list[list[str]]:
    """The cells of each row of the table."""
    lines = [line.strip("| ") for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines][1:]


@pytest.mark.parametrize(("claim", "tests"), [(row[0], row[1]) for row in rows(CLAIMS)])
def test_each_claim_names_tests_that_exist(claim: str, tests: str) -> None:
    named = named_tests(tests, folder="tests/integration/browser")

    assert named, claim
    assert absent_tests(named) == []


def test_each_defence_that_is_taken_out_is_told_and_no_other() -> None:
    assert [row[0] for row in rows(DEFENCES)] == list(TAKEN_OUT)
