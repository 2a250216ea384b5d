"""The form for a new workload token: judged by the API server first, so that a refusal stands at its field."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from pharia_access.domain.administration.lifetime_input import InvalidDurationError, parse_length
from pharia_access.domain.administration.names import is_entry, is_subdomain
from pharia_access.domain.administration.stored import Json
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.durations import format_duration
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, at_field
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.errors import AccessError, AlreadyExistsError, ForbiddenError
from pharia_access.services.administration import workload_tokens
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import list_all, summaries

__all__ = ["ask", "save"]

_LONGEST_NAME: Final = 52
"""The names of its tokens add a number (see the CRD)."""
_NAME: Final = f"Use lower-case letters and digits, with - and dots in between, at most {_LONGEST_NAME}."
_SECRET: Final = "Use lower-case letters and digits, with - and dots in between."  # noqa: S105 - a sentence
_KEY: Final = "Use letters, digits, -, _ and dots."
_FIELDS: Final = {
    "metadata.name": "name",
    "spec.credentialRef": "credential",
    "spec.secret.name": "secret",
    "spec.secret.key": "key",
    "spec.ttl": "ttl",
    "spec.renewBefore": "renew-before",
}


async def ask(visit: Visit) -> Answer:
    """The empty form."""
    return await _form(visit, {})


async def save(visit: Visit) -> Answer:
    """Create it, unless something is wrong with it."""
    name, (spec, errors) = visit.form.one("name"), _spec(visit)
    if not is_subdomain(name, longest=_LONGEST_NAME):
        errors["name"] = _NAME
    if errors:
        return await _form(visit, errors)
    try:
        plan = await workload_tokens.plan_creation(visit.context, name, spec)
        await workload_tokens.create(visit.desk.rehearsal, plan)
        created = await workload_tokens.create(visit.context, plan)
    except AlreadyExistsError:
        return await _form(visit, {"name": f'A workload token "{name}" already exists. Choose another name.'})
    except AccessError as error:
        return await _form(visit, *at_field(error, _FIELDS))
    visit.session.notice = f"Workload token {name} was created. This page says when its first token is in the Secret."
    return Moved(addresses.workload(created.summary.key))


def _spec(visit: Visit) -> tuple[Json, dict[str, str]]:
    """What is asked for, without what is left to a default, and what is wrong with it, by field."""
    form, errors = visit.form, dict[str, str]()
    credential, secret, key = (form.one(field).strip() for field in ("credential", "secret", "key"))
    if not addresses.is_object_name(credential):
        errors["credential"] = "Choose a credential."
    if secret and not is_subdomain(secret):
        errors["secret"] = _SECRET
    if key and not is_entry(key):
        errors["key"] = _KEY
    kept = {name: value for name, value in (("name", secret), ("key", key)) if value}
    spec: Json = {"credentialRef": {"name": credential}, **({"secret": kept} if kept else {})}
    for field, name in (("ttl", "ttl"), ("renew-before", "renewBefore")):
        text = form.one(field).strip()
        try:
            spec |= {name: format_duration(parse_length(text))} if text else {}
        except InvalidDurationError as error:
            errors[field] = str(error)
    return spec, errors


async def _form(visit: Visit, errors: Mapping[str, str], failure: Failure | None = None) -> Page:
    values: dict[str, Any] = {
        "credentials": await _credentials(visit.context),
        "errors": errors,
        "failure": failure,
        "form": visit.form,
        "back": addresses.workloads(visit.context.namespace),
    }
    shown = command(visit, "workload", "create", *_words(visit))
    wrong = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return Page("new-workload", "Create new workload token", values, shown, wrong)


def _words(visit: Visit) -> list[str]:
    """The same as options of the command."""
    form = visit.form
    place = "/".join(filter(None, (form.one("secret") or form.one("name"), form.one("key"))))
    options = {
        "--secret": place if form.one("secret") or form.one("key") else "",
        "--ttl": form.one("ttl"),
        "--renew-before": form.one("renew-before"),
    }
    given = [word for option, value in options.items() if value for word in (option, value)]
    return [form.one("name") or "NAME", "--credential", form.one("credential") or "CREDENTIAL", *given]


async def _credentials(context: Context) -> list[str]:
    """The names that may be chosen; none where one may not list them: a person types one then."""
    pages = context.objects.pages(CredentialSummary, context.namespace)
    try:
        return sorted(each.key.name for each in await list_all(context, pages, summaries, "credentials"))
    except ForbiddenError:
        return []
