"""The page that tells what WorkloadTokens withstand names tests that exist, for each of the criteria."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "workload-token-acceptance.md").read_text(encoding="utf-8")
CLAIMS, _ = PAGE.split("## What no test shows")
ROWS = re.findall(r"^\| (\d+)\. (.+?) \| (.+) \|$", CLAIMS, re.MULTILINE)


@pytest.mark.parametrize(("claim", "tests"), [(row[1], row[2]) for row in ROWS])
def test_each_claim_names_tests_that_exist(claim: str, tests: str) -> None:
    named = re.findall(r"`([\w./]*)::(\w+)`", tests)
    file = ""

    assert named, claim
    for path, function in named:
        file = path or file
        folder = ROOT if file.startswith("tests/") else ROOT / "tests" / "integration"
        assert f"def {function}(" in (folder / file).read_text(encoding="utf-8")


def test_no_criterion_is_left_out() -> None:
    assert {int(number) for number, _, _ in ROWS} == set(range(1, 16))
