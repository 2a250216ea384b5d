"""What went wrong, as a page says it: a sentence, what to do next, and HTTP's number for it. Total."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

from pharia_access.domain.administration.git_change import GitChange
from pharia_access.domain.administration.next_steps import AskForRight, ChangeInGit, ListNamespaces, ListRoles
from pharia_access.entrypoints.console.forms import FormError
from pharia_access.entrypoints.console.steps import StepLink, in_words
from pharia_access.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    InvalidObjectError,
    LoginError,
    NotFoundError,
    ResourceExpiredError,
    TokenFormatError,
    UnavailableError,
)
from pharia_access.services.administration import refusals
from pharia_access.services.administration.collecting import CollectError
from pharia_access.services.administration.plans import BlockedError, MalformedError, MissingError
from pharia_access.services.administration.refusals import MissingRight

__all__ = ["Failure", "at_field", "explain", "is_declared_in_git"]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a person is told; `commit`: what Git would have to say, `right`: what RBAC would have to allow."""

    sentence: str
    status: HTTPStatus
    steps: list[StepLink] = field(default_factory=list)
    commit: GitChange | None = None
    right: MissingRight | None = None


def explain(error: AccessError) -> Failure:
    """What is not known better is told as it is. What the error itself says to do comes last."""
    found = next((told(error) for kind, told in _TOLD if isinstance(error, kind)), None)
    failure = found or Failure(refusals.sentence(str(error)), HTTPStatus.INTERNAL_SERVER_ERROR)
    own = [StepLink(error.next_step)] if error.next_step else []
    steps = [*failure.steps, *own, *in_words(error.next_steps)]
    commit = next((step.change for step in error.next_steps if isinstance(step, ChangeInGit)), None)
    return replace(failure, steps=steps, commit=commit)


def at_field(error: AccessError, fields: Mapping[str, str]) -> tuple[dict[str, str], Failure | None]:
    """Return what stands at the field of a form that the API server's refusal names; else the failure for the page.

    Args:
        error: why nothing was created.
        fields: of the form, by the path that the API server writes.
    """
    failure = explain(error)
    said = error.server_message if isinstance(error, ApiError) else ""
    at = next((field for path, field in fields.items() if path in said), "")
    return ({at: failure.sentence}, None) if at else ({}, failure)


def is_declared_in_git(error: AccessError) -> bool:
    """Whether only Git stands in the way, on which a person may insist."""
    return isinstance(error, BlockedError) and any(isinstance(step, ChangeInGit) for step in error.next_steps)


def _form(error: FormError) -> Failure:
    return Failure(refusals.sentence(str(error)), error.status)


def _told_as(status: HTTPStatus) -> Callable[[AccessError], Failure]:
    return lambda error: Failure(refusals.sentence(str(error)), status)


def _blocked(error: BlockedError) -> Failure:
    """By what there is to do about it: only what others did, or the object's own state, is a conflict."""
    kinds = {type(step) for step in error.next_steps}
    status = next((number for kind, number in _BLOCKED.items() if kind in kinds), HTTPStatus.CONFLICT)
    return Failure(refusals.sentence(str(error)), status)


def _denied(error: ApiError) -> Failure:
    refused = refusals.refusal(error)
    right = refused.right
    steps = [] if right is None else [_asking(right.verb, right.resource)]
    return Failure(refused.sentence, HTTPStatus.FORBIDDEN, steps, right=right)


def _asking(verb: str, resource: str) -> StepLink:
    return StepLink(f"This needs the verb {verb} on {resource}: ask an administrator for it.")


def _not_found(error: ApiError) -> Failure:
    missing = refusals.not_found(error)
    if missing is None:
        said = refusals.in_a_line(error.server_message) or str(error)
        return Failure(refusals.sentence(said), HTTPStatus.NOT_FOUND)
    what = {"namespaces": "namespace"}.get(missing.noun, missing.noun)
    here = "" if missing.noun in {"namespaces", "role"} else " here"
    return Failure(f'There is no {what} "{missing.name}"{here}.', HTTPStatus.NOT_FOUND)


def _already_there(error: ApiError) -> Failure:
    there = refusals.already_there(error)
    said = f'A {there.noun} "{there.name}" already exists.' if there else "An object of this name already exists."
    return Failure(said, HTTPStatus.CONFLICT, [StepLink("Choose another name.")])


def _unavailable(error: ApiError) -> Failure:
    match error.status:
        case None if error.server_message:  # kubectl tells why
            return Failure(refusals.sentence(error.server_message), HTTPStatus.SERVICE_UNAVAILABLE)
        case None:
            return Failure("The API server does not answer.", HTTPStatus.SERVICE_UNAVAILABLE)
        case HTTPStatus.UNAUTHORIZED:
            steps = [StepLink("Your login may have expired: log in again in a terminal, then try again here.")]
            return Failure("The API server does not accept your login.", HTTPStatus.BAD_GATEWAY, steps)
        case HTTPStatus.NOT_FOUND:
            steps = [StepLink("Ask an administrator to install it with Helm.")]
            return Failure("pharia-access is not installed in this cluster.", HTTPStatus.BAD_GATEWAY, steps)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Failure("The API server is overloaded.", HTTPStatus.SERVICE_UNAVAILABLE)
        case _:
            said = f"The API server failed: {refusals.in_a_line(error.server_message) or error}"
            return Failure(refusals.sentence(said), HTTPStatus.BAD_GATEWAY)


def _conflict(_: ApiError) -> Failure:
    return Failure("Somebody else changed the object at the same time.", HTTPStatus.CONFLICT)


def _expired(_: ApiError) -> Failure:
    return Failure("The list changed while it was being read.", HTTPStatus.SERVICE_UNAVAILABLE)


def _invalid(error: ApiError) -> Failure:
    return Failure(refusals.invalid(error), HTTPStatus.UNPROCESSABLE_ENTITY)


_BLOCKED: Final[Mapping[type[object], HTTPStatus]] = {
    AskForRight: HTTPStatus.FORBIDDEN,
    ListNamespaces: HTTPStatus.NOT_FOUND,
    ListRoles: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_TOLD: Final[tuple[tuple[type[AccessError], Callable[[Any], Failure]], ...]] = (
    (FormError, _form),
    (MalformedError, _told_as(HTTPStatus.BAD_REQUEST)),
    (MissingError, _told_as(HTTPStatus.NOT_FOUND)),
    (InvalidObjectError, _told_as(HTTPStatus.BAD_REQUEST)),
    (TokenFormatError, _told_as(HTTPStatus.BAD_REQUEST)),
    (BlockedError, _blocked),
    (CollectError, _told_as(HTTPStatus.CONFLICT)),
    (LoginError, _told_as(HTTPStatus.BAD_GATEWAY)),
    (ForbiddenError, _denied),
    (NotFoundError, _not_found),
    (AlreadyExistsError, _already_there),
    (ConflictError, _conflict),
    (ResourceExpiredError, _expired),
    (InvalidError, _invalid),
    (UnavailableError, _unavailable),
)
