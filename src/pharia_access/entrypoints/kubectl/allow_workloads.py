"""The operator, allowed to make tokens for workload tokens: planned, written, or printed for Git."""

from typing import TYPE_CHECKING

from pharia_access.domain.administration.delegation import Delegation, Outcome
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.render import print_documents
from pharia_access.services.administration.delegating import delegate, plan_delegation
from pharia_access.services.administration.workload_tokens import read

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["allow"]


async def allow(session: "CliSession", cli: CliOptions, name: str, credential: str, operator: ObjectKey) -> None:
    """Write what lets it: under the credential of that workload token, under that one, or under all."""
    context = session.context
    if name:
        credential = (await read(context, name)).summary.credential
    delegations = session.delegations()
    plan = plan_delegation(delegations, Delegation(context.namespace, operator, credential))
    present(cli, plan)
    done = await delegate(context, delegations, plan)
    if not cli.for_people:
        print_documents(plan.objects, cli.output)
        return
    for label, outcome in done:
        word = "created" if outcome is Outcome.CREATED else "is there already"
        print_lines(f"{label} {word}" + (" (dry run)" if cli.dry_run else ""))
