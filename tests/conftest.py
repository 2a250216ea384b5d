"""Figures that tests tell are printed at the end, whichever process found them; no generated test is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

_TOLD = "told"

# Speed is a benchmark's business: a busy machine must not make a test fail. Neither must chance: examples are the same
# each time, and `make properties` looks for others (decision 0052).
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _UNTIMED, derandomize=True)
settings.register_profile("chance", _UNTIMED, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a sentence printed after the run."""

    def tell(sentence: str) -> None:
        record_property(_TOLD, sentence)

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was told."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    sentences = [value for report in reports for name, value in report.user_properties if name == _TOLD]
    for sentence in dict.fromkeys(sentences):
        terminalreporter.write_line(str(sentence))
