"""The page that compares the chart with others: each line about ours names a test that there is."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "explanation" / "chart-compared.md"
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split(" | ")[0].removeprefix("| "))
def test_a_line_about_the_chart_names_a_test_that_there_is(row: str) -> None:
    *_, held_by = row.removesuffix(" |").split(" | ")
    found = re.fullmatch(r"`(?P<file>\w+/\w+\.py)::(?P<name>test_\w+)`", held_by)

    assert found
    assert f"\ndef {found['name']}(" in (TESTS / found["file"]).read_text(encoding="utf-8")


def test_every_line_has_a_cell_for_each_chart() -> None:
    assert {row.count(" | ") for row in ROWS} == {5}
