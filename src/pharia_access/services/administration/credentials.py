"""Credentials, created, changed, suspended and deleted: each planned first, then carried out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pharia_access.domain.administration.impact import affected_holders, affected_users
from pharia_access.domain.administration.next_steps import SuspendCredential
from pharia_access.domain.administration.role_changes import RoleChange, role_change
from pharia_access.domain.administration.stored import Json, Right, Stored
from pharia_access.domain.administration.summaries import CredentialSummary, RoleSummary, TokenSummary
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.guards import (
    git_warnings,
    git_warnings_of_object,
    require_grantable,
    require_known,
    require_right,
)
from pharia_access.services.administration.patching import patch_as_read
from pharia_access.services.administration.plans import BlockedError, Plan
from pharia_access.services.administration.queries import catalog_of, role_index, tokens_of

__all__ = [
    "ChangePlan",
    "CreationPlan",
    "DeletionPlan",
    "create",
    "delete",
    "edit",
    "first_lifetime",
    "offered_roles",
    "plan_creation",
    "plan_deletion",
    "plan_edit",
    "plan_suspension",
]

_USUAL_LIFE: Final = timedelta(days=90)

Replaced = Callable[[tuple[str, ...]], Iterable[str]]
"""From a credential's roles to those it is to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationPlan(Plan):
    """A credential that is to be created."""

    key: ObjectKey
    spec: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan(Plan):
    """A credential, and the fields of its spec that change; none where all is as it should be."""

    credential: Stored[CredentialSummary]
    spec: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPlan(Plan):
    """A credential that is to be deleted, and its tokens with it."""

    credential: Stored[CredentialSummary]


async def offered_roles(context: Context) -> list[RoleSummary]:
    """The roles that a credential of this namespace may hold."""
    return [role for role in await catalog_of(context) if role.role and role.role.allows(context.namespace)]


async def plan_creation(context: Context, name: str, roles: tuple[str, ...], spec: Json) -> CreationPlan:
    """Plan a credential with these roles. Raises BlockedError."""
    await require_right(context, Right("create", "apicredentials"), "create credentials")
    require_known(roles, role_index(await catalog_of(context)), namespace=context.namespace)
    await require_grantable(context, roles)
    return CreationPlan(key=ObjectKey(context.namespace, name), spec={"roles": list(dict.fromkeys(roles)), **spec})


async def create(context: Context, plan: CreationPlan) -> Stored[CredentialSummary]:
    """Create it. Raises AlreadyExistsError."""
    return await context.objects.create(CredentialSummary, plan.key, plan.spec)


def first_lifetime(credential: CredentialSummary) -> timedelta:
    """How long a first token of it may well live."""
    return min(_USUAL_LIFE, credential.longest_life or _USUAL_LIFE)


async def plan_edit(
    context: Context, name: str, spec: Json, replaced: Replaced | None, *, force: bool = False
) -> ChangePlan:
    """Plan to change fields of its spec, and its roles where `replaced` says how. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    before = stored.summary.roles
    change = role_change(before, before if replaced is None else replaced(before))
    fields = {**spec, **({"roles": list(change.roles)} if change else {})}
    if not fields:
        note = f"credential {name} already has these roles: {', '.join(before)}"
        return ChangePlan(credential=stored, spec={}, notes=(note,))
    await _require(context, "patch", name, "change")
    warnings = git_warnings(stored, fields, force=force)
    if not change:
        return ChangePlan(credential=stored, spec=fields, warnings=warnings)
    told = await _impact(context, stored, change)
    if change.removed:
        question = "Change the roles?"
        return ChangePlan(credential=stored, spec=fields, warnings=warnings, consequences=told, question=question)
    return ChangePlan(credential=stored, spec=fields, warnings=(*warnings, *told))


async def _impact(context: Context, stored: Stored[CredentialSummary], change: RoleChange) -> tuple[str, ...]:
    """Whom a change of roles affects. Raises BlockedError for one that would grant nothing."""
    name = stored.summary.key.name
    if not change.roles:
        msg = "A credential needs a role"
        raise BlockedError(msg, SuspendCredential(stored.summary.key))
    require_known(change.added, role_index(await catalog_of(context)), namespace=context.namespace)
    await require_grantable(context, change.added)
    tokens = await tokens_of(context, name)
    active, holders = sum(token.active for token in tokens), len(stored.summary.service_accounts)
    held_by = f", and {counted(holders, 'ServiceAccount')}" if holders else ""
    everyone = f"This changes the permissions of all tokens of {name} immediately ({active} active{held_by}): {change}"
    if change.removed:
        return everyone, *_affected(context, stored, tokens)
    return (everyone,) if active or holders else ()


def _affected(context: Context, stored: Stored[CredentialSummary], tokens: Sequence[TokenSummary]) -> tuple[str, ...]:
    now = context.clock.now()
    return (*affected_users(tokens, now), *affected_holders(stored.summary, now))


async def plan_suspension(context: Context, name: str, *, suspended: bool, force: bool = False) -> ChangePlan:
    """Plan to let none of its tokens pass, or to let them pass again. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    if stored.summary.suspended == suspended:
        note = f"credential {name} is {'already suspended' if suspended else 'not suspended'}"
        return ChangePlan(credential=stored, spec={}, notes=(note,))
    warnings = git_warnings(stored, {"suspended": suspended}, force=force)
    plan = ChangePlan(credential=stored, spec={"suspended": suspended}, warnings=warnings)
    await _require(context, "patch", name, "change")
    return await _asking_first(context, plan) if suspended else plan


async def _asking_first(context: Context, plan: ChangePlan) -> ChangePlan:
    name = plan.credential.summary.key.name
    affected = _affected(context, plan.credential, await tokens_of(context, name))
    return ChangePlan(
        credential=plan.credential,
        spec=plan.spec,
        warnings=plan.warnings,
        consequences=(f"All tokens of {name} will be refused until it is resumed.", *affected),
        question="Suspend it?",
    )


async def edit(context: Context, plan: ChangePlan) -> Stored[CredentialSummary]:
    """Change what was read. Raises ConflictError if somebody changed it since; a status that was written is no harm."""
    return await patch_as_read(context, plan.credential, plan.spec)


async def plan_deletion(context: Context, name: str, *, force: bool = False) -> DeletionPlan:
    """Plan to delete it, and so its tokens. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    await _require(context, "delete", name, "delete")
    warnings = git_warnings_of_object(stored, force=force)
    tokens = await tokens_of(context, name)
    its = {0: ", which has no tokens,", 1: " and its token"}.get(
        len(tokens), f" and its {counted(len(tokens), 'token')}"
    )
    return DeletionPlan(
        credential=stored,
        warnings=warnings,
        consequences=(
            f"The credential {name}{its} will be deleted permanently.",
            *_affected(context, stored, tokens),
        ),
        question="Delete permanently?",
    )


async def delete(context: Context, plan: DeletionPlan) -> Stored[CredentialSummary] | None:
    """Delete it. Returns it where it still stands; None where it is gone."""
    return await context.objects.delete(plan.credential)


async def _require(context: Context, verb: str, name: str, what: str) -> None:
    await require_right(context, Right(verb, "apicredentials", name), f"{what} the credential {name}")
