"""The form for a new token. Its name is fixed when the form is served, so that a form that is sent twice makes one."""

from collections.abc import Mapping
from http import HTTPStatus

from pharia_access.domain.administration.names import derived
from pharia_access.domain.administration.stored import Right
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.commands import command
from pharia_access.entrypoints.console.failures import Failure, explain
from pharia_access.entrypoints.console.pages.lives import chosen_life, presets_for, proposed
from pharia_access.entrypoints.console.pages.meanwhile import of_credential
from pharia_access.entrypoints.console.pages.own_secret import may_store
from pharia_access.entrypoints.console.visits import Answer, Moved, Page, Visit
from pharia_access.errors import AccessError, AlreadyExistsError, InvalidObjectError
from pharia_access.services.administration import issuing
from pharia_access.services.administration.context import Context

__all__ = ["ask", "cannot_collect", "save"]


async def ask(visit: Visit) -> Answer:
    """The form, with a name for the token."""
    return await _form(visit, {})


async def save(visit: Visit) -> Answer:
    """Create the token, and go on to its secret."""
    name = visit.form.one("name")
    if not addresses.is_object_name(name):
        return await _form(visit, {"name": "Use lower-case letters and digits, with - and dots in between."})
    try:
        lifetime = chosen_life(visit.form)
    except InvalidObjectError:
        return await _form(visit, {"date": "Choose how long the token lives, or the day on which it ends."})
    request = issuing.TokenRequest(visit.name, name, lifetime, visit.form.one("description"))
    try:
        plan = await issuing.plan_issue(visit.context, request)
        created = await issuing.create_only(visit.context, plan)
    except AlreadyExistsError:
        return await _there_already(visit, name)
    except AccessError as error:
        return await _form(visit, {}, explain(error))
    visit.session.awaited[created.uid] = None
    return Moved(_next(visit, created.key))


def _next(visit: Visit, token: ObjectKey) -> str:
    """To the box that shows the secret, or, without it, to the form that stores it."""
    stored = visit.form.one("to") == "secret"
    return addresses.token(token, "store") if stored else f"{addresses.token(token)}?secret=show"


async def _there_already(visit: Visit, name: str) -> Answer:
    """The same form, sent a second time, goes on with the token that it made."""
    key = ObjectKey(visit.context.namespace, name)
    there = (await visit.context.objects.read(TokenSummary, key)).summary
    if there.credential == visit.name and there.uid in visit.session.awaited:
        return Moved(_next(visit, key))
    return await _form(visit, {"name": f'A token "{name}" already exists. Choose another name.'})


async def cannot_collect(context: Context) -> str:
    """What a person should know before they create a token whose secret they may not read; empty where they may."""
    verbs = [verb for verb in ("get", "delete") if not await context.objects.may(_secrets(verb), context.namespace)]
    if not verbs:
        return ""
    lacking = f"{' and '.join(verbs)} on secrets"
    return f"You may create the token, but not read its secret ({lacking}): somebody else must collect it."


def _secrets(verb: str) -> Right:
    return Right(verb, "secrets", core=True)


async def _form(visit: Visit, errors: Mapping[str, str], failure: Failure | None = None) -> Page:
    context = visit.context
    stored = await context.objects.read(CredentialSummary, visit.key)
    credential = stored.summary
    name = visit.form.one("name") or derived(visit.name, context.letters())
    life = visit.form.one("life") or proposed(credential)
    values = {
        "credential": credential,
        "name": name,
        "form": visit.form,
        "presets": presets_for(credential),
        "life": life,
        "errors": errors,
        "failure": failure,
        "uncollectable": await cannot_collect(context),
        "storable": await may_store(context),
        "back": addresses.credential(visit.key),
    }
    status = failure.status if failure else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    end = ["--expires", visit.form.one("date") if life == "date" else life]
    shown = command(visit, "token", "create", visit.name, "--name", name, *(end if end[1] else []))
    return Page("new-token", f"Add token to {visit.name}", values, shown, status, of_credential(stored))
