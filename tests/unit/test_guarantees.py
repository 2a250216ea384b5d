"""The page of guarantees names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/guarantees.md"
NAMED = sorted(set(re.findall(r"`((?:unit|integration|e2e)/[\w/]+\.py(?:::\w+)?)`", PAGE.read_text())))


@pytest.mark.parametrize("name", NAMED)
def test_every_guarantee_is_held_by_a_test_that_exists(name: str) -> None:
    file, _, function = name.partition("::")
    text = (ROOT / "tests" / file).read_text()

    assert f"def {function}(" in text if function else "def test_" in text or "class " in text


def test_each_guarantee_names_one() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "---" not in line]
    guarantees = [row for row in rows if not row.startswith("| guarantee ")]

    assert guarantees
    assert [row for row in guarantees if not re.search(r"`\w+/[\w/]+\.py|\(\.\./\.\./bench", row)] == []
