"""The form for a new credential: judged by the API server first, so that a refusal stands at its field."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from pharia_access.domain.administration.names import LONGEST_NAME
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, at_field
from pharia_access.entrypoints.console.pages.offered_roles import offered
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.errors import AccessError, AlreadyExistsError
from pharia_access.services.administration import credentials

__all__ = ["ask", "save"]

_NAME: Final = f"Use lower-case letters and digits, with - and dots in between, at most {LONGEST_NAME}."
_ROLE: Final = "A credential needs a role."
_FIELDS: Final = {
    "metadata.name": "name",
    "spec.displayName": "display-name",
    "spec.description": "description",
    "spec.roles": "role",
}


async def ask(visit: Visit) -> Answer:
    """The empty form."""
    return await _form(visit, {})


async def save(visit: Visit) -> Answer:
    """Create it, unless something is wrong with it."""
    name, roles = visit.form.one("name"), visit.form.all("role")
    errors = {} if addresses.is_object_name(name) else {"name": _NAME}
    errors |= {} if roles else {"role": _ROLE}
    if errors:
        return await _form(visit, errors)
    texts = {"displayName": visit.form.one("display-name"), "description": visit.form.one("description")}
    spec = {field: text for field, text in texts.items() if text}
    try:
        plan = await credentials.plan_creation(visit.context, name, roles, spec)
        await credentials.create(visit.desk.rehearsal, plan)
        created = await credentials.create(visit.context, plan)
    except AlreadyExistsError:
        return await _form(visit, {"name": f'A credential "{name}" already exists. Choose another name.'})
    except AccessError as error:
        return await _form(visit, *at_field(error, _FIELDS))
    visit.session.notice = f"Credential {name} was created. It has no token yet."
    return Moved(addresses.credential(created.summary.key))


async def _form(visit: Visit, errors: Mapping[str, str], failure: Failure | None = None) -> Page:
    roles = await offered(visit.context, visit.form.all("role"))
    values: dict[str, Any] = {
        "roles": roles,
        "errors": errors,
        "failure": failure,
        "form": visit.form,
        "back": addresses.credentials(visit.context.namespace),
    }
    words = [word for role in visit.form.all("role") or ("ROLE",) for word in ("--role", role)]
    shown = command(visit, "credential", "create", visit.form.one("name") or "NAME", *words)
    wrong = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return Page("new-credential", "Create new API credential", values, shown, wrong)
