"""The decisions: each has the header, names its successors, and is named by them."""

from __future__ import annotations

import pytest

from tools.decisions import FOLDER, INDEX, Decision, decisions, index, parse

DECISIONS = decisions()
BY_NUMBER = {each.number: each for each in DECISIONS}


def test_the_numbers_of_decisions_are_those_of_their_files_and_each_stands_once() -> None:
    """A number is taken when a decision is begun, so one that is not written yet leaves a gap."""
    numbers = [each.number for each in DECISIONS]

    assert [each.path.name[:4] for each in DECISIONS] == numbers
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.number)
def test_every_link_of_a_header_leads_to_the_decision_it_names(decision: Decision) -> None:
    links = decision.status_links + decision.supersedes + decision.amends

    assert [name for number, name in links if not name.startswith(number) or not (FOLDER / name).is_file()] == []


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.number)
def test_a_decision_names_all_that_supersede_or_amend_it_and_no_other(decision: Decision) -> None:
    superseding = [each.number for each in DECISIONS if decision.number in dict(each.supersedes)]
    amending = [each.number for each in DECISIONS if decision.number in dict(each.amends)]

    named = [number for number, _ in decision.status_links]
    assert named == (superseding if decision.status.startswith("superseded") else amending)
    assert bool(superseding) == decision.status.startswith("superseded")


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda each: each.number)
def test_a_decision_changes_only_what_came_before_it(decision: Decision) -> None:
    changed = [BY_NUMBER[number] for number, _ in decision.supersedes + decision.amends]

    assert [each.number for each in changed if (each.date, each.number) >= (decision.date, decision.number)] == []


def test_the_index_of_decisions_is_up_to_date() -> None:
    assert INDEX.read_text(encoding="utf-8") == index(), "run: make generate"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("# 0001: X\n\n## Summary\n", id="none"),
        pytest.param("# 0001: X\n\n- Date: today\n- Status: accepted\n- Supersedes: none\n\n", id="another date"),
        pytest.param("# 0001: X\n\n- Date: 2026-11-30\n- Status: old\n- Supersedes: none\n\n", id="another status"),
        pytest.param("# 0001: X\n\n- Date: 2026-11-30\n- Status: accepted\n\n", id="without Supersedes"),
        pytest.param(
            "# 0001: X\n\n- Date: 2026-11-30\n- Status: superseded by 0002\n- Supersedes: none\n\n", id="without a link"
        ),
    ],
)
def test_a_header_of_another_form_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"0001-x\.md: the header must be"):
        parse(FOLDER / "0001-x.md", header)
