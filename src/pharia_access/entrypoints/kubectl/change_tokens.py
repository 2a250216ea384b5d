"""Tokens, ended: planned, asked about, carried out, told."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pharia_access.entrypoints.kubectl.moments import moment
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present
from pharia_access.entrypoints.kubectl.results import print_deletion, print_result
from pharia_access.services.administration import tokens

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["delete", "expire", "revoke", "revoke_leaked"]


async def revoke(session: "CliSession", cli: CliOptions, names: tuple[str, ...], reason: str) -> None:
    """Revoke tokens for good."""
    plan = await tokens.plan_revocation(session.context, names, reason=reason, force=cli.force)
    await _revoke(session, cli, plan)


async def revoke_leaked(session: "CliSession", cli: CliOptions, ids: tuple[str, ...], reason: str) -> None:
    """Revoke the token that somebody found."""
    plan = await tokens.plan_revocation_by_ids(session.context, ids, reason=reason, force=cli.force)
    await _revoke(session, cli, plan)


async def expire(session: "CliSession", cli: CliOptions, names: tuple[str, ...], left: timedelta) -> None:
    """Let tokens end that much later from now, where they do not end earlier by themselves."""
    end = session.context.clock.now() + left
    plan = await tokens.plan_expiry(session.context, names, end, force=cli.force)
    present(cli, plan)
    async for stored in tokens.expire(session.context, plan):
        print_result(cli, stored, f"ends at {moment(end)}")


async def delete(session: "CliSession", cli: CliOptions, names: tuple[str, ...]) -> None:
    """Delete tokens, and so revoke them."""
    plan = await tokens.plan_deletion(session.context, names, force=cli.force)
    present(cli, plan)
    async for before, after in tokens.delete(session.context, plan):
        print_deletion(cli, before, after)


async def _revoke(session: "CliSession", cli: CliOptions, plan: tokens.RevocationPlan) -> None:
    present(cli, plan)
    async for stored in tokens.revoke(session.context, plan):
        print_result(cli, stored, "revoked")
