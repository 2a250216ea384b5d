"""Continuous integration: a contributor hears within minutes, on each Python that is supported."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from tools.plugin import PYTHONS

ROOT = Path(__file__).resolve().parents[2]
JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text(encoding="utf-8"))["jobs"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_lint_and_unit_tests_run_on_every_python_that_is_supported() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    pythons = JOBS["check"]["strategy"]["matrix"]["python"]

    assert pythons[0] == oldest.removeprefix(">=")
    assert pythons == list(PYTHONS)
    assert JOBS["check"]["steps"][-1] == {"run": "make check"}


def test_a_contributor_hears_within_a_quarter_of_an_hour() -> None:
    quick = [name for name, job in JOBS.items() if job["timeout-minutes"] <= 15]

    assert "check" in quick
    assert [name for name in quick if "needs" in JOBS[name]] == []


def test_all_that_must_pass_runs_behind_the_quick_checks() -> None:
    assert JOBS["test"]["needs"] == "check"
    assert JOBS["test"]["steps"][-1] == {"run": ".ci/run"}
    assert "\nmake test <" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_of_make_that_a_job_runs_is_one() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    workflows = (ROOT / ".github" / "workflows").glob("*.yaml")
    texts = [path.read_text(encoding="utf-8") for path in (*workflows, ROOT / ".ci" / "run")]
    run = re.findall(r"^ *(?:- run: |)make ([a-z0-9-]+)", "\n".join(texts), re.MULTILINE)

    assert {"check", "docs", "plugin"} <= set(run)
    assert set(run) - targets == set()
