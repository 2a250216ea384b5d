"""The form for a credential's roles; what it takes away is asked about first."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.impact import affected_holders
from pharia_access.domain.administration.role_changes import role_change
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.grammar import counted, plural
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import Confirmation, by_last_use, confirm
from pharia_access.entrypoints.console.failures import explain, is_declared_in_git
from pharia_access.entrypoints.console.pages.meanwhile import changed_when, of_credential
from pharia_access.entrypoints.console.pages.offered_roles import offered, permissions_of
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.entrypoints.console.words import permission_words
from pharia_access.errors import AccessError, ConflictError
from pharia_access.services.administration import credentials
from pharia_access.services.administration.guards import git_change
from pharia_access.services.administration.marks import facts_mark
from pharia_access.services.administration.queries import tokens_of

__all__ = ["ask", "save"]

EDITING: Final = (
    "Adding or removing a role from a credential affects all applications using the credential's associated tokens!"
)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why the form is shown again."""

    sentence: str = ""
    error: AccessError | None = None
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY


async def ask(visit: Visit) -> Answer:
    """The form with the roles as they are."""
    stored = await visit.context.objects.read(CredentialSummary, visit.key)
    return await _form(visit, stored, stored.summary.roles)


async def save(visit: Visit) -> Answer:
    """Give it the chosen roles; ask first where some are taken away."""
    stored = await visit.context.objects.read(CredentialSummary, visit.key)
    chosen = _chosen(visit, stored)
    if visit.form.one("seen") != facts_mark([stored]):
        return await _form(visit, stored, chosen, _Trouble(_changed_by_others(stored), status=HTTPStatus.CONFLICT))
    try:
        return await _saved(visit, stored, chosen)
    except ConflictError:
        stored = await visit.context.objects.read(CredentialSummary, visit.key)
        return await _form(visit, stored, chosen, _Trouble(_changed_by_others(stored), status=HTTPStatus.CONFLICT))
    except AccessError as error:
        return await _form(visit, stored, chosen, _Trouble(error=error, status=explain(error).status))


def _chosen(visit: Visit, stored: Stored[CredentialSummary]) -> tuple[str, ...]:
    """The roles that were chosen; those that it holds stay in their order."""
    chosen, held = visit.form.all("role"), stored.summary.roles
    return (*(role for role in held if role in chosen), *(role for role in chosen if role not in held))


async def _saved(visit: Visit, stored: Stored[CredentialSummary], chosen: Sequence[str]) -> Answer:
    plan = await credentials.plan_edit(visit.context, visit.name, {}, lambda _: chosen, force=visit.insisted)
    if not plan.spec:
        visit.session.notice = f"Credential {visit.name} already has these roles."
        return Moved(addresses.credential(visit.key))
    if plan.question:
        return await confirm(visit, await _confirmation(visit, stored, plan))
    return await _carried_out(visit, plan)


async def _carried_out(visit: Visit, plan: credentials.ChangePlan) -> Answer:
    await credentials.edit(visit.context, plan)
    visit.session.notice = f"The roles of {visit.name} were changed. They count at once."
    return Moved(addresses.credential(visit.key))


async def _confirmation(visit: Visit, stored: Stored[CredentialSummary], plan: credentials.ChangePlan) -> Confirmation:
    chosen, before = _chosen(visit, stored), stored.summary.roles
    change = role_change(before, chosen)
    old = set(await permissions_of(visit.context, before))
    new = set(await permissions_of(visit.context, chosen))
    tokens = by_last_use(await tokens_of(visit.context, visit.name))
    taken, given = sorted(map(permission_words, old - new)), sorted(map(permission_words, new - old))
    return Confirmation(
        title="Edit credentials roles",
        action=f"Save and take away {counted(len(change.removed), 'role')}",
        mark=facts_mark([plan.credential], tokens, *sorted(chosen), *taken, *given),
        back=addresses.credential(visit.key, "roles"),
        sentence=EDITING,
        facts=(
            _affected(visit.name, len(tokens)),
            *affected_holders(stored.summary, visit.context.clock.now()),
            f"Roles: {change}.",
            f"Permissions taken away (−): {', '.join(taken) or 'none'}.",  # noqa: RUF001 - a minus sign
            f"Permissions added (+): {', '.join(given) or 'none'}.",
        ),
        warnings=plan.warnings,
        commit=git_change(plan.credential, plan.spec),
        tokens=tokens,
        fields=[("seen", visit.form.one("seen")), *(("role", role) for role in chosen)],
        follows=of_credential(plan.credential, tokens),
        carry_out=lambda: _carried_out(visit, plan),
        command=_command(visit, before, chosen),
    )


async def _form(
    visit: Visit, stored: Stored[CredentialSummary], chosen: Sequence[str], trouble: _Trouble | None = None
) -> Page:
    held = stored.summary.roles
    tokens = by_last_use(await tokens_of(visit.context, visit.name))
    error = trouble.error if trouble else None
    values = {
        "sentence": EDITING,
        "affected": _affected(visit.name, len(tokens)),
        "tokens": tokens,
        "roles": await offered(visit.context, chosen, held=held),
        "seen": facts_mark([stored]),
        "changed": trouble.sentence if trouble else "",
        "failure": explain(error) if error else None,
        "in_git": error is not None and is_declared_in_git(error),
        "kept": trouble is not None,
        "back": addresses.credential(visit.key),
        "now": visit.context.clock.now(),
    }
    status, follows = trouble.status if trouble else HTTPStatus.OK, of_credential(stored, tokens)
    return Page("roles-form", "Edit credentials roles", values, _command(visit, held, chosen), status, follows)


def _affected(name: str, active: int) -> str:
    if not active:
        return f"{name} has no active token."
    return f"{name} has {active} active {plural(active, 'token')}; the change counts at once."


def _changed_by_others(stored: Stored[CredentialSummary]) -> str:
    roles, when = ", ".join(stored.summary.roles), changed_when(stored)
    return f"This credential was changed{when}: its roles are {roles}. Your change is below; look, then save again."


def _command(visit: Visit, before: Sequence[str], chosen: Sequence[str]) -> str:
    change = role_change(before, chosen)
    added, removed = list(change.added), list(change.removed)
    if added and removed:
        return "\n".join(_one(visit, verb, roles) for verb, roles in (("add", added), ("remove", removed)))
    return _one(visit, "remove", removed) if removed else _one(visit, "add", added or ["ROLE"])


def _one(visit: Visit, verb: str, roles: Sequence[str]) -> str:
    return command(visit, "credential", "roles", verb, visit.name, *roles)
