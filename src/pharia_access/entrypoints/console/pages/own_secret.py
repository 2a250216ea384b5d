"""A token's secret into a Secret of the person's own: it goes from Secret to Secret, and through no browser."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from pharia_access.domain.administration.names import is_entry, is_subdomain
from pharia_access.domain.administration.own_secret import SecretTarget
from pharia_access.domain.administration.stored import Right
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.deletions import named
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, explain
from pharia_access.entrypoints.console.pages.meanwhile import of_token
from pharia_access.entrypoints.console.pages.secrets import confirming, finish_rotation
from pharia_access.entrypoints.console.steps import in_words
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.errors import AccessError
from pharia_access.services.administration import issuing
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.overwriting import Overwritten, after_overwriting
from pharia_access.services.administration.own_secrets import OwnSecretDestination
from pharia_access.services.administration.progress import Event, SecretStillStands, SilentProgress

__all__ = ["ask", "may_store", "store"]

_WAIT: Final = timedelta(seconds=20)
"""For the operator; less than people wait for a page."""

_ENTRY: Final = "token"
_NAME: Final = "Use lower-case letters and digits, with - and dots in between."
_KEY: Final = "Use letters, digits, -, _ and dots."


@dataclass(slots=True)
class _Heard(SilentProgress):
    """One-time Secrets that still stand."""

    standing: list[SecretStillStands] = field(default_factory=list)

    def happened(self, event: Event) -> None:
        if isinstance(event, SecretStillStands):
            self.standing.append(event)


async def may_store(context: Context) -> bool:
    """Whether to offer it. What can be overwritten is seen only when it is tried."""
    return await context.objects.may(Right("create", "secrets", core=True), context.namespace)


async def ask(visit: Visit) -> Answer:
    """Which Secret."""
    stored = await visit.context.objects.read(TokenSummary, visit.key)
    return replace(_form(visit, stored.summary, {}), follows=of_token(stored))


async def store(visit: Visit) -> Answer:
    """Put the secret there, and only then delete the one-time Secret."""
    token, name, entry = await _token(visit), visit.form.one("secret"), visit.form.one("key")
    errors = {} if is_subdomain(name) else {"secret": _NAME}
    errors |= {} if is_entry(entry) else {"key": _KEY}
    if errors:
        return _form(visit, token, errors)
    heard = _Heard()
    target = SecretTarget(ObjectKey(visit.context.namespace, name), entry, token.credential)
    destination = OwnSecretDestination(visit.desk.neighbors.own_secrets, target)
    try:
        await destination.check()
        context = replace(visit.context, progress=heard)
        with confirming(visit, token):
            token = await issuing.collect(context, visit.name, destination, wait_timeout=_WAIT)
    except AccessError as error:
        return _form(visit, token, {}, explain(error))
    if not heard.standing:
        visit.session.confirmed.add(token.uid)
    visit.session.notice = " ".join(await _told(visit, token, destination, heard))
    return Moved(addresses.token(visit.key))


async def _told(visit: Visit, token: TokenSummary, destination: OwnSecretDestination, heard: _Heard) -> list[str]:
    """Where the secret is, what the Secret held before, and who is to restart."""
    told = [f"The secret of {visit.name} {destination.told}."]
    told += [f"The token ends at {moment(token.ends)}."] if token.ends else []
    told += [_stands(event) for event in heard.standing]
    told += await finish_rotation(visit, token)
    if destination.before:
        workloads, secret = visit.desk.neighbors.workloads, destination.target.key
        done = await after_overwriting(visit.context, workloads, secret, destination.before)
        told += [*_ended(done), *(_as_sentence(step.text) for step in in_words(done.next_steps))]
    return told


def _ended(done: Overwritten) -> list[str]:
    old = done.before
    if old is None:
        return []
    end = f"ends at {moment(old.ends)}" if old.active and old.ends else f"is {old.in_words}"
    return [f"The token {old.key.name}, which the Secret held before, {end}."]


def _stands(event: SecretStillStands) -> str:
    return f"Its one-time Secret {event.secret.name} still stands: {named(event.finalizers)} holds it."


def _as_sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


async def _token(visit: Visit) -> TokenSummary:
    return (await visit.context.objects.read(TokenSummary, visit.key)).summary


def _form(visit: Visit, token: TokenSummary, errors: Mapping[str, str], failure: Failure | None = None) -> Page:
    name, entry = visit.form.one("secret") or token.credential, visit.form.one("key") or _ENTRY
    shown = visit.session.awaited.get(token.uid)
    values = {
        "token": token,
        "secret": name,
        "key": entry,
        "shown": f"It was shown in this browser before, at {shown:%H:%M} UTC." if shown else "",
        "errors": errors,
        "failure": failure,
        "back": addresses.token(visit.key),
    }
    status = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    shell = command(visit, "token", "collect", visit.name, "--to-secret", f"{name}/{entry}")
    return Page("own-secret", f"Store the secret of {visit.name}", values, shell, status)
