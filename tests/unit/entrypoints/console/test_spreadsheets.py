"""A file for a spreadsheet: what it would calculate stays text."""

from __future__ import annotations

import csv
import io

import pytest

from pharia_access.entrypoints.console.spreadsheets import as_csv


def read_back(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content, newline="")))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", '=HYPERLINK("http://x.example")', "＝1"]  # noqa: RUF001
)  # fmt: skip
def test_a_formula_becomes_text(cell: str) -> None:
    assert read_back(as_csv([["a", cell]])) == [["a", f"'{cell}"]]


@pytest.mark.parametrize("cell", ["", "invoice-bot", "a=b", 'he said "no", then left', "two\nlines", "ü"])
def test_anything_else_comes_back_as_it_was(cell: str) -> None:
    assert read_back(as_csv([["a", cell]])) == [["a", cell]]


def test_lines_end_as_the_standard_asks_and_half_a_character_is_no_error() -> None:
    assert as_csv([["a", "b"], ["c", "\ud800"]]) == '"a","b"\r\n"c","?"\r\n'
