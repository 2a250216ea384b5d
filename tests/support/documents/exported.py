"""What both processes export, with each metric counted once: a family without a value may not show."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from pharia_access.domain.model import Phase
from pharia_access.domain.verification.certificates import Validity
from pharia_access.telemetry.metrics import OperatorMetrics
from pharia_access.telemetry.verifier_metrics import Gauges, VerifierMetrics

__all__ = ["families", "operator_page", "samples", "verifier_page"]


def operator_page() -> str:
    """The operator's `/metrics` after one of each."""
    metrics = OperatorMetrics(version="1", monotonic=time.monotonic)
    metrics.reconciled("ApiToken", "fault", 0.1)
    metrics.minted(0.1)
    metrics.hashed(0.1)
    metrics.malformed("ApiToken")
    metrics.event_dropped()
    metrics.tokens({Phase.ACTIVE: 1})
    metrics.expiring_soon({"finance": 1})
    metrics.namespace_watched("finance", watched=True)
    metrics.reloaded("keyring", successful=True)
    metrics.guards({"bind-roles": True}, None)
    return metrics.render().decode()


def verifier_page() -> str:
    """The verifier's `/metrics` after one of each."""
    metrics = VerifierMetrics(version="1")
    metrics.watch(
        Gauges(
            objects=lambda: {"ApiToken": 1},
            shared_ids=lambda: 0,
            view_ages=lambda: {"ApiToken": 1.0},
            namespaces=lambda: {"finance": True},
            argon2_waiting=lambda: 0,
            ready=lambda: True,
            keyring_keys=lambda: 1,
            keys_replaced=lambda: 0,
            clock_offset=lambda: 0.0,
        )
    )
    metrics.decided("nginx", None, 0.001)
    metrics.interrupted("ApiToken", "broken")
    metrics.malformed("ApiToken")
    metrics.last_used_written("written")
    metrics.audit_line_dropped()
    metrics.reloaded("keyring", successful=True)
    metrics.certificate("checks", Validity(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)))
    metrics.issuer_keys_read("changed")
    metrics.token_reviewed("good")
    metrics.connection_closed("idle")
    return metrics.render().decode()


def families(page: str) -> set[str]:
    """The names of the metrics as the documentation lists them: `…_created` is no metric of its own."""
    found = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
    }
    return {name for name in found if not name.endswith("_created")}


def samples(page: str) -> dict[str, set[str]]:
    """The names that a query may use, each with its labels."""
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(page) for sample in family.samples
    }
