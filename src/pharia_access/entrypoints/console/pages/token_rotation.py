"""A token, replaced by another one: made first, and the old one ends once the new one's secret is stored."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.lifetime_input import Lifetime, parse_length, parse_lifetime
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_rotation import original_lifetime, replacement_name
from pharia_access.domain.durations import humanize
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.confirmations import Confirmation, confirm
from pharia_access.entrypoints.console.failures import Failure, explain, is_declared_in_git
from pharia_access.entrypoints.console.pages.lives import ON_A_DATE, Preset, presets_for
from pharia_access.entrypoints.console.pages.meanwhile import of_token
from pharia_access.entrypoints.console.pages.token_creation import cannot_collect
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.errors import AccessError, InvalidObjectError
from pharia_access.services.administration import issuing, rotation
from pharia_access.services.administration.guards import git_change
from pharia_access.services.administration.marks import facts_mark

__all__ = ["ask", "save"]

_SAME: Final = "same"
_AT_ONCE: Final = "0"
_OVERLAPS: Final = (
    Preset("1h", "1 hour"),
    Preset("24h", "24 hours"),
    Preset("7d", "7 days"),
    Preset(_AT_ONCE, "none: it ends at once"),
)


async def ask(visit: Visit) -> Answer:
    """How long the new one lives, and how long the old one goes on."""
    try:
        await rotation.plan_rotation(visit.context, visit.name, rotation.RotationOptions(), force=True)
    except AccessError as error:
        return await _form(visit, {}, explain(error))
    return await _form(visit, {})


async def save(visit: Visit) -> Answer:
    """Ask about what was chosen; then make the new token."""
    try:
        options = await _options(visit)
    except InvalidObjectError:
        return await _form(visit, {"date": "Choose how long the new token lives, or the day on which it ends."})
    try:
        plan = await rotation.plan_rotation(visit.context, visit.name, options, force=visit.insisted)
        return await confirm(visit, _confirmation(visit, plan))
    except AccessError as error:
        if (there := await _made_already(visit, options.name)) is not None:
            return Moved(f"{addresses.token(there)}?secret=show")
        return await _form(visit, {}, explain(error), in_git=is_declared_in_git(error))


def _confirmation(visit: Visit, plan: rotation.RotationPlan) -> Confirmation:
    name, chosen = visit.name, visit.form.one("overlap")
    after = next((each.label for each in _OVERLAPS if each.value == chosen), humanize(plan.overlap))
    ends = (
        f"{name} ends {after} after, for good"
        if plan.overlap
        else f"{name} ends as soon as you have stored the new secret"
    )
    return Confirmation(
        title=f"Rotate {name}",
        action="Create token and show secret",
        mark=facts_mark([plan.old], [plan.old.summary], visit.form.one("life"), visit.form.one("overlap")),
        back=addresses.token(visit.key),
        facts=(f"The new token is made first. {ends}; its end cannot be postponed.", _life_of(plan)),
        warnings=plan.warnings,
        commit=git_change(plan.old, {"expiresAt": format_time(visit.context.clock.now() + plan.overlap)}),
        tokens=[plan.old.summary],
        dangerous=False,
        fields=[(each, visit.form.one(each)) for each in ("name", "life", "date", "overlap")],
        follows=of_token(plan.old),
        carry_out=lambda: _made(visit, plan),
        command=_command(visit),
    )


def _life_of(plan: rotation.RotationPlan) -> str:
    life = plan.new.request.lifetime or Lifetime()
    if life.ends:
        return f"The new token ends at {moment(life.ends)}."
    return f"The new token lives {humanize(life.ttl)}." if life.ttl else "The new token lives as long as is usual here."


async def _made(visit: Visit, plan: rotation.RotationPlan) -> Answer:
    """The old token goes on until the new one's secret is stored: `pages.secrets.collected`."""
    created = await issuing.create_only(visit.context, plan.new)
    visit.session.awaited[created.uid] = None
    visit.session.rotations[created.uid] = plan
    return Moved(f"{addresses.token(created.key)}?secret=show")


async def _made_already(visit: Visit, name: str) -> ObjectKey | None:
    """The token that the same form made when it was sent before."""
    key = ObjectKey(visit.context.namespace, name)
    try:
        there = (await visit.context.objects.read(TokenSummary, key)).summary
    except AccessError:
        return None
    return key if there.replaces == visit.name and there.uid in visit.session.awaited else None


async def _options(visit: Visit) -> rotation.RotationOptions:
    """What was chosen. Raises InvalidObjectError."""
    life, overlap, name = visit.form.one("life"), visit.form.one("overlap"), visit.form.one("name")
    lifetime: Lifetime | None = None
    if life != _SAME:
        lifetime = parse_lifetime(visit.form.one("date") if life == ON_A_DATE else life)
    if not addresses.is_object_name(name):
        name = replacement_name(visit.name, visit.context.letters())
    return rotation.RotationOptions(
        overlap=timedelta() if overlap == _AT_ONCE else parse_length(overlap), lifetime=lifetime, name=name
    )


async def _form(
    visit: Visit, errors: Mapping[str, str], failure: Failure | None = None, *, in_git: bool = False
) -> Page:
    context = visit.context
    stored = await context.objects.read(TokenSummary, visit.key)
    old = stored.summary
    credential = (await context.objects.read(CredentialSummary, ObjectKey(context.namespace, old.credential))).summary
    ttl = original_lifetime(old).ttl
    same = [Preset(_SAME, f"As long as {visit.name}: {humanize(ttl)}" if ttl else "The usual life")]
    values = {
        "token": old,
        "name": visit.form.one("name") or replacement_name(visit.name, context.letters()),
        "presets": [*same, *presets_for(credential)],
        "life": visit.form.one("life") or _SAME,
        "overlaps": _OVERLAPS,
        "overlap": visit.form.one("overlap") or _OVERLAPS[1].value,
        "form": visit.form,
        "errors": errors,
        "failure": failure,
        "in_git": in_git,
        "uncollectable": await cannot_collect(context),
        "back": addresses.token(visit.key),
    }
    status = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return Page("rotation-form", f"Rotate {visit.name}", values, _command(visit), status, of_token(stored))


def _command(visit: Visit) -> str:
    overlap = visit.form.one("overlap") or _OVERLAPS[1].value
    words = [] if overlap == _AT_ONCE else ["--overlap", overlap]
    return command(visit, "token", "rotate", visit.name, *words)
