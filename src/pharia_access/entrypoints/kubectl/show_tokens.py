"""Tokens, listed and shown."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.entrypoints.kubectl.listing import list_objects
from pharia_access.entrypoints.kubectl.moments import ago, moment, until
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.render import print_fields, print_object
from pharia_access.entrypoints.kubectl.token_table import TOKENS, TOKENS_OF_ONE
from pharia_access.entrypoints.kubectl.token_verdicts import agrees, identity, revocation, secret_state
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.queries import judged_tokens

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["list_tokens", "show"]

_JUDGED = replace(TOKENS, complete=judged_tokens)
_JUDGED_OF_ONE = replace(TOKENS_OF_ONE, complete=judged_tokens)


async def list_tokens(session: "CliSession", cli: CliOptions, credential: str, phase: Phase | None) -> None:
    """Print them: all, or those of a credential or a phase. Raises NotFoundError if there is no such credential."""
    fields = [f"spec.credentialRef.name={credential}"] if credential else []
    fields += _in_phase(phase) if phase else []
    of_whom = (f" of {credential}" if credential else "") + (f" in phase {phase}" if phase else "")
    table = _JUDGED_OF_ONE if credential else _JUDGED
    found = await list_objects(session, cli, table, fields=",".join(fields), of_whom=of_whom)
    if credential and not found and not cli.all_namespaces:
        with suppress(ForbiddenError):
            await session.context.objects.read(CredentialSummary, ObjectKey(session.context.namespace, credential))


def _in_phase(phase: Phase) -> list[str]:
    """As a field selector. A token that no operator has seen has no phase, and is pending."""
    if phase is not Phase.PENDING:
        return [f"status.phase={phase}"]
    return [f"status.phase!={other}" for other in Phase if other is not phase]


async def show(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Print one."""
    context = session.context
    stored = await context.objects.read(TokenSummary, ObjectKey(context.namespace, name))
    if cli.for_people:
        (token,) = await judged_tokens(context, [stored.summary])
        print_fields(_fields(token, context.clock.now()))
    else:
        print_object(stored.body, cli.output)


def _fields(token: TokenSummary, now: datetime) -> list[tuple[str, str]]:
    return [
        *identity(token),
        ("Reason", token.reason),
        ("Message", token.message if agrees(token) else ""),
        ("Created", moment(token.created)),
        ("Expires", until(token.end, now)),
        ("Revoked", revocation(token)),
        ("Last used", ago(token.last_used, now, never="never seen in use")),
        ("Inspected", until(token.last_inspected, now)),
        ("Secret", secret_state(token, now)),
    ]
