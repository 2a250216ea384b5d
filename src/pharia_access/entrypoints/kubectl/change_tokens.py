"""Tokens, ended: planned, asked about, carried out, told. And whose a text is."""

from datetime import datetime, timedelta

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.impact import last_use
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.moments import moment, until
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present
from pharia_access.entrypoints.kubectl.render import print_fields, print_objects
from pharia_access.entrypoints.kubectl.results import print_deletion, print_result
from pharia_access.entrypoints.kubectl.token_verdicts import phase_of, usable
from pharia_access.services.administration import tokens
from pharia_access.services.administration.queries import judged_tokens

__all__ = ["delete", "expire", "revoke", "revoke_leaked", "whois"]


async def revoke(session: CliSession, choices: CliOptions, names: tuple[str, ...]) -> None:
    """Revoke tokens for good."""
    await _revoke(session, choices, await tokens.plan_revocation(session.context, names, force=choices.force))


async def revoke_leaked(session: CliSession, choices: CliOptions, text: TokenText) -> None:
    """Revoke the token whose text somebody has."""
    await _revoke(session, choices, await tokens.plan_revocation_by_text(session.context, text, force=choices.force))


async def expire(session: CliSession, choices: CliOptions, names: tuple[str, ...], left: timedelta) -> None:
    """Let tokens end that much later from now, where they do not end earlier by themselves."""
    end = session.context.clock.now() + left
    plan = await tokens.plan_expiry(session.context, names, end, force=choices.force)
    present(choices, plan)
    async for stored in tokens.expire(session.context, plan):
        print_result(choices, stored, f"ends at {moment(end)}")


async def delete(session: CliSession, choices: CliOptions, names: tuple[str, ...]) -> None:
    """Delete tokens, and so revoke them."""
    plan = await tokens.plan_deletion(session.context, names, force=choices.force)
    present(choices, plan)
    async for before, after in tokens.delete(session.context, plan):
        print_deletion(choices, before, after)


async def whois(session: CliSession, choices: CliOptions, text: TokenText) -> None:
    """Find whose token a text is."""
    context = session.context
    found = await tokens.find_by_text(context, text)
    if choices.for_people:
        for token in await judged_tokens(context, [stored.summary for stored in found]):
            print_fields(_identity(token, context.clock.now()))
    else:
        print_objects([stored.body for stored in found], choices.output)


async def _revoke(session: CliSession, choices: CliOptions, plan: tokens.TokensPlan) -> None:
    present(choices, plan)
    async for stored in tokens.revoke(session.context, plan):
        print_result(choices, stored, "revoked")


def _identity(token: TokenSummary, now: datetime) -> list[tuple[str, str]]:
    return [
        ("Name", token.key.name),
        ("Namespace", token.key.namespace),
        ("ID", token.token_id),
        ("Credential", token.credential),
        ("Phase", phase_of(token)),
        ("Usable", usable(token)),
        ("Expires", until(token.ends, now)),
        ("Use", last_use(token, now)),
    ]
