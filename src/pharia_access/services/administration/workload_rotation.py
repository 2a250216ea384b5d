"""A new token for a WorkloadToken, asked for by a person and waited for. The operator writes it into the Secret."""

from datetime import timedelta
from typing import Final

from pharia_access.domain.administration.next_steps import ResumeWorkload, ShowWorkload, Step
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.backoff import Backoff
from pharia_access.domain.times import format_time
from pharia_access.errors import AccessError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.guards import git_warnings, require_mintable
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.workload_tokens import (
    StoredWorkload,
    WorkloadChange,
    read,
    require_workload_right,
    steps_for,
)

__all__ = ["NotRenewedError", "plan_rotation", "wait_for_rotation"]

_POLLING: Final = Backoff(first=0.1, longest=2.0)


class NotRenewedError(AccessError):
    """The new token is not in its Secret; the text says why, `next_steps` what can be done."""

    def __init__(self, message: str, *next_steps: Step) -> None:
        super().__init__(message)
        self.next_steps = next_steps


async def plan_rotation(context: Context, name: str, *, force: bool = False) -> WorkloadChange:
    """Plan to have a new token made now. The one before stays good until its own end. Raises BlockedError."""
    stored = await read(context, name)
    workload = stored.summary
    if workload.deleting:
        msg = f"The workload token {name} is being deleted"
        raise BlockedError(msg)
    if workload.suspended:
        msg = f"The workload token {name} is suspended: it makes no new token"
        raise BlockedError(msg, ResumeWorkload(workload.key))
    asked = {"rotate": format_time(context.clock.now())}
    warnings = git_warnings(stored, asked, force=force)
    await require_workload_right(context, "patch", name, "change")
    await require_mintable(context, workload.credential)
    return WorkloadChange(workload=stored, spec=asked, warnings=warnings)


async def wait_for_rotation(
    context: Context, asked: StoredWorkload, before: WorkloadSummary, *, wait_timeout: timedelta
) -> WorkloadSummary:
    """Wait until a later revision than before is in the Secret, made for what was asked or for something later.

    Raises NotRenewedError where the operator says that it makes none, or after `wait_timeout`.
    """
    key, generation = asked.summary.key, asked.summary.generation
    deadline, looks = context.clock.now() + wait_timeout, 0
    with context.progress.waiting(key) as tell:
        while True:
            workload = (await context.objects.read(WorkloadSummary, key)).summary
            if workload.held > before.held and workload.obeyed == workload.rotate:
                return workload
            why = _why_not_yet(workload, generation)
            if workload.seen >= generation and workload.hindered and workload.pending is None:
                msg = f"No new token is made for {key.name}: {workload.message or workload.reason}"
                raise NotRenewedError(msg, *(steps_for(workload) or (ShowWorkload(key),)))
            if context.clock.now() >= deadline:
                msg = f"The new token is not in the Secret {workload.secret} yet: {why}"
                raise NotRenewedError(msg, ShowWorkload(key))
            tell(why)
            looks += 1
            await context.clock.sleep(_POLLING.after(looks))


def _why_not_yet(workload: WorkloadSummary, generation: int) -> str:
    if workload.seen < generation:
        return "the operator has not seen the change yet"
    if workload.pending is None:
        return workload.message or "the operator has not begun yet"
    return f"{workload.pending.name} is made, and every verifier is given the time to learn of it"
