"""What went wrong, in a sentence, and what to do next."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pharia_access.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ResourceExpiredError,
    SettingsError,
    UnavailableError,
)

__all__ = ["Failure", "RefusedError", "explain"]

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_DENIED = re.compile(r"denied request: (?P<why>.*)", re.DOTALL)
_MISSING = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" not found')
_THERE = re.compile(r'(?P<kind>[a-z]+)(?:\.[a-z.]+)? "(?P<name>[^"]*)" already exists')
_INVALID = re.compile(r'^.*? "[^"]*" is invalid: ', re.DOTALL)
_QUOTED = re.compile(
    r'Invalid value: (?:(?:"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|\{.*?\}|\[.*?\]): )?', re.DOTALL
)
"""The value; Kubernetes 1.32 tells its type instead, and 1.37 of an object neither: the rule follows at once."""
_EXAMPLE = re.compile(r" \(e\.g\. .*\)$")
_SEVERAL = re.compile(r"^\[(.*)\]$", re.DOTALL)
_UNCHECKED = re.compile(r", <nil>: (?:Invalid value: (?:\S+: )?)?some validation rules were not checked[^\]]*")

_BREAKS = re.compile(r"[ \t]*[\r\n]+\s*")
_FIELD = re.compile(r"(?:metadata|spec|status)[.:\[]|pharia-access\b|--")
"""What begins a sentence as it is written."""

_OPTIONS: Final = (
    ("spec.ttl", "--expires"),
    ("spec.expiresAt", "--expires"),
    ("spec.delivery.window", "--window"),
    ("spec.description", "--description"),
    ("spec.displayName", "--display-name"),
    ("spec.tokenPolicy.defaultTTL", "--default-ttl"),
    ("spec.tokenPolicy.maxTTL", "--max-ttl"),
    ("spec.tokenPolicy.maxTokens", "--max-tokens"),
)
"""By which option a person said what the API server finds wrong in a field."""

_NOUNS: Final = {"apitokens": "token", "apicredentials": "credential", "apiroles": "role", "secrets": "Secret"}


class RefusedError(AccessError):
    """A command stopped before it changed anything; the text says why, `next_step` what to do."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The text for a person."""

    sentence: str
    next_step: str = ""


def explain(error: AccessError, options: str = "") -> Failure:
    """Never fails: unknown errors are shown verbatim. The error's own hint comes last.

    `options`: those of the command line that say which cluster and who, for the commands that are named.
    """
    failure = next(
        (explanation(error) for kind, explanation in _EXPLANATIONS if isinstance(error, kind)),
        Failure(_sentence(str(error))),
    )
    steps = [failure.next_step, error.next_step, *_worded(error, options)]
    return Failure(failure.sentence, "\n".join(step for step in steps if step))


def _worded(error: AccessError, options: str) -> list[str]:
    if not error.next_steps:
        return []
    from pharia_access.entrypoints.kubectl.next_steps import in_words

    return in_words(error.next_steps, options)


def _setting(error: AccessError) -> Failure:
    return Failure(
        _sentence(str(error)), "Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context."
    )


def _denied(error: ApiError) -> Failure:
    message = _in_a_line(error.server_message)
    if policy := _DENIED.search(message):
        return Failure(_sentence(policy["why"]))
    if rbac := _FORBIDDEN.search(message):
        noun = _NOUNS.get(rbac["resource"])
        things = f"{noun}s" if noun else rbac["resource"]
        where = f"in namespace {rbac['namespace']}" if rbac["namespace"] else "in the whole cluster"
        scope = f" -n {rbac['namespace']}" if rbac["namespace"] else ""
        resource = ".".join(part for part in (rbac["resource"], rbac["group"]) if part)
        return Failure(
            f"{rbac['user']} may not {rbac['verb']} {things} {where}.",
            f"This needs the verb {rbac['verb']} on {resource}: ask an administrator for it.\n"
            f"See what you may do: kubectl auth can-i --list{scope}",
        )
    return Failure(_sentence(f"The API server refused the request: {message or error}"))


def _not_found(error: ApiError) -> Failure:
    missing = _MISSING.search(error.server_message)
    if missing is None:
        return Failure(_sentence(_in_a_line(error.server_message) or str(error)))
    if missing["kind"] == "namespaces":
        return Failure(f'There is no namespace "{missing["name"]}".', "See: kubectl get namespaces")
    noun = _NOUNS.get(missing["kind"], missing["kind"])
    listing = f"See: kubectl access {noun} list" if noun in {"token", "credential", "role"} else ""
    if noun == "role":  # roles are in no namespace
        return Failure(f'There is no role "{missing["name"]}".', listing)
    return Failure(f'There is no {noun} "{missing["name"]}" here.', listing and f"{listing} (-A for all namespaces)")


def _already_there(error: ApiError) -> Failure:
    there = _THERE.search(error.server_message)
    if there is None:
        return Failure("An object of this name already exists.", "Choose another name.")
    noun = _NOUNS.get(there["kind"], there["kind"])
    return Failure(f'A {noun} "{there["name"]}" already exists.', "Choose another name.")


def _unavailable(error: ApiError) -> Failure:
    match error.status:
        case None if error.server_message:  # kubectl tells why
            return Failure(_sentence(error.server_message))
        case None:
            return Failure("The API server does not answer.", "Check that the cluster is reachable: kubectl version")
        case HTTPStatus.UNAUTHORIZED:
            return Failure(
                "The API server does not accept your login.",
                "Your login may have expired: log in again, or try another --context.",
            )
        case HTTPStatus.NOT_FOUND:
            return Failure(
                "pharia-access is not installed in this cluster.",
                "Ask an administrator to install it with Helm: see the README.",
            )
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Failure("The API server is overloaded.", "Run the command again in a moment.")
        case _:
            return Failure(
                _sentence(f"The API server failed: {_in_a_line(error.server_message) or error}"),
                "Run the command again.",
            )


def _conflict(_: ApiError) -> Failure:
    return Failure("Somebody else changed the object at the same time.", "Run the command again.")


def _expired(_: ApiError) -> Failure:
    return Failure("The list changed while it was being read.", "Run the command again.")


def _invalid(error: ApiError) -> Failure:
    message = _INVALID.sub("", _in_a_line(error.server_message))
    for noise in (_UNCHECKED, _QUOTED, _EXAMPLE):
        message = noise.sub("", message)
    for field, option in _OPTIONS:
        message = re.sub(rf"(?<![\w.]){re.escape(field)}(?=: )", option, message)
    return Failure(_sentence(_SEVERAL.sub(r"\1", message) or str(error)))


_EXPLANATIONS: Final[tuple[tuple[type[AccessError], Callable[[Any], Failure]], ...]] = (
    (SettingsError, _setting),
    (ForbiddenError, _denied),
    (NotFoundError, _not_found),
    (AlreadyExistsError, _already_there),
    (ConflictError, _conflict),
    (ResourceExpiredError, _expired),
    (InvalidError, _invalid),
    (UnavailableError, _unavailable),
)


def _in_a_line(message: str) -> str:
    """The API server's words: some policies' are in several lines, for kubectl to print them as they are."""
    return _BREAKS.sub(" ", message.strip())


def _sentence(text: str) -> str:
    text = text.strip()
    if not _FIELD.match(text):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
