"""The page that tells what WorkloadTokens withstand names tests that exist, for each of the criteria."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents.acceptance import absent_tests, named_tests

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "workload-token-acceptance.md").read_text(encoding="utf-8")
CLAIMS, _ = PAGE.split("## What no test shows")
ROWS = re.findall(r"^\| (\d+)\. (.+?) \| (.+) \|$", CLAIMS, re.MULTILINE)


@pytest.mark.parametrize(("claim", "tests"), [(row[1], row[2]) for row in ROWS])
def test_each_claim_names_tests_that_exist(claim: str, tests: str) -> None:
    named = named_tests(tests, folder="tests/integration")

    assert named, claim
    assert absent_tests(named) == []


def test_no_criterion_is_left_out() -> None:
    assert {int(number) for number, _, _ in ROWS} == set(range(1, 16))
