"""The pages of docs/reference that are about what the code has: complete, and nothing made up."""

import re
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from pharia_access.domain.reasons import Reason
from pharia_access.domain.verification import Refusal
from pharia_access.telemetry.metrics import OperatorMetrics
from pharia_access.telemetry.verifier_metrics import Gauges, VerifierMetrics
from tools.settings_reference import PAGE, page

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"

GAUGES = Gauges(
    objects=lambda: {"ApiToken": 1},
    shared_ids=lambda: 0,
    view_ages=lambda: {"ApiToken": 1.0},
    argon2_waiting=lambda: 0,
    ready=lambda: True,
    keyring_keys=lambda: 1,
    clock_offset=lambda: 0.0,
)


def test_the_page_of_settings_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python3 -m tools.settings_reference"


def test_the_page_of_metrics_lists_every_exported_metric_and_no_other() -> None:
    exported = _families(OperatorMetrics(version="1", monotonic=time.monotonic).render()) | _families(_counted_once())

    listed = set(re.findall(r"`((?:pharia_access|process)_\w+)`", (REFERENCE / "metrics.md").read_text()))

    assert {name for name in exported if not name.endswith("_created")} == listed


def test_the_page_of_resources_tells_of_every_reason() -> None:
    page_text = (REFERENCE / "resources.md").read_text(encoding="utf-8")

    assert [reason for reason in Reason if f"`{reason}`" not in page_text] == []


def test_the_page_of_the_verifier_tells_of_every_refusal() -> None:
    page_text = (REFERENCE / "verifier.md").read_text(encoding="utf-8")

    assert [refusal for refusal in Refusal if f"| `{refusal}` |" not in page_text] == []


def _families(rendered: bytes) -> set[str]:
    return {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(rendered.decode())
    }


def _counted_once() -> bytes:
    """The verifier's metrics after one of each, since a family without a value may not show."""
    metrics = VerifierMetrics(version="1")
    metrics.watch(GAUGES)
    metrics.decided("nginx", None, 0.001)
    metrics.interrupted("ApiToken", "broken")
    metrics.malformed("ApiToken")
    metrics.last_used_written("written")
    metrics.audit_line_dropped()
    return metrics.render()
