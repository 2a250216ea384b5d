"""Credentials, listed and shown."""

from datetime import datetime

from pharia_access.bootstrap.person import Desk
from pharia_access.domain.judged import judged
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import EffectiveRoles, effective
from pharia_access.domain.summaries import CredentialSummary, TokenSummary
from pharia_access.entrypoints.kubectl.options import Choices
from pharia_access.entrypoints.kubectl.work.gathering import catalogue_of, granting, tokens_of
from pharia_access.entrypoints.kubectl.work.listing import Column, Listing, list_objects
from pharia_access.entrypoints.kubectl.work.render import (
    age,
    line_of,
    moment,
    print_fields,
    print_heading,
    print_object,
    print_section,
)
from pharia_access.entrypoints.kubectl.work.token_table import TOKENS
from pharia_access.kube.summaries import credential_summary

__all__ = ["CREDENTIALS", "list_credentials", "show"]

CREDENTIALS: Listing[CredentialSummary] = Listing(
    kind="ApiCredential",
    noun="credentials",
    read=credential_summary,
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        Column("ROLES", lambda shown, _: ",".join(shown.roles)),
        Column("TOKENS", lambda shown, _: str(shown.counts.get("active", 0))),
        Column("READY", lambda shown, _: "Deleting" if shown.deleting else shown.ready),
        Column("SUSPENDED", lambda shown, _: "yes" if shown.suspended else "no"),
        Column("AGE", lambda shown, now: age(shown.created, now)),
        Column("CREATED", lambda shown, _: moment(shown.created), wide=True),
        Column("REASON", lambda shown, _: shown.reason, wide=True),
        Column("DISPLAY NAME", lambda shown, _: shown.display_name, wide=True),
        Column("DESCRIPTION", lambda shown, _: shown.description, wide=True),
    ),
)


async def list_credentials(desk: Desk, choices: Choices) -> None:
    """Print them."""
    await list_objects(desk, choices, CREDENTIALS)


async def show(desk: Desk, choices: Choices, name: str) -> None:
    """Print one with what its roles permit, and its tokens."""
    body = await desk.objects.read("ApiCredential", ObjectKey(desk.namespace, name))
    if not choices.for_people:
        print_object(body, choices.output)
        return
    credential, tokens = credential_summary(body), await tokens_of(desk, name)
    resolved = effective(credential.roles, granting(await catalogue_of(desk)), namespace=desk.namespace)
    print_fields(_fields(credential, resolved))
    print_section("Permissions", [line_of(permission) for permission in resolved.permissions])
    now = desk.clock.now()
    _print_tokens([judged(token, credential, now) for token in tokens], now, wide=choices.output == "wide")


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
        ("Suspended", "yes: none of its tokens is accepted" if credential.suspended else "no"),
        ("Ready", f"{credential.ready} ({credential.reason})" if credential.ready else "not seen by an operator yet"),
        ("Message", credential.message if credential.ready == "False" else ""),
        ("Token policy", ", ".join(f"{name} {value}" for name, value in credential.policy.items())),
    ]


def _print_tokens(tokens: list[TokenSummary], now: datetime, *, wide: bool) -> None:
    if not tokens:
        print_section("Tokens", [])
        return
    print_heading("Tokens")
    TOKENS.print(tokens, now, wide=wide)
