"""For pytest: writes each test that fails to the file that the environment names: `-p tools.failed_tests`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

__all__ = ["LIST"]

LIST: Final = "FAILED_INTEGRATION_TESTS"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write them where one process has seen all reports: the one that pytest was started as."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    reports = [*reporter.stats.get("failed", []), *reporter.stats.get("error", [])]
    tests = dict.fromkeys(report.nodeid for report in reports)
    Path(os.environ[LIST]).write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")  # noqa: TID251 - ours
