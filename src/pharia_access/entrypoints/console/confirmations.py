"""A page that asks before something is done, and does it only while what it said is still so.

It carries a mark of the facts that it named. Who confirms sends the mark back. Everything is planned anew, and where
the facts are others, the page asks again.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.git_change import GitChange
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.grammar import counted
from pharia_access.entrypoints.console.failures import explain, is_declared_in_git
from pharia_access.entrypoints.console.steps import StepLink
from pharia_access.entrypoints.console.visits import Answer, Follows, Page, Screen, Visit
from pharia_access.errors import AccessError, ConflictError
from pharia_access.services.administration.credentials import ChangePlan
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.workload_tokens import WorkloadChange

__all__ = [
    "Confirmation",
    "by_last_use",
    "confirm",
    "require_change",
    "screens_of",
    "unless_in_git",
    "used_by_pods",
    "used_lately",
]

_LATELY: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is asked.

    Attributes:
        sentence: what to mind above all, in the words that people know; empty for what can be undone.
        facts: sentences about this very case.
        commit: what Git would have to say, where it declares what changes here.
        tokens: those that it affects, the one used last first.
        instead: what would do less harm.
        noun: what `tokens` are.
        spread: whether they may be of several namespaces.
        kept: sentences on what was asked for, and will not be done.
        typed: what the person has to type, and `typed_is` what that is; empty where a click is enough.
        asks_reason: whether the person may say why.
        action: the word on the button.
        mark: of the facts.
        fields: what goes along with the confirmation.
        back: where Cancel leads.
        follows: of which objects the page tells what happens meanwhile.
        carry_out: does it.
    """

    title: str
    action: str
    mark: str
    back: str
    carry_out: Callable[[], Awaitable[Answer]]
    command: str
    sentence: str = ""
    facts: Sequence[str] = ()
    warnings: Sequence[str] = ()
    commit: GitChange | None = None
    tokens: Sequence[TokenSummary] = ()
    noun: str = "active token"
    spread: bool = False
    kept: Sequence[str] = ()
    instead: StepLink | None = None
    typed: str = ""
    typed_is: str = "name"
    asks_reason: bool = False
    dangerous: bool = True
    fields: Sequence[tuple[str, str]] = ()
    follows: Follows | None = None


def require_change(plan: ChangePlan | WorkloadChange) -> None:
    """Raise BlockedError where all is as it should be already."""
    if not plan.spec:
        raise BlockedError("; ".join(plan.notes))


def by_last_use(tokens: Sequence[TokenSummary]) -> list[TokenSummary]:
    """The active ones, the one used last first."""
    active = [token for token in tokens if token.active]
    return sorted(active, key=lambda token: token.last_used.timestamp() if token.last_used else 0.0, reverse=True)


def used_lately(visit: Visit, tokens: Sequence[TokenSummary]) -> int:
    """How many of them were used within the last week, as far as is known."""
    since = visit.context.clock.now() - _LATELY
    return sum(token.last_used is not None and token.last_used >= since for token in tokens)


def used_by_pods(visit: Visit, credential: CredentialSummary, accounts: Collection[str]) -> bool:
    """Whether one of these ServiceAccounts used it within the last week, as far as is known."""
    since = visit.context.clock.now() - _LATELY
    return any(name in accounts and at >= since for name, at in credential.last_used.items())


def screens_of(asked: Callable[[Visit], Awaitable[Confirmation]]) -> tuple[Screen, Screen]:
    """The screen that asks, and the one that takes the confirmation."""

    async def ask(visit: Visit) -> Answer:
        return _page(visit, await asked(visit))

    async def act(visit: Visit) -> Answer:
        try:
            return await confirm(visit, await asked(visit))
        except ConflictError:
            return _page(visit, await asked(visit), changed=True)

    return unless_in_git(ask), unless_in_git(act)


def unless_in_git(screen: Screen) -> Screen:
    """The screen; where Git declares what it changes, a page that says so, on which a person may insist."""

    async def answer(visit: Visit) -> Answer:
        try:
            return await screen(visit)
        except AccessError as error:
            if not is_declared_in_git(error):
                raise
            return _declared_in_git(visit, error)

    return answer


async def confirm(visit: Visit, confirmation: Confirmation) -> Answer:
    """Carry it out if the form confirms these very facts; else ask."""
    mark = visit.form.one("mark")
    if mark != confirmation.mark:
        return _page(visit, confirmation, changed=bool(mark))
    if visit.form.one("typed") != confirmation.typed:
        return _page(visit, confirmation, mistyped=True)
    return await confirmation.carry_out()


def _page(visit: Visit, confirmation: Confirmation, *, changed: bool = False, mistyped: bool = False) -> Page:
    values = {
        "asked": confirmation,
        "fields": [*confirmation.fields, *([("force", "yes")] if visit.insisted else [])],
        "lately": used_lately(visit, confirmation.tokens),
        "count": counted(len(confirmation.tokens), confirmation.noun),
        "changed": changed,
        "mistyped": mistyped,
        "now": visit.context.clock.now(),
    }
    status = HTTPStatus.CONFLICT if changed else HTTPStatus.UNPROCESSABLE_ENTITY if mistyped else HTTPStatus.OK
    return Page("confirmation", confirmation.title, values, confirmation.command, status, confirmation.follows)


def _declared_in_git(visit: Visit, error: AccessError) -> Page:
    """Git stands in the way; a person may insist, in a second step."""
    fields = [(name, value) for name, all_of in visit.form.fields.items() if name != "mark" for value in all_of]
    method = "post" if fields else "get"
    if not fields:  # a form that is sent by GET replaces what the address said
        fields = [(name, value) for name, value in visit.query.items() if name != "force"]
    values = {"failure": explain(error), "fields": fields, "method": method}
    return Page("declared", "This is declared in Git", values, status=HTTPStatus.CONFLICT)
