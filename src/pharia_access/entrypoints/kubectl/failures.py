"""What went wrong, in a sentence, and what to do next."""

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
from pharia_access.services.administration import refusals
from pharia_access.services.administration.refusals import in_a_line, sentence

__all__ = ["Failure", "RefusedError", "explain"]

_OPTIONS: Final = (
    ("spec.ttl", "--expires"),
    ("spec.expiresAt", "--expires"),
    ("spec.delivery.window", "--window"),
    ("spec.description", "--description"),
    ("spec.displayName", "--display-name"),
    ("spec.tokenPolicy.defaultTTL", "--default-ttl"),
    ("spec.tokenPolicy.maxTTL", "--max-ttl"),
    ("spec.tokenPolicy.maxTokens", "--max-tokens"),
    ("spec.renewBefore", "--renew-before"),
    ("spec.secret.name", "--secret"),
    ("spec.secret.key", "--secret"),
)
"""By which option a person said what the API server finds wrong in a field."""

_COMMANDS: Final = {"token": "token", "credential": "credential", "workload token": "workload"}
"""The commands about a kind, by our word for one of it."""


class RefusedError(AccessError):
    """A command stopped before it changed anything; the text says why, `next_step` what to do."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The text for a person."""

    sentence: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class _Said:
    """Options as they were typed, each with a space before it."""

    connection: str
    place: str


def explain(error: AccessError, options: str = "", place: str = "") -> Failure:
    """Never fails: unknown errors are shown verbatim. The error's own hint comes last.

    `options`: those of the command line that say which cluster and who, for the commands that are named; `place`: the
    one that says in which namespace.
    """
    said = _Said(options, place)
    failure = next(
        (explanation(error, said) for kind, explanation in _EXPLANATIONS if isinstance(error, kind)),
        Failure(sentence(str(error))),
    )
    steps = [failure.next_step, error.next_step, *_worded(error, options)]
    return Failure(failure.sentence, "\n".join(step for step in steps if step))


def _worded(error: AccessError, options: str) -> list[str]:
    if not error.next_steps:
        return []
    from pharia_access.entrypoints.kubectl.next_steps import in_words

    return in_words(error.next_steps, options)


def _setting(error: AccessError, _: _Said) -> Failure:
    return Failure(
        sentence(str(error)), "Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context."
    )


def _denied(error: ApiError, said: _Said) -> Failure:
    refused = refusals.refusal(error)
    if refused.right is None:
        return Failure(refused.sentence)
    right = refused.right
    scope = f" -n {right.namespace}" if right.namespace else ""
    return Failure(
        refused.sentence,
        f"This needs the verb {right.verb} on {right.resource}: ask an administrator for it.\n"
        f"See what you may do: kubectl auth can-i --list{scope}{said.connection}",
    )


def _not_found(error: ApiError, said: _Said) -> Failure:
    missing = refusals.not_found(error)
    if missing is None:
        return Failure(sentence(in_a_line(error.server_message) or str(error)))
    if missing.noun == "namespaces":
        return Failure(f'There is no namespace "{missing.name}".', f"See: kubectl get namespaces{said.connection}")
    if missing.noun == "role":  # roles are in no namespace
        return Failure(f'There is no role "{missing.name}".', f"See: kubectl access role list{said.connection}")
    absent = f'There is no {missing.noun} "{missing.name}" here.'
    command = _COMMANDS.get(missing.noun)
    if command is None:
        return Failure(absent)
    listing = f"kubectl access {command} list{said.place}{said.connection}"
    return Failure(absent, f"See: {listing} (-A for all namespaces)")


def _already_there(error: ApiError, _: _Said) -> Failure:
    there = refusals.already_there(error)
    if there is None:
        return Failure("An object of this name already exists.", "Choose another name.")
    return Failure(f'A {there.noun} "{there.name}" already exists.', "Choose another name.")


def _unavailable(error: ApiError, said: _Said) -> Failure:
    match error.status:
        case None if error.server_message:  # kubectl tells why
            return Failure(sentence(error.server_message))
        case None:
            check = f"kubectl version{said.connection}"
            return Failure("The API server does not answer.", f"Check that the cluster is reachable: {check}")
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
                sentence(f"The API server failed: {in_a_line(error.server_message) or error}"),
                "Run the command again.",
            )


def _conflict(_: ApiError, __: _Said) -> Failure:
    return Failure("Somebody else changed the object at the same time.", "Run the command again.")


def _expired(_: ApiError, __: _Said) -> Failure:
    return Failure("The list changed while it was being read.", "Run the command again.")


def _invalid(error: ApiError, _: _Said) -> Failure:
    return Failure(refusals.invalid(error, _OPTIONS))


_EXPLANATIONS: Final[tuple[tuple[type[AccessError], Callable[[Any, _Said], Failure]], ...]] = (
    (SettingsError, _setting),
    (ForbiddenError, _denied),
    (NotFoundError, _not_found),
    (AlreadyExistsError, _already_there),
    (ConflictError, _conflict),
    (ResourceExpiredError, _expired),
    (InvalidError, _invalid),
    (UnavailableError, _unavailable),
)
