"""ServiceAccounts that hold a credential: one is added, or the credential is taken away from one."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.names import is_subdomain
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.holders import audience_of
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import (
    Confirmation,
    require_change,
    screens_of,
    unless_in_git,
    used_by_pods,
)
from pharia_access.entrypoints.console.failures import Failure, at_field
from pharia_access.entrypoints.console.pages.meanwhile import of_credential
from pharia_access.entrypoints.console.steps import in_words
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.errors import AccessError
from pharia_access.services.administration import credentials, holders
from pharia_access.services.administration.credentials import ChangePlan
from pharia_access.services.administration.guards import git_change
from pharia_access.services.administration.marks import facts_mark
from pharia_access.services.administration.plans import MalformedError

__all__ = ["ask_addition", "ask_removal", "remove", "save"]

TAKING: Final = (
    "Taking the credential away affects all applications that run as this ServiceAccount! They will no longer have "
    "access to the PhariaAI platform."
)
_NAME: Final = "Use the name of a ServiceAccount: lower-case letters and digits, with - and dots in between."
_FIELDS: Final = {"spec.serviceAccounts": "account"}


async def ask_addition(visit: Visit) -> Answer:
    """The empty form."""
    return await _form(visit, {})


async def _save(visit: Visit) -> Answer:
    """Let the ServiceAccount hold the credential, unless something is wrong with the name."""
    account = visit.form.one("account")
    if not is_subdomain(account):
        return await _form(visit, {"account": _NAME})
    plan = await holders.plan_addition(visit.context, visit.name, [account], force=visit.insisted)
    if not plan.spec:
        visit.session.notice = f"ServiceAccount {account} already holds {visit.name}."
        return Moved(addresses.credential(visit.key))
    told = (*plan.warnings, *(step.text for step in in_words(plan.next_steps)))
    try:
        return await _changed(
            visit, plan, " ".join((f"ServiceAccount {account} holds {visit.name} from now on.", *told))
        )
    except AccessError as error:
        return await _form(visit, *at_field(error, _FIELDS))


save = unless_in_git(_save)


async def _removal(visit: Visit) -> Confirmation:
    account = visit.form.one("account") or visit.query.get("account", "")
    plan = await holders.plan_removal(visit.context, visit.name, [account], force=visit.insisted)
    if not is_subdomain(account):
        message = "That is no name of a ServiceAccount"
        raise MalformedError(message)
    require_change(plan)
    return Confirmation(
        title=f"Take {visit.name} away from {account}",
        action="Take it away",
        mark=facts_mark([plan.credential], (), account),
        back=addresses.credential(visit.key),
        sentence=TAKING,
        facts=plan.consequences,
        warnings=plan.warnings,
        commit=git_change(plan.credential, plan.spec),
        typed=account if used_by_pods(visit, plan.credential.summary, [account]) else "",
        fields=[("account", account)],
        follows=of_credential(plan.credential),
        carry_out=lambda: _changed(visit, plan, f"ServiceAccount {account} no longer holds {visit.name}."),
        command=command(visit, "credential", "holders", "remove", visit.name, account),
    )


ask_removal, remove = screens_of(_removal)


async def _changed(visit: Visit, plan: ChangePlan, notice: str) -> Answer:
    await credentials.edit(visit.context, plan)
    visit.session.notice = notice
    return Moved(addresses.credential(visit.key))


async def _form(visit: Visit, errors: Mapping[str, str], failure: Failure | None = None) -> Page:
    stored = await visit.context.objects.read(CredentialSummary, visit.key)
    values = {
        "errors": errors,
        "failure": failure,
        "form": visit.form,
        "name": visit.name,
        "audience": audience_of(visit.name),
        "back": addresses.credential(visit.key),
    }
    shown = command(visit, "credential", "holders", "add", visit.name, visit.form.one("account") or "ACCOUNT")
    wrong = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return Page("new-holder", f"Let a ServiceAccount hold {visit.name}", values, shown, wrong, of_credential(stored))
