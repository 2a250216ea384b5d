"""What an administrator should look at of workload tokens. Rules are total; each object is asked all of them."""

from collections.abc import Callable, Iterable
from typing import Final

from pharia_access.domain.administration.findings import Finding, FindingType
from pharia_access.domain.administration.workload_tokens import WorkloadSummary

__all__ = ["audit_workloads"]

_KIND: Final = "workload"
Rule = Callable[[WorkloadSummary], "tuple[FindingType, str] | None"]


def audit_workloads(workloads: Iterable[WorkloadSummary]) -> list[Finding]:
    """Every fault, by object."""
    found = [
        Finding(_KIND, workload.key, *answer)
        for workload in workloads
        for rule in _RULES
        if (answer := rule(workload)) is not None
    ]
    return sorted(found, key=lambda finding: (finding.key, finding.type))


def _failed(workload: WorkloadSummary) -> tuple[FindingType, str] | None:
    return (FindingType.FAILED, workload.stalled) if workload.stalled else None


def _overdue(workload: WorkloadSummary) -> tuple[FindingType, str] | None:
    """What is stalled too is told of that, which says what to do."""
    if workload.stalled or workload.suspended or workload.ready != "False":
        return None
    return FindingType.OVERDUE, workload.message or workload.reason


def _still_used(workload: WorkloadSummary) -> tuple[FindingType, str] | None:
    return (FindingType.STILL_USED, workload.in_use) if workload.in_use else None


def _suspended(workload: WorkloadSummary) -> tuple[FindingType, str] | None:
    if not workload.suspended:
        return None
    return FindingType.SUSPENDED, "is suspended; no new token is made until it is resumed, and the last one ends"


def _author_unknown(workload: WorkloadSummary) -> tuple[FindingType, str] | None:
    """The right to mint is asked of who creates it, and later of the operator alone."""
    if workload.git or workload.suspended:
        return None
    under = f"mints under {workload.credential} as long as the namespace lets the operator"
    return FindingType.NO_AUTHOR, f"{under}, and no Git tool declares it: only the audit log tells who made it"


_RULES: Final[tuple[Rule, ...]] = (_failed, _overdue, _still_used, _suspended, _author_unknown)
