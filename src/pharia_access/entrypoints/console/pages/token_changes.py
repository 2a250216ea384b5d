"""A token, deleted, revoked and ended earlier: each asked about first."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.impact import last_use
from pharia_access.domain.administration.lifetime_input import parse_lifetime
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.deletions import being_deleted
from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time, parse_time
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import Confirmation, confirm, screens_of, unless_in_git
from pharia_access.entrypoints.console.pages.lives import ON_A_DATE, Preset
from pharia_access.entrypoints.console.pages.meanwhile import of_token
from pharia_access.entrypoints.console.steps import StepLink
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.errors import InvalidObjectError
from pharia_access.services.administration import tokens
from pharia_access.services.administration.guards import git_change, git_removal
from pharia_access.services.administration.marks import facts_mark
from pharia_access.services.administration.plans import BlockedError

__all__ = ["ask_deletion", "ask_end", "ask_revocation", "delete", "end", "revoke"]

DELETING: Final = (
    "If you delete a token that is still in use, any system using this token will no longer have access to the "
    "PhariaAI platform."
)
_REVOKE: Final = "Revoke instead: it stops the token just as well, and keeps it in the list as proof."
_ENDS: Final = (
    Preset("1h", "In 1 hour"),
    Preset("24h", "In 24 hours"),
    Preset("7d", "In 7 days"),
)


async def _deletion(visit: Visit) -> Confirmation:
    plan = await tokens.plan_deletion(visit.context, [visit.name], force=visit.insisted)
    (stored,) = plan.tokens
    active = stored.summary.active
    return Confirmation(
        title="Delete token",
        action="Delete for good",
        mark=facts_mark(plan.tokens, [stored.summary]),
        back=addresses.token(visit.key),
        sentence=DELETING if active else "",
        facts=(_use(visit, stored),) if active else (f"{visit.name} is {stored.summary.in_words}.",),
        warnings=plan.warnings,
        commit=git_removal(stored),
        instead=StepLink(_REVOKE, addresses.token(visit.key, "revoke")) if active else None,
        follows=of_token(stored),
        carry_out=lambda: _deleted(visit, plan),
        command=command(visit, "token", "delete", visit.name),
    )


async def _revocation(visit: Visit) -> Confirmation:
    """In a leak nobody is sent to Git first; a revocation cannot be undone by it either."""
    plan = await tokens.plan_revocation(visit.context, [visit.name], reason=visit.form.one("reason"), force=True)
    if not plan.tokens:
        raise BlockedError("; ".join(plan.notes))
    (stored,) = plan.tokens
    return Confirmation(
        title=f"Revoke {visit.name}",
        action="Revoke for good",
        mark=facts_mark(plan.tokens, [stored.summary]),
        back=addresses.token(visit.key),
        facts=(f"{visit.name} is refused from now on, for good. It stays in the list as proof.", _use(visit, stored)),
        warnings=(*plan.warnings, "Change it in Git too.") if plan.warnings else (),
        commit=git_change(stored, {"revoked": True}),
        asks_reason=True,
        follows=of_token(stored),
        carry_out=lambda: _revoked(visit, plan),
        command=command(visit, "token", "revoke", visit.name),
    )


async def ask_end(visit: Visit) -> Answer:
    """When it is to end."""
    stored = await visit.context.objects.read(TokenSummary, visit.key)
    return _form(visit, stored, HTTPStatus.OK, {})


async def _bring_forward(visit: Visit) -> Answer:
    """Ask about the chosen end; then bring it forward."""
    stored = await visit.context.objects.read(TokenSummary, visit.key)
    try:
        moment_of_end = _end(visit)
    except InvalidObjectError:
        wrong = {"date": "Choose when the token ends."}
        return _form(visit, stored, HTTPStatus.UNPROCESSABLE_ENTITY, wrong)
    return await confirm(visit, await _expiry(visit, moment_of_end))


async def _expiry(visit: Visit, when: datetime) -> Confirmation:
    plan = await tokens.plan_expiry(visit.context, [visit.name], when, force=visit.insisted)
    if not plan.tokens:
        raise BlockedError("; ".join(plan.notes))
    (stored,) = plan.tokens
    return Confirmation(
        title=f"End {visit.name} earlier",
        action="Bring the end forward",
        mark=facts_mark(plan.tokens, [stored.summary], format_time(when)),
        back=addresses.token(visit.key),
        facts=(f"{visit.name} ends at {moment(when)}, for good: its end cannot be postponed.", _use(visit, stored)),
        warnings=plan.warnings,
        commit=git_change(stored, {"expiresAt": format_time(when)}),
        fields=[("when", format_time(when))],
        follows=of_token(stored),
        carry_out=lambda: _expired(visit, plan),
        command=command(visit, "token", "expire", visit.name, "--in", _from_now(visit, when)),
    )


def _end(visit: Visit) -> datetime:
    """The end that was chosen, or that was asked about already. Raises InvalidObjectError."""
    if fixed := visit.form.one("when"):
        return parse_time(fixed)
    life = visit.form.one("life")
    chosen = parse_lifetime(visit.form.one("date") if life == ON_A_DATE else life)
    return chosen.ends or visit.context.clock.now() + (chosen.ttl or timedelta())


def _from_now(visit: Visit, when: datetime) -> str:
    """The length that the command takes, which is never nothing."""
    left = (when - visit.context.clock.now()).total_seconds()
    return format_duration(timedelta(seconds=max(round(left), 1)))


def _form(visit: Visit, stored: Stored[TokenSummary], status: HTTPStatus, errors: dict[str, str]) -> Page:
    values = {
        "token": stored.summary,
        "presets": _ENDS,
        "life": visit.form.one("life") or _ENDS[1].value,
        "form": visit.form,
        "errors": errors,
        "back": addresses.token(visit.key),
    }
    shown = command(visit, "token", "expire", visit.name, "--in", "24h")
    return Page("end-form", f"End {visit.name} earlier", values, shown, status, of_token(stored))


def _use(visit: Visit, stored: Stored[TokenSummary]) -> str:
    token = stored.summary
    if token.last_used is None:
        return "Nobody was seen using it."
    return f"{token.key.name} was {last_use(token, visit.context.clock.now())} (known to about an hour)."


async def _deleted(visit: Visit, plan: tokens.TokensPlan) -> Answer:
    (stored,) = plan.tokens
    async for _, after in tokens.delete(visit.context, plan):
        visit.session.notice = f"Token {visit.name} was deleted."
        if after is not None:
            stands = being_deleted(after.finalizers)
            visit.session.notice = f"Token {visit.name} is being deleted, and is refused from now on. {stands}"
    return Moved(addresses.credential(ObjectKey(visit.context.namespace, stored.summary.credential)))


async def _revoked(visit: Visit, plan: tokens.RevocationPlan) -> Answer:
    async for _ in tokens.revoke(visit.context, plan):
        visit.session.notice = f"Token {visit.name} was revoked."
    return Moved(addresses.token(visit.key))


async def _expired(visit: Visit, plan: tokens.ExpiryPlan) -> Answer:
    async for _ in tokens.expire(visit.context, plan):
        visit.session.notice = f"Token {visit.name} ends at {moment(plan.end)}."
    return Moved(addresses.token(visit.key))


ask_deletion, delete = screens_of(_deletion)
ask_revocation, revoke = screens_of(_revocation)
end = unless_in_git(_bring_forward)
