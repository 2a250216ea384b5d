"""A workload token, rotated, suspended, resumed and deleted: each asked about first."""

from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.deletions import being_deleted
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import (
    Confirmation,
    by_last_use,
    require_change,
    screens_of,
    used_lately,
)
from pharia_access.entrypoints.console.pages.meanwhile import of_workload
from pharia_access.entrypoints.console.steps import StepLink
from pharia_access.entrypoints.console.visits import Answer, Moved, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.services.administration import workload_rotation, workload_tokens
from pharia_access.services.administration.guards import git_change, git_removal
from pharia_access.services.administration.marks import facts_mark

__all__ = [
    "ask_deletion",
    "ask_resumption",
    "ask_rotation",
    "ask_suspension",
    "delete",
    "resume",
    "rotate",
    "suspend",
]

_DELETING = (
    "Deleting a workload token also deletes its Secret and revokes its tokens at once! A program that uses one of them "
    "is refused from then on."
)
_INSTEAD = "Suspend instead: no new token is made, those that are out stay good until their ends, and it can be undone."


async def _rotation(visit: Visit) -> Confirmation:
    plan = await workload_rotation.plan_rotation(visit.context, visit.name, force=visit.insisted)
    return Confirmation(
        title=f"Rotate {visit.name}",
        action="Rotate",
        mark=facts_mark([plan.workload]),
        back=addresses.workload(visit.key),
        facts=_rotating(plan.workload.summary),
        warnings=plan.warnings,
        commit=git_change(plan.workload, plan.spec),
        dangerous=False,
        follows=of_workload(plan.workload),
        carry_out=lambda: _changed(visit, plan, "has a new token made. This page says when it is in the Secret."),
        command=command(visit, "workload", "rotate", visit.name),
    )


async def _suspension(visit: Visit) -> Confirmation:
    plan = await workload_tokens.plan_suspension(visit.context, visit.name, suspended=True, force=visit.insisted)
    require_change(plan)
    return Confirmation(
        title=f"Suspend {visit.name}",
        action="Suspend",
        mark=facts_mark([plan.workload]),
        back=addresses.workload(visit.key),
        facts=plan.consequences,
        warnings=plan.warnings,
        commit=git_change(plan.workload, plan.spec),
        follows=of_workload(plan.workload),
        carry_out=lambda: _changed(visit, plan, "was suspended. No new token is made until you resume it."),
        command=command(visit, "workload", "suspend", visit.name),
    )


async def _resumption(visit: Visit) -> Confirmation:
    plan = await workload_tokens.plan_suspension(visit.context, visit.name, suspended=False, force=visit.insisted)
    require_change(plan)
    return Confirmation(
        title=f"Resume {visit.name}",
        action="Resume",
        mark=facts_mark([plan.workload]),
        back=addresses.workload(visit.key),
        facts=("New tokens are made again. One that is due is made at once.",),
        warnings=plan.warnings,
        commit=git_change(plan.workload, plan.spec),
        dangerous=False,
        follows=of_workload(plan.workload),
        carry_out=lambda: _changed(visit, plan, "was resumed."),
        command=command(visit, "workload", "resume", visit.name),
    )


async def _deletion(visit: Visit) -> Confirmation:
    plan = await workload_tokens.plan_deletion(visit.context, visit.name, force=visit.insisted)
    workload = plan.workload.summary
    every = await workload_tokens.kept_tokens(visit.context, workload)
    tokens = by_last_use(every)
    return Confirmation(
        title="Delete workload token",
        action="Delete for good",
        mark=facts_mark([plan.workload], every),
        back=addresses.workload(visit.key),
        sentence=_DELETING,
        facts=plan.consequences[:1],
        warnings=plan.warnings,
        commit=git_removal(plan.workload),
        tokens=tokens,
        instead=None if workload.suspended else StepLink(_INSTEAD, addresses.workload(visit.key, "suspend")),
        typed=visit.name if used_lately(visit, tokens) else "",
        follows=of_workload(plan.workload),
        carry_out=lambda: _deleted(visit, plan),
        command=command(visit, "workload", "delete", visit.name),
    )


def _rotating(workload: WorkloadSummary) -> tuple[str, ...]:
    """What a new token means for the one that is used now."""
    told = f"A new token is made now, and written into the Secret {workload.secret}."
    current = workload.current
    if current is None or current.ends is None:
        return (told,)
    stays = (
        f"{current.name} stays good until {moment(current.ends)}: what uses it has until then to read the Secret again."
    )
    return told, stays


async def _changed(visit: Visit, plan: workload_tokens.WorkloadChange, what: str) -> Answer:
    stored = await workload_tokens.change(visit.context, plan)
    visit.session.notice = f"Workload token {visit.name} {what}"
    return Moved(addresses.workload(stored.summary.key))


async def _deleted(visit: Visit, plan: workload_tokens.WorkloadDeletion) -> Answer:
    after = await workload_tokens.delete(visit.context, plan)
    visit.session.notice = f"Workload token {visit.name}, its Secret and its tokens were deleted."
    if after is not None:
        stands = being_deleted(after.finalizers)
        visit.session.notice = f"Workload token {visit.name} is being deleted. {stands}"
    return Moved(addresses.workloads(visit.context.namespace))


ask_rotation, rotate = screens_of(_rotation)
ask_suspension, suspend = screens_of(_suspension)
ask_resumption, resume = screens_of(_resumption)
ask_deletion, delete = screens_of(_deletion)
