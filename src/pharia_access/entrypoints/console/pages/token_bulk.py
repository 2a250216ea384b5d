"""Tokens that were ticked, revoked or deleted together: all are listed, and their number is typed, before one ends."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from pharia_access.domain.grammar import counted
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import Confirmation, screens_of
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.forms import FormError
from pharia_access.entrypoints.console.token_queries import read_query
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.services.administration.bulk import (
    BulkPlan,
    Outcome,
    carry_out,
    plan_deletions,
    plan_revocations,
)
from pharia_access.services.administration.marks import facts_mark

__all__ = ["choose", "show_outcomes"]

_NOTHING_TICKED: Final = "No token was ticked."
_HERE: Final = "/tokens/ended"


async def choose(visit: Visit) -> Answer:
    """Ask about those that were ticked; then end them. Raises FormError for what our own page does not send."""
    act, keys = visit.form.one("act"), _keys(visit)
    if act not in _ACTS:
        msg = "The form does not say what to do"
        raise FormError(msg, HTTPStatus.BAD_REQUEST)
    if not keys:
        visit.session.notice = _NOTHING_TICKED
        return Moved(_back(visit.form.one("scope"), visit.form.one("query")))
    _, confirmed = screens_of(_ACTS[act])
    try:
        return await confirmed(visit)
    except _NothingLeftError as nothing:
        return _page(visit, nothing.title, [(kept.key, f"Stays: {kept.why}.", False) for kept in nothing.plan.kept])


async def show_outcomes(visit: Visit) -> Answer:
    """What became of each, as far as it has come."""
    rows = [(outcome.key, _words(outcome), outcome.error is not None) for outcome in visit.session.outcomes]
    failed = sum(outcome.error is not None for outcome in visit.session.outcomes)
    title = f"{counted(failed, 'token')} failed" if failed else "What became of the tokens"
    return _page(visit, title, rows)


class _NothingLeftError(Exception):
    """None of them can be ended."""

    def __init__(self, title: str, plan: BulkPlan) -> None:
        super().__init__(title)
        self.title, self.plan = title, plan


async def _revocation(visit: Visit) -> Confirmation:
    plan = await plan_revocations(visit.context, _keys(visit), reason=visit.form.one("reason"))
    count = _count(plan, "Nothing to revoke")
    return replace(
        _confirmation(visit, plan, "revoke"),
        title=f"Revoke {count}",
        action=f"Revoke {count} for good",
        facts=(f"{_these(plan)} refused from now on, for good.", "The list keeps what was revoked, as proof."),
        asks_reason=True,
    )


async def _deletion(visit: Visit) -> Confirmation:
    plan = await plan_deletions(visit.context, _keys(visit))
    count = _count(plan, "Nothing to delete")
    return replace(
        _confirmation(visit, plan, "delete"),
        title=f"Delete {count}",
        action=f"Delete {count} for good",
        facts=(f"{_these(plan)} deleted for good.", "The record of what it was and when it ended goes too."),
    )


_ACTS: Final = {"revoke": _revocation, "delete": _deletion}


def _count(plan: BulkPlan, nothing: str) -> str:
    """Raises _NothingLeftError where there is none."""
    if not plan.tokens:
        raise _NothingLeftError(nothing, plan)
    return counted(len(plan.tokens), "token")


def _these(plan: BulkPlan) -> str:
    count = len(plan.tokens)
    return "This token is" if count == 1 else f"These {counted(count, 'token')} are"


def _confirmation(visit: Visit, plan: BulkPlan, act: str) -> Confirmation:
    """What both ask; the tokens that stay are named too."""
    summaries = [stored.summary for stored in plan.tokens]
    sent = [("act", act), *((name, visit.form.one(name)) for name in ("scope", "query"))]
    keys = [stored.summary.key for stored in plan.tokens]
    return Confirmation(
        title="",
        action="",
        mark=facts_mark(plan.tokens, summaries, act),
        back=_back(visit.form.one("scope"), visit.form.one("query")),
        carry_out=lambda: _carried_out(visit, plan),
        command=_command(visit, act, keys),
        warnings=plan.warnings,
        tokens=sorted(summaries, key=lambda token: -token.last_used.timestamp() if token.last_used else 0.0),
        noun="token",
        spread=True,
        kept=[f"{kept.key}: {kept.why}." for kept in plan.kept],
        typed=str(len(plan.tokens)),
        typed_is="number",
        fields=[*sent, *(("token", str(key)) for key in _keys(visit))],
    )


async def _carried_out(visit: Visit, plan: BulkPlan) -> Answer:
    """What was done so far can be looked at meanwhile, from another tab too."""
    done: list[Outcome] = []
    visit.session.outcomes = done
    async for outcome in carry_out(visit.context, plan):
        done.append(outcome)  # noqa: PERF401 - each at once: it can be looked at meanwhile
    back = {name: visit.form.one(name) for name in ("scope", "query")}
    return Moved(f"{_HERE}?{urlencode(back)}")


def _keys(visit: Visit) -> list[ObjectKey]:
    """Raises FormError for what cannot name a token."""
    keys = [ObjectKey(*text.split("/", 1)) for text in visit.form.all("token") if "/" in text]
    good = [key for key in keys if addresses.is_namespace(key.namespace) and addresses.is_object_name(key.name)]
    if len(good) != len(visit.form.all("token")):
        msg = "The form names what cannot be a token"
        raise FormError(msg, HTTPStatus.BAD_REQUEST)
    return good


def _back(scope: str, query: str) -> str:
    """The list that the ticks were set in."""
    asked = read_query(dict(parse_qsl(query))).with_()
    path = addresses.tokens(scope if addresses.is_namespace(scope) else None)
    return f"{path}?{asked}" if asked else path


def _command(visit: Visit, act: str, keys: Sequence[ObjectKey]) -> str:
    """The same in a terminal, which takes tokens of one namespace at once."""
    namespaces = {key.namespace for key in keys}
    if len(namespaces) != 1:
        return ""
    there = replace(visit, desk=visit.desk.at(namespaces.pop()))
    return command(there, "token", act, *(key.name for key in keys))


def _words(outcome: Outcome) -> str:
    if outcome.error is None:
        return outcome.what
    failure = explain(outcome.error)
    return " ".join([failure.sentence, *(step.text for step in failure.steps)])


def _page(visit: Visit, title: str, rows: Sequence[tuple[ObjectKey, str, bool]]) -> Page:
    asked = visit.form if visit.form.fields else None
    scope, query = (asked.one(name) if asked else visit.query.get(name, "") for name in ("scope", "query"))
    return Page("outcomes", title, {"rows": rows, "back": _back(scope, query)})
