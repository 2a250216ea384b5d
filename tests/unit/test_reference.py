"""The pages of docs/reference that are about what the code has: complete, and nothing made up."""

import re
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from pharia_access.domain.reasons import Reason
from pharia_access.telemetry.metrics import OperatorMetrics
from tools.settings_reference import PAGE, page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_page_of_settings_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python3 -m tools.settings_reference"


def test_the_page_of_metrics_lists_every_exported_metric_and_no_other() -> None:
    metrics = OperatorMetrics(version="1", monotonic=time.monotonic)
    exported = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(metrics.render().decode())
    }

    listed = set(re.findall(r"`((?:pharia_access|process)_\w+)`", (REFERENCE / "metrics.md").read_text()))

    assert {name for name in exported if not name.endswith("_created")} == listed


def test_the_page_of_resources_tells_of_every_reason() -> None:
    page_text = (REFERENCE / "resources.md").read_text(encoding="utf-8")

    assert [reason for reason in Reason if f"`{reason}`" not in page_text] == []
