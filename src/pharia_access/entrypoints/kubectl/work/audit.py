"""What somebody should look at, over tokens and credentials."""

from datetime import timedelta

from pharia_access.bootstrap.person import Desk
from pharia_access.domain.audit_rules import Finding, Limits
from pharia_access.domain.audit_rules import audit as judged
from pharia_access.entrypoints.kubectl.options import Choices
from pharia_access.entrypoints.kubectl.work.gathering import catalogue_of, granting
from pharia_access.entrypoints.kubectl.work.listing import gathered
from pharia_access.entrypoints.kubectl.work.render import print_table, print_value
from pharia_access.entrypoints.kubectl.work.terminal import say
from pharia_access.errors import AccessError
from pharia_access.kube.summaries import credential_summary, token_summary

__all__ = ["FoundError", "audit"]


class FoundError(AccessError):
    """There is something to look at, and the exit code was to say so."""


async def audit(desk: Desk, choices: Choices, *, unused: timedelta, longest: timedelta | None, fail: bool) -> None:
    """Print what was found."""
    namespace = None if choices.all_namespaces else desk.namespace
    credentials = await gathered(desk.objects.pages("ApiCredential", namespace), credential_summary, "credentials")
    tokens = await gathered(desk.objects.pages("ApiToken", namespace), token_summary, "tokens")
    limits = Limits(unused=unused, longest=longest)
    found = judged(tokens, credentials, granting(await catalogue_of(desk)), limits=limits, now=desk.clock.now())
    _print(choices, found)
    if found and fail:
        msg = f"There is something to look at: {len(found)} findings"
        raise FoundError(msg)


def _print(choices: Choices, found: list[Finding]) -> None:
    rows = [_fields(finding) for finding in found]
    if not choices.for_people:
        print_value({"findings": rows}, choices.output)
    elif rows:
        print_table([heading.upper() for heading in rows[0]], [list(row.values()) for row in rows])
    else:
        say("There is nothing to look at.")


def _fields(finding: Finding) -> dict[str, str]:
    return {
        "namespace": finding.key.namespace,
        "kind": finding.kind,
        "name": finding.key.name,
        "fault": str(finding.fault),
        "message": finding.message,
    }
