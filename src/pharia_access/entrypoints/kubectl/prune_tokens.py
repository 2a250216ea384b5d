"""Ended tokens, deleted: listed, asked about, carried out, told."""

from datetime import timedelta
from typing import TYPE_CHECKING

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.kubectl.listing import Column, TableSpec
from pharia_access.entrypoints.kubectl.moments import ago
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.services.administration.pruning import plan_pruning
from pharia_access.services.administration.pruning import prune as carry_out

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["prune"]

_ENDED: TableSpec[TokenSummary] = TableSpec(
    kind=TokenSummary,
    noun="tokens",
    columns=(
        Column("NAME", lambda shown, _: shown.key.name),
        Column("CREDENTIAL", lambda shown, _: shown.credential),
        Column("PHASE", lambda shown, _: shown.phase),
        Column("ENDED", lambda shown, now: ago(shown.end, now)),
    ),
)


async def prune(session: "CliSession", cli: CliOptions, age: timedelta) -> None:
    """Delete the tokens that ended longer ago than that."""
    plan = await plan_pruning(session.context, age, everywhere=cli.all_namespaces)
    if plan.tokens:
        now = session.context.clock.now()
        _ENDED.print([stored.summary for stored in plan.tokens], now, namespace=cli.all_namespaces)
    present(cli, plan)
    done = kept = 0
    try:
        async for stored, deleted in carry_out(session.context, plan):
            done, kept = done + deleted, kept + (not deleted)
            if not deleted:
                print_lines(f"{stored.label} is kept: somebody changed it meanwhile.")
    finally:  # also secret_output somebody interrupts
        if plan.tokens:
            print_lines(f"{done} of {len(plan.tokens)} deleted" + (" (dry run)" if cli.dry_run else ""))
