"""What somebody should look at, over tokens and credentials."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from pharia_access.domain.administration.findings import Finding, Limits
from pharia_access.domain.grammar import counted
from pharia_access.entrypoints.kubectl.listing import nothing_listed
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.render import print_table, print_value
from pharia_access.errors import AccessError
from pharia_access.services.administration.hygiene import HygieneReport, report

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["FoundError", "audit"]


class FoundError(AccessError):
    """There is something to look at, or nothing was there to look at, and the exit code was to say so."""


async def audit(
    session: "CliSession", cli: CliOptions, *, unused: timedelta, longest: timedelta | None, fail: bool
) -> None:
    """Print what was found. Raises FoundError if `fail`, and something was found or nothing was there to look at."""
    limits = Limits(unused=unused, longest=longest)
    found = await report(session.context, limits, everywhere=cli.all_namespaces)
    nothing = "" if found.nothing is None else nothing_listed(found.nothing, "credentials and no tokens")
    looked_at = {"credentials": found.credentials, "tokens": found.tokens, "workloadTokens": found.workloads}
    if not cli.for_people:
        findings = [_fields(finding) for finding in found.findings]
        print_value({"findings": findings, "lookedAt": looked_at}, cli.output)
    elif found.findings:
        _print(found.findings)
    elif not (nothing and fail):
        print_lines(f"{nothing}: nothing was looked at." if nothing else f"Nothing found in {_looked_at(found)}.")
    if fail and (found.findings or nothing):
        count = counted(len(found.findings), "finding")
        msg = f"Something was found: {count}" if found.findings else f"{nothing}: nothing was looked at"
        raise FoundError(msg)


def _print(found: Sequence[Finding]) -> None:
    rows = [_fields(finding) for finding in found]
    print_table([heading.upper() for heading in rows[0]], [list(row.values()) for row in rows])


def _looked_at(found: HygieneReport) -> str:
    kept = f", {counted(found.workloads, 'workload token')}" if found.workloads else ""
    return f"{counted(found.credentials, 'credential')}{kept} and {counted(found.tokens, 'token')}"


def _fields(finding: Finding) -> dict[str, str]:
    return {
        "namespace": finding.key.namespace,
        "kind": finding.kind,
        "name": finding.key.name,
        "fault": str(finding.type),
        "message": finding.message,
    }
