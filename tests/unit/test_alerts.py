"""The chart's alerts, by Prometheus' own promtool; and that alerts and dashboard ask for what there is."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pharia_access.domain.reasons import Phase
from pharia_access.domain.verdict import Refusal
from pharia_access.errors import ForbiddenError, label_of
from pharia_access.kube.reflector_store import Interruption
from tests.support.documents.alert_cases import CASES
from tests.support.documents.alert_series import Case
from tests.support.documents.exported import operator_page, samples, verifier_page
from tools.debian_programs import MissingProgramError, find_program

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "charts" / "pharia-access" / "files"
ALERTS = FILES / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "runbooks"

RULES: dict[str, Any] = {
    rule["alert"]: rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
}
DASHBOARD = json.loads((FILES / "dashboard.json").read_text())
QUERIES = [(name, rule["expr"]) for name, rule in RULES.items()] + [
    (panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", [])
]
VALUES = {
    "reason": {*Refusal, "ok", label_of(ForbiddenError), "fault", "other"},
    "cause": {*Interruption},
    "phase": {*Phase},
    "state": {"current", "overdue", "ended", "stalled"},
}


@pytest.fixture(scope="session")
def promtool() -> Path:
    try:
        return find_program("promtool")
    except MissingProgramError as error:
        pytest.skip(str(error))


def run(promtool: Path, *arguments: str | Path) -> str:
    """What promtool says; empty if all is well."""
    done = subprocess.run(
        [promtool, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_prometheus_accepts_the_rules(promtool: Path) -> None:
    assert run(promtool, "check", "rules", "--lint-fatal", ALERTS) == ""


def test_prometheus_understands_the_queries_of_the_dashboard(promtool: Path, tmp_path: Path) -> None:
    queries = [query.replace("$__rate_interval", "5m") for name, query in QUERIES if name not in RULES]
    rules = [{"record": f"query{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert rules
    assert run(promtool, "check", "rules", file) == ""


def group(case: Case, series: dict[str, str], *, fires: bool) -> dict[str, Any]:
    """A test of promtool: with these series, the alert fires or does not."""
    rule = RULES[case.alert]
    expected = {
        "exp_labels": {**rule["labels"], **case.labels},
        "exp_annotations": {**rule["annotations"], "summary": case.summary, **case.texts},
    }
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{case.minute}m", "alertname": case.alert, "exp_alerts": [expected] if fires else []}
        ],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_it_fires_where_something_is_wrong_and_only_there(promtool: Path, tmp_path: Path, case: Case) -> None:
    tests = [group(case, dict(case.fires), fires=True), group(case, dict(case.quiet), fires=False)]
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))

    assert run(promtool, "test", "rules", file) == ""


@pytest.mark.parametrize("alert", ["PhariaAccessNoVerifier", "PhariaAccessNoLeader"])
def test_it_fires_where_nothing_is_heard_at_all(promtool: Path, tmp_path: Path, alert: str) -> None:
    (case,) = (case for case in CASES if case.alert == alert)
    file = tmp_path / "test.yaml"
    tests = [group(case, {"up": "0x60"}, fires=True)]
    file.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1m", "tests": tests}))

    assert run(promtool, "test", "rules", file) == ""


def test_each_alert_has_a_case_and_a_runbook() -> None:
    assert [case.alert for case in CASES] == list(RULES)
    assert {page.stem for page in RUNBOOKS.glob("PhariaAccess*.md")} == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_it_names_its_runbook_which_tells_what_it_means_and_what_to_do(name: str) -> None:
    page = (RUNBOOKS / f"{name}.md").read_text()

    assert RULES[name]["annotations"]["runbook_url"] == f"RUNBOOKS/{name}.md"
    assert page.startswith(f"# {name}\n")
    assert RULES[name]["annotations"]["description"] in " ".join(page.split())
    assert "\n## Look\n" in page
    assert "\n## Do\n" in page
    assert f"[{name}]({name}.md)" in (RUNBOOKS / "README.md").read_text()


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[name for name, _ in QUERIES])
def test_a_query_asks_for_metrics_labels_and_values_that_there_are(name: str, query: str) -> None:
    exported = {**samples(operator_page()), **samples(verifier_page())}
    asked = re.findall(r"((?:pharia_access|process)_\w+)(?:\{([^}]*)\})?", query)

    assert asked
    assert [metric for metric, _ in asked if metric not in exported] == []
    for metric, matchers in asked:
        for label, values in re.findall(r'(\w+)[=!~]+"([^"]*)"', matchers):
            assert label in exported[metric] | {"job", "namespace"}
            assert set(values.split("|")) <= VALUES.get(label, set(values.split("|")))
