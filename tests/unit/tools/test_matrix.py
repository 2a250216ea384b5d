"""What the page of versions says of a run, from pytest's own report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.matrix_report import Run, keep, outcome, text

if TYPE_CHECKING:
    from pathlib import Path

REPORT = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="2" failures="1" skipped="1" tests="6" time="1.0">
<testcase classname="tests.integration.test_crds" name="test_one[a.b]" time="0.1" />
<testcase classname="tests.integration.test_crds" name="test_one[b]" time="0.1" />
<testcase classname="tests.integration.test_crds" name="test_two" time="0"><failure message="a">b</failure></testcase>
<testcase classname="tests.integration.test_crds" name="test_two" time="0.1"><error message="no">too</error></testcase>
<testcase classname="tests.integration.test_chart" name="test_three" time="0"><error message="no">why</error></testcase>
<testcase classname="tests.integration.test_chart" name="test_four" time="0"><skipped message="no nginx" /></testcase>
</testsuite></testsuites>
"""
RUN = Run(
    version="1.32",
    server="1.32.13",
    commit="0123abc",
    day="2026-11-30",
    tests="all",
    workers=2,
    minutes=25.04,
    conditions="- 2 cores",
    passed=1_000,
    skipped=1,
    failed=["test_crds::test_two"],
)


def test_a_test_counts_once_however_often_it_failed(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(REPORT, encoding="utf-8")

    assert outcome(report) == {
        "passed": 2,
        "skipped": 1,
        "failed": ["test_chart::test_three", "test_crds::test_two"],
    }


def test_a_version_has_one_line_and_what_failed_is_named() -> None:
    page = text([RUN, replace(RUN, version="1.34", server="1.34.4", failed=[], tests="-k crds")])

    assert "| 1.32.13 | 1,000 | 1 | 1 | all | 25.0 | 2 | 2026-11-30 | 0123abc |" in page
    assert "| 1.34.4 | 1,000 | 0 | 1 | a part | 25.0 |" in page
    assert page.count("Only `-k crds`.") == 1
    assert page.count("- `test_crds::test_two`") == 1


def test_a_later_run_replaces_that_on_the_same_version(tmp_path: Path) -> None:
    lines = tmp_path / "kubernetes.jsonl"
    for run in (replace(RUN, version="1.34"), RUN, replace(RUN, passed=7), replace(RUN, version="1.9")):
        keep(run, lines)

    kept = lines.read_text(encoding="utf-8").splitlines()

    assert [line.partition(", ")[0] for line in kept] == [f'{{"version": "{v}"' for v in ("1.9", "1.32", "1.34")]
    assert '"passed": 7' in kept[1]
