"""The list of a namespace's workload tokens."""

from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.visits import Follows, Page, Visit
from pharia_access.services.administration.queries import list_all, nothing_in, summaries

__all__ = ["show"]


async def show(visit: Visit) -> Page:
    """Show them. Raises BlockedError where there is no such namespace."""
    context = visit.context
    found = await list_all(
        context, context.objects.pages(WorkloadSummary, context.namespace), summaries, "workload tokens"
    )
    nothing = None if found else await nothing_in(context, context.namespace)
    words = visit.query.get("q", "").strip()
    rows = [each for each in sorted(found, key=lambda each: each.key.name) if _fits(each, words)]
    values = {
        "any": bool(found),
        "uncertain": nothing is not None and not nothing.certain,
        "count": len(found),
        "rows": rows,
        "filter": words,
        "now": context.clock.now(),
    }
    shown = command(visit, "workload", "list")
    return Page("workloads", "Workload tokens", values, shown, follows=Follows(("workload tokens",)))


def _fits(workload: WorkloadSummary, words: str) -> bool:
    """Whether a filter finds it."""
    texts = (workload.key.name, workload.credential, workload.secret, workload.state)
    return any(words.casefold() in text.casefold() for text in texts)
