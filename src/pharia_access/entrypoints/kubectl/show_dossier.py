"""`kubectl access token whois`: all that is known of a token that somebody found, and what to do next."""

from datetime import datetime
from typing import TYPE_CHECKING

from pharia_access.domain.administration.impact import last_use
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.kubectl.moments import moment, until
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.printing import write
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.entrypoints.kubectl.render import line_of, print_fields, print_objects, print_section
from pharia_access.entrypoints.kubectl.token_verdicts import identity, revocation, secret_state
from pharia_access.services.administration import tokens
from pharia_access.services.administration.whois import Dossier, examine, readers_in_words, roles_in_words

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["whois"]


async def whois(session: "CliSession", cli: CliOptions, ids: tuple[str, ...]) -> None:
    """Find the tokens with these IDs, and tell all that one may know of them."""
    context = session.context
    found = await tokens.find_by_ids(context, ids)
    if not cli.for_people:
        print_objects([stored.body for stored in found], cli.output)
        return
    for number, stored in enumerate(found):
        if number:
            write("")
        dossier = await examine(context, session.access(), stored.summary)
        _show(dossier, context.clock.now())
        print_lines(*in_words(dossier.next_steps, session.options))


def _show(dossier: Dossier, now: datetime) -> None:
    print_fields([*identity(dossier.token), *_life(dossier.token, now), ("Roles", roles_in_words(dossier))])
    if dossier.roles is not None:
        print_section("Permissions, as the roles are now", [line_of(each) for each in dossier.roles.permissions])
    if dossier.readers is not None:
        token = dossier.token
        title = f"May read Secret {token.secret_name} in namespace {token.key.namespace} by RBAC, as of now"
        print_section(title, readers_in_words(dossier.readers))


def _life(token: TokenSummary, now: datetime) -> list[tuple[str, str]]:
    return [
        ("Created", moment(token.created)),
        ("Minted", until(token.issued, now)),
        ("Secret", secret_state(token, now)),
        ("Use", last_use(token, now)),
        ("Inspected", until(token.last_inspected, now)),
        ("Expires", until(token.ends, now)),
        ("Revoked", revocation(token)),
    ]
