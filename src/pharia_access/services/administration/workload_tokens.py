"""WorkloadTokens, created, suspended and deleted: each planned first, then carried out.

A person never sees a token's text here: the operator writes it into the Secret.
"""

from dataclasses import dataclass
from typing import Final

from pharia_access.domain.administration.impact import affected_users
from pharia_access.domain.administration.next_steps import (
    AllowRenewal,
    ResumeCredential,
    ResumeWorkload,
    Step,
)
from pharia_access.domain.administration.stored import Json, Right, Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Reason
from pharia_access.domain.times import format_time
from pharia_access.domain.workload import WORKLOAD_LABEL
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.guards import (
    git_warnings,
    git_warnings_of_object,
    require_mintable,
    require_right,
)
from pharia_access.services.administration.patching import patch_as_read
from pharia_access.services.administration.plans import Plan
from pharia_access.services.administration.queries import list_all, summaries

__all__ = [
    "RESOURCE",
    "StoredWorkload",
    "WorkloadChange",
    "WorkloadCreation",
    "WorkloadDeletion",
    "change",
    "create",
    "delete",
    "kept_tokens",
    "plan_creation",
    "plan_deletion",
    "plan_suspension",
    "read",
    "require_workload_right",
    "steps_for",
]

RESOURCE: Final = "workloadtokens"

StoredWorkload = Stored[WorkloadSummary]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadCreation(Plan):
    """A WorkloadToken that is to be created."""

    key: ObjectKey
    spec: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadChange(Plan):
    """A WorkloadToken, and the fields of its spec that change; none where all is as it should be."""

    workload: StoredWorkload
    spec: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadDeletion(Plan):
    """A WorkloadToken that is to be deleted, and its tokens with it."""

    workload: StoredWorkload


async def read(context: Context, name: str) -> StoredWorkload:
    """Read one live. Raises NotFoundError."""
    return await context.objects.read(WorkloadSummary, ObjectKey(context.namespace, name))


async def kept_tokens(context: Context, workload: WorkloadSummary) -> list[TokenSummary]:
    """Its tokens, the latest first: only those whose keeper it is, whatever their labels say."""
    pages = context.objects.pages(TokenSummary, workload.key.namespace, labels=f"{WORKLOAD_LABEL}={workload.key.name}")
    tokens = await list_all(context, pages, summaries, "tokens")
    kept = [token for token in tokens if token.keeper == workload.key.name]
    return sorted(kept, key=lambda token: (len(token.key.name), token.key.name), reverse=True)


def steps_for(workload: WorkloadSummary) -> tuple[Step, ...]:
    """What lets it make tokens again, where that is known."""
    named = ObjectKey(workload.key.namespace, workload.credential)
    known: dict[str, Step] = {
        Reason.NOT_DELEGATED: AllowRenewal(workload.key),
        Reason.CREDENTIAL_SUSPENDED: ResumeCredential(named),
        Reason.SUSPENDED: ResumeWorkload(workload.key),
    }
    step = known.get(workload.reason)
    return () if step is None else (step,)


async def plan_creation(context: Context, name: str, spec: Json) -> WorkloadCreation:
    """Plan one. `spec` names its credential. Raises BlockedError."""
    await require_right(context, Right("create", RESOURCE), "create workload tokens")
    await require_mintable(context, spec["credentialRef"]["name"])
    return WorkloadCreation(key=ObjectKey(context.namespace, name), spec=spec)


async def create(context: Context, plan: WorkloadCreation) -> StoredWorkload:
    """Create it. Raises AlreadyExistsError."""
    return await context.objects.create(WorkloadSummary, plan.key, plan.spec)


async def plan_suspension(context: Context, name: str, *, suspended: bool, force: bool = False) -> WorkloadChange:
    """Plan to let it make no token, or to let it make them again. Raises BlockedError."""
    stored = await read(context, name)
    workload = stored.summary
    if workload.suspended == suspended:
        note = f"workload token {name} is {'already suspended' if suspended else 'not suspended'}"
        return WorkloadChange(workload=stored, spec={}, notes=(note,))
    fields = {"suspended": suspended}
    warnings = git_warnings(stored, fields, force=force)
    await require_workload_right(context, "patch", name, "change")
    if not suspended:
        await require_mintable(context, workload.credential)
        return WorkloadChange(workload=stored, spec=fields, warnings=warnings)
    told = f"No new token will be made for {name} until it is resumed. {_until_then(workload)}"
    return WorkloadChange(workload=stored, spec=fields, warnings=warnings, consequences=(told,), question="Suspend it?")


async def change(context: Context, plan: WorkloadChange) -> StoredWorkload:
    """Change what was read. Raises ConflictError if somebody changed it since; a status that was written is no harm."""
    return await patch_as_read(context, plan.workload, plan.spec)


async def plan_deletion(context: Context, name: str, *, force: bool = False) -> WorkloadDeletion:
    """Plan to delete it, and so its tokens and its Secret. Raises BlockedError."""
    stored = await read(context, name)
    await require_workload_right(context, "delete", name, "delete")
    warnings = git_warnings_of_object(stored, force=force)
    workload = stored.summary
    tokens = [token for token in await kept_tokens(context, workload) if token.active]
    its = {0: "has no active token", 1: "its token is revoked"}.get(
        len(tokens), f"its {counted(len(tokens), 'token')} are revoked"
    )
    return WorkloadDeletion(
        workload=stored,
        warnings=warnings,
        consequences=(
            f"The workload token {name} will be deleted permanently: {its}, and the Secret {workload.secret} goes.",
            *affected_users(tokens, context.clock.now()),
        ),
        question="Delete permanently?",
    )


async def delete(context: Context, plan: WorkloadDeletion) -> StoredWorkload | None:
    """Delete it. Returns it where it still stands; None where it is gone."""
    return await context.objects.delete(plan.workload)


def _until_then(workload: WorkloadSummary) -> str:
    if workload.current is None or workload.current.ends is None:
        return "There is no token yet."
    return f"{workload.current.name} stays good until {format_time(workload.current.ends)}, and no longer."


async def require_workload_right(context: Context, verb: str, name: str, what: str) -> None:
    """Raise BlockedError if whoever asks has not that right to it."""
    await require_right(context, Right(verb, RESOURCE, name), f"{what} the workload token {name}")
