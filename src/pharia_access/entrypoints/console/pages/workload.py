"""A workload token: its facts, what its conditions say, and its tokens side by side with their last uses."""

from pharia_access.domain.administration.gitops import declared_by, field_declared_by
from pharia_access.domain.administration.stored import Json
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, explain
from pharia_access.entrypoints.console.steps import in_words
from pharia_access.entrypoints.console.visits import Answer, Follows, Page, Visit
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import judged_tokens
from pharia_access.services.administration.workload_tokens import kept_tokens, read, steps_for

__all__ = ["show"]


async def show(visit: Visit) -> Answer:
    """Show it. Raises NotFoundError."""
    context = visit.context
    stored = await read(context, visit.name)
    workload = stored.summary
    tokens, unseen = await _tokens(context, workload)
    values = {
        "workload": workload,
        "credential": ObjectKey(workload.key.namespace, workload.credential),
        "places": [(token, _place(workload, token)) for token in tokens],
        "unseen": unseen,
        "steps": in_words(steps_for(workload)),
        "git": declared_by(stored.body),
        "git_fields": ", ".join(_declared_fields(stored.body)),
        "now": context.clock.now(),
    }
    shown = command(visit, "workload", "get", visit.name)
    follows = Follows(("credentials", "tokens", "workload tokens"), about=workload.credential)
    return Page("workload", workload.key.name, values, shown, follows=follows)


def _declared_fields(body: Json) -> list[str]:
    """The fields of its spec that Git declares; the others may be changed here."""
    return [f"spec.{field}" for field in body.get("spec", {}) if field_declared_by(body, field)]


async def _tokens(context: Context, workload: WorkloadSummary) -> tuple[list[TokenSummary], Failure | None]:
    try:
        return await judged_tokens(context, await kept_tokens(context, workload)), None
    except ForbiddenError as error:
        return [], explain(error)


def _place(workload: WorkloadSummary, token: TokenSummary) -> str:
    """Where it stands with its keeper."""
    name = token.key.name
    if workload.current is not None and name == workload.current.name:
        return "in the Secret"
    if workload.pending is not None and name == workload.pending.name:
        return "on its way"
    return "replaced" if name in {held.name for held in workload.replaced} else "over"
