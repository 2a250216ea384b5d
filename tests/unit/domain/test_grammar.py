"""Numbers in sentences: one way for conditions, errors and tables."""

import re
from pathlib import Path

import pytest

from pharia_access.domain.grammar import counted, plural

SOURCE = Path(__file__).resolve().parents[3] / "src" / "pharia_access"
UNCHECKED = re.compile(r"\{(?:len\([^{}]*\)|count|left)\} (?:[a-z]+ )?[a-z]+s\b")
"""A count that is followed by a noun in the plural, whatever the count is."""


@pytest.mark.parametrize(("count", "text"), [(0, "0 roles"), (1, "1 role"), (2, "2 roles")])
def test_a_noun_fits_its_count(count: int, text: str) -> None:
    assert counted(count, "role") == text


@pytest.mark.parametrize(("count", "verb"), [(0, "were"), (1, "was"), (2, "were")])
def test_a_verb_fits_its_count(count: int, verb: str) -> None:
    assert plural(count, "was", "were") == verb


def test_no_sentence_has_a_count_with_a_fixed_plural() -> None:
    found = [
        f"{path.name}: {match.group()}"
        for path in sorted(SOURCE.rglob("*.py"))
        for match in UNCHECKED.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []
