"""Credentials, listed and shown."""

from datetime import datetime
from typing import TYPE_CHECKING

from pharia_access.domain.administration.impact import seen
from pharia_access.domain.administration.judged import judged
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import EffectiveRoles, effective
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec, list_objects, some_of
from pharia_access.entrypoints.kubectl.moments import age, moment
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.render import line_of, print_fields, print_heading, print_object, print_section
from pharia_access.entrypoints.kubectl.token_table import TOKENS_OF_ONE
from pharia_access.services.administration.queries import catalog_of, role_index, tokens_of

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["CREDENTIALS", "list_credentials", "show"]

CREDENTIALS: TableSpec[CredentialSummary] = TableSpec(
    kind=CredentialSummary,
    noun="credentials",
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        Column("ROLES", lambda shown, _: some_of(shown.roles)),
        Column("TOKENS", lambda shown, _: str(shown.counts.get("active", 0))),
        Column("READY", lambda shown, _: shown.state),
        Column("AGE", lambda shown, now: age(shown.created, now)),
        Column("HELD BY", lambda shown, _: some_of(shown.service_accounts), wide=True),
        Column("SUSPENDED", lambda shown, _: "yes" if shown.suspended else "no", wide=True),
        Column("CREATED", lambda shown, _: moment(shown.created), wide=True),
        Column("ALL ROLES", lambda shown, _: ",".join(shown.roles), wide=True),
        Column("REASON", lambda shown, _: shown.reason, wide=True),
        Column("DISPLAY NAME", lambda shown, _: shown.display_name, wide=True),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)


async def list_credentials(session: "CliSession", cli: CliOptions) -> None:
    """Print them."""
    await list_objects(session, cli, CREDENTIALS)


async def show(session: "CliSession", cli: CliOptions, name: str) -> None:
    """Print one with what its roles permit, and its tokens."""
    context = session.context
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    if not cli.for_people:
        print_object(stored.body, cli.output)
        return
    credential, tokens = stored.summary, await tokens_of(context, name)
    resolved = effective(credential.roles, role_index(await catalog_of(context)), namespace=context.namespace)
    print_fields(_fields(credential, resolved))
    print_section("Permissions", [line_of(permission) for permission in resolved.permissions])
    now = context.clock.now()
    if credential.service_accounts:
        print_section("Held by", _holders(credential, now))
    _print_tokens([judged(token, credential, now) for token in tokens], now, wide=cli.output == "wide")


def _fields(credential: CredentialSummary, resolved: EffectiveRoles) -> list[tuple[str, str]]:
    lacking = [f"{role} (unknown)" for role in resolved.unknown]
    lacking += [f"{role} (not allowed in this namespace)" for role in resolved.not_allowed]
    return [
        ("Name", credential.key.name),
        ("Namespace", credential.key.namespace),
        ("Display name", credential.display_name),
        ("Description", credential.description),
        ("Created", moment(credential.created)),
        ("Roles", ", ".join(resolved.roles)),
        ("Roles that grant nothing", ", ".join(lacking)),
        ("Suspended", "yes: its tokens are refused" if credential.suspended else "no"),
        ("Ready", f"{credential.ready} ({credential.reason})" if credential.ready else "not seen by an operator yet"),
        ("Message", credential.message if credential.ready == "False" else ""),
        ("Token policy", ", ".join(f"{name} {value}" for name, value in credential.policy.items())),
    ]


def _holders(credential: CredentialSummary, now: datetime) -> list[str]:
    return [
        f"ServiceAccount {name}: {seen(credential.last_used.get(name), now)}" for name in credential.service_accounts
    ]


def _print_tokens(tokens: list[TokenSummary], now: datetime, *, wide: bool) -> None:
    if not tokens:
        print_section("Tokens", [])
        return
    print_heading("Tokens")
    TOKENS_OF_ONE.print(tokens, now, wide=wide)
