"""A new token, or one that was not collected yet: its secret is handed over, once."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.moments import until
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.own_secret_destination import report_overwritten
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.secret_destinations import destination_for
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.services.administration import issuing
from pharia_access.services.administration.destinations import SecretDestination

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["collect", "create"]


async def create(
    session: "CliSession", cli: CliOptions, request: issuing.TokenRequest, secret_output: SecretOutput
) -> None:
    """Make a token, and hand its secret over."""
    plan = await issuing.plan_issue(session.context, request)
    destination = destination_for(
        secret_output, session.secrets, session.context.namespace, credential=request.credential
    )
    await destination.check()
    present(cli, plan)
    token = await issuing.issue(session.context, plan, destination)
    if cli.dry_run:
        print_lines(f"token {plan.key.name} created (dry run)")
    else:
        await _report_issued(session, token, destination)


async def collect(
    session: "CliSession", _: CliOptions, name: str, secret_output: SecretOutput, wait_timeout: timedelta
) -> None:
    """Hand over the secret of a token that is there, while its window is open."""
    context = session.context
    there = await context.objects.read(TokenSummary, ObjectKey(context.namespace, name))
    credential = there.summary.credential
    destination = destination_for(secret_output, session.secrets, context.namespace, credential=credential)
    await destination.check()
    token = await issuing.collect(context, name, destination, wait_timeout=wait_timeout)
    await _report_issued(session, token, destination)


async def _report_issued(session: "CliSession", token: TokenSummary, destination: SecretDestination) -> None:
    """When it ends, and what is to be done about the one before it."""
    print_lines(f"The token {token.key.name} ends at {until(token.ends, session.context.clock.now())}.")
    await report_overwritten(session, destination)
