"""A credential, suspended, resumed and deleted: each asked about first."""

from typing import Final

from pharia_access.domain.administration.impact import affected_holders
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.deletions import being_deleted
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import (
    Confirmation,
    by_last_use,
    require_change,
    screens_of,
    used_by_pods,
    used_lately,
)
from pharia_access.entrypoints.console.pages.meanwhile import of_credential
from pharia_access.entrypoints.console.steps import StepLink
from pharia_access.entrypoints.console.visits import Answer, Moved, Visit
from pharia_access.services.administration import credentials
from pharia_access.services.administration.guards import git_change, git_removal
from pharia_access.services.administration.marks import facts_mark
from pharia_access.services.administration.queries import tokens_of

__all__ = ["ask_deletion", "ask_resumption", "ask_suspension", "delete", "resume", "suspend"]

DELETING: Final = (
    "Deleting a credential also deletes all its associated tokens! Any system using one of these tokens will no longer "
    "have access to the PhariaAI platform."
)
_INSTEAD: Final = "Suspend instead: it stops all of them at once, and can be undone."


async def _suspension(visit: Visit) -> Confirmation:
    """In a leak nobody is sent to Git first; that Git may undo it is said."""
    plan = await credentials.plan_suspension(visit.context, visit.name, suspended=True, force=True)
    require_change(plan)
    tokens = by_last_use(await tokens_of(visit.context, visit.name))
    return Confirmation(
        title=f"Suspend {visit.name}",
        action="Suspend",
        mark=facts_mark([plan.credential], tokens),
        back=addresses.credential(visit.key),
        facts=(f"No token of {visit.name} is accepted until you resume it.", *_holders(visit, plan.credential)),
        warnings=_undone_by_git(plan.warnings),
        commit=git_change(plan.credential, plan.spec),
        tokens=tokens,
        follows=of_credential(plan.credential, tokens),
        carry_out=lambda: _changed(visit, plan, "was suspended. None of its tokens is accepted until you resume it."),
        command=command(visit, "credential", "suspend", visit.name),
    )


async def _resumption(visit: Visit) -> Confirmation:
    plan = await credentials.plan_suspension(visit.context, visit.name, suspended=False, force=visit.insisted)
    require_change(plan)
    tokens = by_last_use(await tokens_of(visit.context, visit.name))
    return Confirmation(
        title=f"Resume {visit.name}",
        action="Resume",
        mark=facts_mark([plan.credential], tokens),
        back=addresses.credential(visit.key),
        facts=(f"The tokens of {visit.name} are accepted again, until each of them ends.",),
        warnings=plan.warnings,
        commit=git_change(plan.credential, plan.spec),
        tokens=tokens,
        dangerous=False,
        follows=of_credential(plan.credential, tokens),
        carry_out=lambda: _changed(visit, plan, "was resumed."),
        command=command(visit, "credential", "resume", visit.name),
    )


async def _deletion(visit: Visit) -> Confirmation:
    plan = await credentials.plan_deletion(visit.context, visit.name, force=visit.insisted)
    every = await tokens_of(visit.context, visit.name)
    tokens = by_last_use(every)
    return Confirmation(
        title="Delete credential",
        action="Delete for good",
        mark=facts_mark([plan.credential], every),
        back=addresses.credential(visit.key),
        sentence=DELETING,
        facts=(_what_goes(visit.name, len(every)), *_holders(visit, plan.credential)),
        warnings=plan.warnings,
        commit=git_removal(plan.credential),
        tokens=tokens,
        instead=None if plan.credential.summary.suspended else _suspend_instead(visit.key),
        typed=visit.name if used_lately(visit, tokens) or _pods_ask(visit, plan.credential) else "",
        follows=of_credential(plan.credential, tokens),
        carry_out=lambda: _deleted(visit, plan),
        command=command(visit, "credential", "delete", visit.name),
    )


def _pods_ask(visit: Visit, stored: Stored[CredentialSummary]) -> bool:
    return used_by_pods(visit, stored.summary, stored.summary.service_accounts)


def _holders(visit: Visit, stored: Stored[CredentialSummary]) -> list[str]:
    return affected_holders(stored.summary, visit.context.clock.now())


def _what_goes(name: str, count: int) -> str:
    its = f"{name} has no tokens" if not count else f"{name} and its {counted(count, 'token')}"
    return f"{its}." if not count else f"This deletes {its}."


def _suspend_instead(key: ObjectKey) -> StepLink:
    return StepLink(_INSTEAD, addresses.credential(key, "suspend"))


def _undone_by_git(warnings: tuple[str, ...]) -> tuple[str, ...]:
    return (*warnings, "Git may undo this: change it there too.") if warnings else ()


async def _changed(visit: Visit, plan: credentials.ChangePlan, what: str) -> Answer:
    stored = await credentials.edit(visit.context, plan)
    visit.session.notice = f"Credential {visit.name} {what}"
    return Moved(addresses.credential(stored.summary.key))


async def _deleted(visit: Visit, plan: credentials.DeletionPlan) -> Answer:
    after = await credentials.delete(visit.context, plan)
    visit.session.notice = f"Credential {visit.name} and its tokens were deleted."
    if after is not None:
        stands = being_deleted(after.finalizers)
        visit.session.notice = f"Credential {visit.name} is being deleted, and its tokens are refused. {stands}"
    return Moved(addresses.credentials(visit.context.namespace))


ask_suspension, suspend = screens_of(_suspension)
ask_resumption, resume = screens_of(_resumption)
ask_deletion, delete = screens_of(_deletion)
