"""What went wrong, in a sentence, and what to do next."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from pharia_access.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    ConflictError,
    DeniedError,
    ExpiredViewError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)

__all__ = ["Failure", "explain"]

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_DENIED = re.compile(r"denied request: (?P<why>.*)", re.DOTALL)
_MISSING = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" not found')
_THERE = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" already exists')
_INVALID = re.compile(r'^.*? "[^"]*" is invalid: ', re.DOTALL)
_QUOTED = re.compile(r'Invalid value: (?:"(?:[^"\\]|\\.)*"|[^:]*): ')

_NOUNS: Final = {"apitokens": "token", "apicredentials": "credential", "apiroles": "role", "secrets": "Secret"}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a person is told."""

    sentence: str
    next_step: str = ""


def explain(error: AccessError) -> Failure:
    """Total: what is not known better is told as it is."""
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    return Failure(_sentence(str(error)))


def _denied(error: ApiError) -> Failure:
    if policy := _DENIED.search(error.said):
        return Failure(_sentence(policy["why"]))
    if rbac := _FORBIDDEN.search(error.said):
        noun = _NOUNS.get(rbac["resource"], rbac["resource"])
        where = f" in namespace {rbac['namespace']}" if rbac["namespace"] else ""
        scope = f" -n {rbac['namespace']}" if rbac["namespace"] else ""
        resource = ".".join(part for part in (rbac["resource"], rbac["group"]) if part)
        return Failure(
            f"{rbac['user']} may not {rbac['verb']} {noun}s{where}.",
            f"Ask an administrator for the right; to see what you may do: kubectl auth can-i --list{scope}"
            f" (this needs {rbac['verb']} on {resource}).",
        )
    return Failure(_sentence(error.said or str(error)))


def _not_found(error: ApiError) -> Failure:
    missing = _MISSING.search(error.said)
    if missing is None:
        return Failure(_sentence(error.said or str(error)))
    if missing["kind"] == "namespaces":
        return Failure(f'There is no namespace "{missing["name"]}".', "See: kubectl get namespaces")
    noun = _NOUNS.get(missing["kind"], missing["kind"])
    listing = f"See: kubectl access {noun} list" if noun in {"token", "credential", "role"} else ""
    return Failure(f'There is no {noun} "{missing["name"]}" here.', listing and f"{listing} (-A for all namespaces)")


def _already_there(error: ApiError) -> Failure:
    there = _THERE.search(error.said)
    if there is None:
        return Failure("An object of that name is there already.", "Choose another name.")
    noun = _NOUNS.get(there["kind"], there["kind"])
    return Failure(f'A {noun} "{there["name"]}" is there already.', "Choose another name.")


def _unavailable(error: ApiError) -> Failure:
    match error.status:
        case None:
            return Failure("The API server does not answer.", "Is the cluster reachable? See: kubectl version")
        case HTTPStatus.UNAUTHORIZED:
            return Failure(
                "The API server does not accept your login.",
                "It may have ended: log in again, or try another --context.",
            )
        case HTTPStatus.NOT_FOUND:
            return Failure(
                "pharia-access is not installed in this cluster.", "See the README: helm install pharia-access …"
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Failure("The API server has too much to do.", "Run the command again in a moment.")
        case _:
            return Failure(_sentence(f"The API server failed: {error.said or error}"), "Run the command again.")


def _conflict(_: ApiError) -> Failure:
    return Failure("The object was changed by somebody else in this moment.", "Run the command again.")


def _expired(_: ApiError) -> Failure:
    return Failure("The list took so long that it changed under our hands.", "Run the command again.")


def _invalid(error: ApiError) -> Failure:
    return Failure(_sentence(_QUOTED.sub("", _INVALID.sub("", error.said)) or str(error)))


_TOLD: Final[tuple[tuple[type[ApiError], Callable[[ApiError], Failure]], ...]] = (
    (DeniedError, _denied),
    (NotFoundError, _not_found),
    (AlreadyExistsError, _already_there),
    (ConflictError, _conflict),
    (ExpiredViewError, _expired),
    (InvalidError, _invalid),
    (UnavailableError, _unavailable),
)


def _sentence(text: str) -> str:
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
