"""Tokens, listed and shown."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.listing import list_objects
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.render import age, ago, moment, print_fields, print_object, until
from pharia_access.entrypoints.kubectl.token_table import TOKENS
from pharia_access.entrypoints.kubectl.token_verdicts import agrees, phase_of, revocation, secret_state, usable
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.queries import judged_tokens

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["list_tokens", "show"]

_JUDGED = replace(TOKENS, complete=judged_tokens)


async def list_tokens(session: "CliSession", cli: CliOptions, credential: str) -> None:
    """Print them: all, or those of a credential. Raises NotFoundError where there is neither one nor the other."""
    if not credential:
        await list_objects(session, cli, _JUDGED)
        return
    selector = f"spec.credentialRef.name={credential}"
    found = await list_objects(session, cli, _JUDGED, fields=selector, of_whom=f" of {credential}")
    if not found and not cli.all_namespaces:
        with suppress(ForbiddenError):
            await session.context.objects.read(CredentialSummary, ObjectKey(session.context.namespace, credential))


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
        ("Name", token.key.name),
        ("Namespace", token.key.namespace),
        ("ID", token.token_id),
        ("Credential", token.credential),
        ("Description", token.description),
        ("Phase", phase_of(token)),
        ("Usable", usable(token)),
        ("Reason", token.reason),
        ("Message", token.message if agrees(token) else ""),
        ("Created", moment(token.created)),
        ("Expires", until(token.ends, now)),
        ("Revoked", revocation(token)),
        ("Last used", f"{age(token.last_used, now)} ago" if token.last_used else "never seen in use"),
        ("Inspected", ago(token.last_inspected, now)),
        ("Secret", secret_state(token, now)),
    ]
