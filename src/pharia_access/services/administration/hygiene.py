"""What somebody should look at, over tokens, credentials and workload tokens."""

from dataclasses import dataclass
from http import HTTPStatus

from pharia_access.domain.administration.findings import Finding, Limits
from pharia_access.domain.administration.hygiene_rules import audit
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.administration.workload_hygiene import audit_workloads
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.errors import UnavailableError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import (
    Nothing,
    catalog_of,
    list_all,
    nothing_in,
    role_index,
    summaries,
    tokens_in,
)

__all__ = ["HygieneReport", "report"]


@dataclass(frozen=True, slots=True)
class HygieneReport:
    """What was found, in how many objects.

    Attributes:
        nothing: where there were no objects at all, which is no all-clear.
    """

    findings: tuple[Finding, ...]
    credentials: int
    tokens: int
    workloads: int = 0
    nothing: Nothing | None = None


async def report(context: Context, limits: Limits, *, everywhere: bool = False) -> HygieneReport:
    """Look. Raises BlockedError where there is no such namespace."""
    namespace = None if everywhere else context.namespace
    # Tokens first: else one that was made meanwhile, with its credential, would seem to have none.
    tokens = await tokens_in(context, namespace)
    pages = context.objects.pages(CredentialSummary, namespace)
    credentials = await list_all(context, pages, summaries, "credentials")
    workloads = await _workloads(context, namespace)
    nothing = None if credentials or tokens or workloads else await nothing_in(context, namespace)
    catalog = role_index(await catalog_of(context))
    findings = audit(tokens, credentials, catalog, limits=limits, now=context.clock.now())
    findings = sorted([*findings, *audit_workloads(workloads)], key=lambda each: (each.key, each.kind, each.type))
    return HygieneReport(tuple(findings), len(credentials), len(tokens), len(workloads), nothing)


async def _workloads(context: Context, namespace: str | None) -> list[WorkloadSummary]:
    """All of them; none in a cluster of an earlier version, which does not know the kind."""
    pages = context.objects.pages(WorkloadSummary, namespace)
    try:
        return await list_all(context, pages, summaries, "workload tokens")
    except UnavailableError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return []
