"""A new token, or one that was not collected yet: its secret is handed over, once."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, say
from pharia_access.entrypoints.kubectl.secret_destinations import destination_for
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.services.administration import issuing

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["collect", "create"]


async def create(
    session: "CliSession", cli: CliOptions, request: issuing.TokenRequest, secret_output: SecretOutput
) -> None:
    """Make a token, and hand its secret over."""
    plan = await issuing.plan_issue(session.context, request)
    destination = destination_for(secret_output, session.secrets, session.context.namespace)
    await destination.check()
    present(cli, plan)
    await issuing.issue(session.context, plan, destination)
    if cli.dry_run:
        say(f"token {plan.key.name} created (dry run)")


async def collect(
    session: "CliSession", _: CliOptions, name: str, secret_output: SecretOutput, wait_timeout: timedelta
) -> None:
    """Hand over the secret of a token that is there, while its window is open."""
    destination = destination_for(secret_output, session.secrets, session.context.namespace)
    await destination.check()
    await issuing.collect(session.context, name, destination, wait_timeout=wait_timeout)
