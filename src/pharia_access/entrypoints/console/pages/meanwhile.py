"""What happened to the object of an open form: told on the form as soon as it happens, before anybody sends it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from pharia_access.domain.administration.last_change import last_change
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.workload_tokens import WorkloadSummary
from pharia_access.domain.grammar import counted
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.confirmations import by_last_use
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.visits import Answer, Data, Follows, Screen, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.services.administration.marks import facts_mark
from pharia_access.services.administration.queries import tokens_of

__all__ = [
    "changed_when",
    "of_credential",
    "of_token",
    "of_workload",
    "tell_credential",
    "tell_token",
    "tell_workload",
]


def of_credential(stored: Stored[CredentialSummary], tokens: Sequence[TokenSummary] | None = None) -> Follows:
    """What a form about that credential follows; `tokens`: the active ones, where the form names them."""
    key, marks = stored.summary.key, {"seen": facts_mark([stored])}
    if tokens is not None:
        marks["tokens"] = facts_mark([], tokens)
    address = f"{addresses.credential(key, 'meanwhile')}?{urlencode(marks)}"
    return Follows(("credentials", "tokens"), about=key.name, meanwhile=address)


def of_token(stored: Stored[TokenSummary]) -> Follows:
    """What a form about that token follows."""
    token = stored.summary
    address = f"{addresses.token(token.key, 'meanwhile')}?{urlencode({'seen': facts_mark([stored], [token])})}"
    return Follows(("credentials", "tokens"), about=token.credential, meanwhile=address)


def of_workload(stored: Stored[WorkloadSummary]) -> Follows:
    """What a form about that workload token follows."""
    workload = stored.summary
    address = f"{addresses.workload(workload.key, 'meanwhile')}?{urlencode({'seen': facts_mark([stored])})}"
    return Follows(("workload tokens",), about=workload.credential, meanwhile=address)


def changed_when(stored: Stored[Any]) -> str:
    """By which program and when, as far as it says; managedFields do not know the person."""
    change = last_change(stored.body)
    return f" at {moment(change.at)} (by {change.manager})" if change else ""


async def _credential(visit: Visit) -> str:
    stored = await visit.context.objects.read(CredentialSummary, visit.key)
    credential = stored.summary
    if visit.query.get("seen") != facts_mark([stored]):
        now = "it is being deleted" if credential.deleting else f"its roles are {', '.join(credential.roles) or 'none'}"
        held = credential.service_accounts
        holders = f", ServiceAccounts that hold it: {', '.join(held)}" if held else ""
        suspended = ", and it is suspended" if credential.suspended else ""
        return f"Credential {visit.name} was changed{changed_when(stored)}: {now}{holders}{suspended}."
    if "tokens" not in visit.query:
        return ""
    tokens = by_last_use(await tokens_of(visit.context, visit.name))
    if visit.query["tokens"] == facts_mark([], tokens):
        return ""
    return f"The tokens of {visit.name} changed: it has {counted(len(tokens), 'active token')} now."


async def _token(visit: Visit) -> str:
    stored = await visit.context.objects.read(TokenSummary, visit.key)
    token = stored.summary
    if visit.query.get("seen") == facts_mark([stored], [token]):
        return ""
    ends = f", and ends at {moment(token.end)}" if token.active and token.end else ""
    return f"Token {visit.name} was changed{changed_when(stored)}: it is {token.in_words}{ends}."


async def _workload(visit: Visit) -> str:
    stored = await visit.context.objects.read(WorkloadSummary, visit.key)
    if visit.query.get("seen") == facts_mark([stored]):
        return ""
    state = " It is suspended." if stored.summary.suspended else ""
    return f"Workload token {visit.name} was changed{changed_when(stored)}.{state}"


def _telling(noun: str, look: Callable[[Visit], Awaitable[str]]) -> Screen:
    async def tell(visit: Visit) -> Answer:
        try:
            why = await look(visit)
        except NotFoundError:
            why = f"{noun} {visit.name} was deleted. This was seen at {visit.context.clock.now():%H:%M} UTC."
        except ForbiddenError as error:
            failure = explain(error)
            why = " ".join([failure.sentence, *(step.text for step in failure.steps)])
        return Data({"why": why})

    return tell


tell_credential, tell_token = _telling("Credential", _credential), _telling("Token", _token)
tell_workload = _telling("Workload token", _workload)
"""What only our script asks for: a sentence, or an empty one where the object is as the form shows it."""
