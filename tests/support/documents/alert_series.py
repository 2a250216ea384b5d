"""What an alert's case is made of: series in promtool's notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "OF_A",
    "POD",
    "Case",
    "bucket",
    "certificate",
    "decisions",
    "errors",
    "expiring",
    "one",
    "watched",
    "workloads",
]


@dataclass(frozen=True, slots=True)
class Case:
    """An alert.

    Attributes:
        fires: series with their values, one a minute.
        quiet: the same where nothing is wrong.
        summary: what it says when it fires.
        labels: what it carries beside its name and severity.
        texts: what else it says.
        minute: when to look.
    """

    alert: str
    fires: Mapping[str, str]
    quiet: Mapping[str, str]
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    minute: int = 60
    texts: Mapping[str, str] = field(default_factory=dict)


POD: Final = 'pod="a"'
OF_A: Final = {"pod": "a"}


def decisions(reason: str, *, contract: str = "nginx") -> str:
    return f'pharia_access_decisions_total{{contract="{contract}", reason="{reason}", pod="a"}}'


def one(name: str, *, fires: str, quiet: str) -> tuple[dict[str, str], dict[str, str]]:
    series = f"pharia_access_{name}{{{POD}}}"
    return {series: fires}, {series: quiet}


def errors(reason: str) -> str:
    return f'pharia_access_reconcile_errors_total{{kind="ApiToken", reason="{reason}", pod="a"}}'


def watched(pod: str, namespace: str) -> str:
    """As Prometheus calls it where it scrapes pods in the namespace `a`."""
    return f'pharia_access_namespace_watched{{namespace="a", exported_namespace="{namespace}", pod="{pod}"}}'


def expiring(namespace: str, *, of: str) -> str:
    """Of a replica, as Prometheus has it where the operator runs in the namespace `a`."""
    return f'pharia_access_tokens_expiring_soon{{token_namespace="{namespace}", namespace="a", pod="{of}"}}'


def workloads(state: str, *, of: str) -> str:
    return f'pharia_access_workload_tokens{{state="{state}", pod="{of}"}}'


def certificate(end: str) -> str:
    return f'pharia_access_certificate_not_{end}_timestamp_seconds{{certificate="checks", {POD}}}'


def bucket(bound: str) -> str:
    return f'pharia_access_decision_duration_seconds_bucket{{contract="nginx", le="{bound}", pod="a"}}'
