"""What somebody should look at, over tokens and credentials."""

from collections.abc import Mapping
from datetime import timedelta

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.hygiene_rules import Finding, Limits
from pharia_access.domain.administration.hygiene_rules import audit as judged
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.emptiness import nothing_in
from pharia_access.entrypoints.kubectl.work.gathering import catalog_of, role_index
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.entrypoints.kubectl.work.render import print_table, print_value
from pharia_access.entrypoints.kubectl.work.terminal import say
from pharia_access.errors import AccessError
from pharia_access.kube.administration.summaries import credential_summary, token_summary

__all__ = ["FoundError", "audit"]


class FoundError(AccessError):
    """There is something to look at, or nothing was there to look at, and the exit code was to say so."""


async def audit(
    session: CliSession, choices: CliOptions, *, unused: timedelta, longest: timedelta | None, fail: bool
) -> None:
    """Print what was found. Raises FoundError if `fail`, and something was found or nothing was there to look at."""
    namespace = None if choices.all_namespaces else session.namespace
    # Tokens first: else one that was made meanwhile, with its credential, would seem to have none.
    tokens = await list_all(session.objects.pages("ApiToken", namespace), token_summary, "tokens")
    credentials = await list_all(session.objects.pages("ApiCredential", namespace), credential_summary, "credentials")
    nothing = "" if credentials or tokens else await nothing_in(session, "credentials and no tokens", namespace)
    limits = Limits(unused=unused, longest=longest)
    found = judged(tokens, credentials, role_index(await catalog_of(session)), limits=limits, now=session.clock.now())
    looked_at = {"credentials": len(credentials), "tokens": len(tokens)}
    if not choices.for_people:
        print_value({"findings": [_fields(finding) for finding in found], "lookedAt": looked_at}, choices.output)
    elif found:
        _print(found)
    elif not (nothing and fail):
        say(f"{nothing}: nothing was looked at." if nothing else f"There is nothing to look at in {_told(looked_at)}.")
    if fail and (found or nothing):
        count = _told({"findings": len(found)})
        msg = f"There is something to look at: {count}" if found else f"{nothing}: nothing was looked at"
        raise FoundError(msg)


def _print(found: list[Finding]) -> None:
    rows = [_fields(finding) for finding in found]
    print_table([heading.upper() for heading in rows[0]], [list(row.values()) for row in rows])


def _told(looked_at: Mapping[str, int]) -> str:
    return " and ".join(f"{count} {noun if count != 1 else noun[:-1]}" for noun, count in looked_at.items())


def _fields(finding: Finding) -> dict[str, str]:
    return {
        "namespace": finding.key.namespace,
        "kind": finding.kind,
        "name": finding.key.name,
        "fault": str(finding.fault),
        "message": finding.message,
    }
