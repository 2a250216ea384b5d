"""The operator, allowed to make tokens for workload tokens: planned, written, or printed for Git."""

from typing import TYPE_CHECKING

from pharia_access.domain.administration.delegation import USUAL_OPERATOR, Delegation, Outcome, named_operator
from pharia_access.domain.administration.next_steps import ShowWorkload
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.render import print_documents
from pharia_access.services.administration.delegating import delegate, plan_delegation
from pharia_access.services.administration.workload_tokens import read

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["allow"]


async def allow(session: "CliSession", cli: CliOptions, name: str, credential: str, operator: ObjectKey | None) -> None:
    """Write what lets it: under the credential of that workload token, under that one, or under all.

    Without an operator it is the one that the workload token's status names, else the usual one.
    """
    context = session.context
    if name:
        workload = (await read(context, name)).summary
        credential, operator = workload.credential, operator or named_operator(workload.message)
    delegations = session.delegations()
    plan = plan_delegation(delegations, Delegation(context.namespace, operator or USUAL_OPERATOR, credential))
    present(cli, plan)
    done = await delegate(context, delegations, plan)
    if not cli.for_people:
        print_documents(plan.objects, cli.output)
        return
    for label, outcome in done:
        word = "created" if outcome is Outcome.CREATED else "is there already"
        print_lines(f"{label} {word}" + (" (dry run)" if cli.dry_run else ""))
    if name and not cli.dry_run:  # the operator tries again by itself
        print_lines(*in_words((ShowWorkload(ObjectKey(context.namespace, name)),), session.options))
