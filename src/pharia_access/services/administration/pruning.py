"""Ended tokens, deleted for good once they ended long ago: planned, then carried out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from pharia_access.domain.administration.pruning_rules import ENDED_PHASES, Prunable, why_kept
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.durations import humanize
from pharia_access.domain.grammar import counted, plural
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ConflictError, NotFoundError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import Plan
from pharia_access.services.administration.queries import judged_tokens, list_all, nothing_in

__all__ = ["PruningPlan", "plan_pruning", "prune"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningPlan(Plan):
    """The tokens that are to be deleted, the first to end first."""

    tokens: tuple[Stored[TokenSummary], ...] = ()


async def plan_pruning(context: Context, age: timedelta, *, everywhere: bool = False) -> PruningPlan:
    """Plan to delete the tokens that ended longer ago than that. Raises BlockedError if there is no such namespace."""
    namespace = None if everywhere else context.namespace
    found = [token for phase in ENDED_PHASES for token in await _in_phase(context, namespace, phase)]
    if not found:
        await nothing_in(context, namespace)
    before = context.clock.now() - age
    verdicts = [(each, why_kept(each, before)) for each in found]
    going = sorted((each for each, kept in verdicts if kept is None), key=_end)
    notes = [
        f"{_name(each.token.key, everywhere)} is kept: {kept.why}." for each, kept in verdicts if kept and kept.told
    ]
    if not going:
        return PruningPlan(notes=(*notes, f"No token{_other(notes)} ended more than {humanize(age)} ago."))
    count, those = counted(len(going), "token"), plural(len(going), "it", "them")
    were = plural(len(going), "it was", "they were")
    return PruningPlan(
        tokens=tuple(each.stored for each in going),
        notes=tuple(notes),
        consequences=(f"{count} will be deleted permanently, and with {those} the record of what {were}.",),
        question="Delete permanently?",
    )


async def prune(context: Context, plan: PruningPlan) -> AsyncIterator[tuple[Stored[TokenSummary], bool]]:
    """Delete them, each only as it was read; each with whether it was. One that is gone is deleted too."""
    for stored in plan.tokens:
        try:
            await context.objects.delete(stored, as_read=True)
        except NotFoundError:
            yield stored, True
        except ConflictError:
            yield stored, False
        else:
            yield stored, True


async def _in_phase(context: Context, namespace: str | None, phase: str) -> list[Prunable]:
    pages = context.objects.pages(TokenSummary, namespace, fields=f"status.phase={phase}")
    stored = await list_all(context, pages, lambda each: each, "tokens")
    judged = await judged_tokens(context, [each.summary for each in stored]) if stored else []
    return [Prunable(each, token) for each, token in zip(stored, judged, strict=True)]


def _end(prunable: Prunable) -> tuple[float, ObjectKey]:
    token = prunable.token
    return (token.end.timestamp() if token.end else 0.0), token.key


def _name(key: ObjectKey, everywhere: bool) -> str:  # noqa: FBT001 - private
    return f"token {key}" if everywhere else f"token {key.name}"


def _other(notes: list[str]) -> str:
    return " but those" if notes else ""
