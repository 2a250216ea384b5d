"""The threat model names, for each line, the goal that tries it; and each finding is a goal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.attacks.directed import DIRECTED
from tests.attacks.elsewhere import TRIED_ELSEWHERE
from tests.attacks.goals import GOALS
from tests.attacks.known import FOUND, NOT_YET_MENDED

TESTS = Path(__file__).resolve().parents[2]
PAGE = (TESTS.parent / "docs/explanation/threat-model.md").read_text(encoding="utf-8")
NAMES = {goal.name for goal in GOALS} | {goal.name for goal in TRIED_ELSEWHERE}
SOURCES = {source for goal in (*GOALS, *TRIED_ELSEWHERE) for source in goal.sources}
FINDINGS = {f"attacks.md {number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)}
"""Those that somebody can be seen to reach; 10 is of the chart's order."""
FAULTS = {f"faults.md {number}" for number in (1, 2, 3, 4, 9, 11)}


def table(title: str) -> list[list[str]]:
    (section,) = re.findall(rf"\n##+ {title}\n(.*?)(?=\n##|\Z)", PAGE, re.DOTALL)
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [row for row in rows[1:] if not set(row[0]) <= {"-"}]


TRIED = table("What tries each line")


def test_each_line_of_the_threat_model_says_what_tries_it() -> None:
    asked = [row[1] for row in table("Who might try what")]

    assert [row[0] for row in TRIED] == list(dict.fromkeys(asked))


@pytest.mark.parametrize("row", TRIED, ids=[row[0] for row in TRIED])
def test_what_tries_a_line_is_a_goal_or_says_why_there_is_none(row: list[str]) -> None:
    named = [name for name in NAMES if name in row[1]]

    assert named or "not tried: " in row[1]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_goal_is_named_in_the_threat_model(name: str) -> None:
    assert name in " ".join(PAGE.split())


@pytest.mark.parametrize("finding", sorted(FINDINGS | FAULTS))
def test_each_finding_is_a_goal(finding: str) -> None:
    assert finding in SOURCES


def test_each_sequence_has_a_name_of_its_own_and_a_goal_that_there_is() -> None:
    assert len({found.play.name for found in DIRECTED}) == len(DIRECTED)
    assert {found.goal for found in DIRECTED} <= NAMES


def test_what_is_not_mended_yet_is_tried() -> None:
    tried = {one.finding for one in DIRECTED} | {source for goal in TRIED_ELSEWHERE for source in goal.sources}

    assert set(NOT_YET_MENDED) | set(FOUND) <= tried


@pytest.mark.parametrize("test", [test for goal in TRIED_ELSEWHERE for test in goal.tests])
def test_what_is_tried_elsewhere_is_tried(test: str) -> None:
    file, _, function = test.partition("::")
    text = (TESTS / file).read_text(encoding="utf-8")

    assert f"def {function or 'test_'}" in text
