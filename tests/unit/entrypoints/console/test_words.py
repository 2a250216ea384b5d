"""Words of the console: every step has one, every error has a sentence and a number, states are said in words."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from http import HTTPStatus
from typing import get_args

import pytest

from pharia_access import errors
from pharia_access.domain.administration import next_steps
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Permission
from pharia_access.domain.usability import Unusable
from pharia_access.entrypoints.console import words
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.forms import FormError
from pharia_access.entrypoints.console.steps import WORDS, in_words
from pharia_access.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    LoginError,
    NotFoundError,
    ResourceExpiredError,
    TokenFormatError,
    UnavailableError,
)
from pharia_access.services.administration.collecting import CollectError
from pharia_access.services.administration.plans import BlockedError, MalformedError
from tests.support.builders.domain_objects import NOW

KEY = ObjectKey("finance", "ci")
VALUES = {
    "verb": "get",
    "whom": "an administrator",
    "resources": ("secrets",),
    "after": timedelta(hours=1),
    "max_tokens": 3,
    "deadline": None,
    "workloads": (),
    "certain": False,
    "entry": "token",
}


@pytest.mark.parametrize("kind", get_args(next_steps.Step), ids=lambda kind: kind.__name__)
def test_every_step_is_worded_and_leads_to_a_page_of_ours_or_nowhere(kind: type[object]) -> None:
    step = kind(**{each.name: VALUES.get(each.name, KEY) for each in fields(kind)})  # type: ignore[arg-type]

    (told,) = in_words([step])

    assert set(WORDS) == set(get_args(next_steps.Step))
    assert told.text
    assert told.href == "" or told.href.startswith("/namespaces/finance/")


def failure(kind: type[ApiError], message: str = "", status: int | None = None) -> ApiError:
    error = kind("why")
    error.server_message, error.status = message, status
    return error


RBAC = (
    'x is forbidden: User "anna" cannot list resource "apitokens" in API group "access.pharia.ai" at the cluster scope'
)


@pytest.mark.parametrize(
    ("error", "status", "sentence", "steps"),
    [
        (AccessError("it broke"), 500, "It broke.", []),
        (AccessError("it broke", "Mend it."), 500, "It broke.", ["Mend it."]),
        (FormError("too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE), 413, "Too large.", []),
        (MalformedError("no such name"), 400, "No such name.", []),
        (InvalidObjectError("spec.ttl: no length"), 400, "spec.ttl: no length.", []),
        (TokenFormatError("no token"), 400, "No token.", []),
        (LoginError("no login"), 502, "No login.", []),
        (BlockedError("it ended"), 409, "It ended.", []),
        (BlockedError("not you", next_steps.AskForRight("get", ("x",))), 403, "Not you.", ["This needs the verb get"]),
        (BlockedError("nowhere", next_steps.ListNamespaces()), 404, "Nowhere.", [""]),
        (BlockedError("no role", next_steps.ListRoles()), 422, "No role.", [""]),
        (CollectError("taken"), 409, "Taken.", []),
        (failure(ForbiddenError, RBAC), 403, "anna may not list tokens in the whole cluster.", ["This needs the verb"]),
        (failure(ForbiddenError, "denied request: no such role"), 403, "No such role.", []),
        (failure(ForbiddenError, "go away"), 403, "The API server refused the request: go away.", []),
        (failure(NotFoundError, 'namespaces "x" not found'), 404, 'There is no namespace "x".', []),
        (failure(NotFoundError, 'apitokens.access.pharia.ai "x" not found'), 404, 'There is no token "x" here.', []),
        (failure(NotFoundError), 404, "Why.", []),
        (failure(AlreadyExistsError, 'apitokens.x "a" already exists'), 409, 'A token "a" already exists.', ["Choose"]),
        (failure(AlreadyExistsError), 409, "An object of this name already exists.", ["Choose another name."]),
        (failure(ConflictError), 409, "Somebody else changed the object at the same time.", []),
        (failure(ResourceExpiredError), 503, "The list changed while it was being read.", []),
        (failure(UnavailableError), 503, "The API server does not answer.", []),
        (failure(UnavailableError, "no route"), 503, "No route.", []),
        (failure(UnavailableError, status=401), 502, "The API server does not accept your login.", ["Your login"]),
        (failure(UnavailableError, status=404), 502, "pharia-access is not installed in this cluster.", ["Ask an"]),
        (failure(UnavailableError, status=429), 503, "The API server is overloaded.", []),
        (failure(UnavailableError, "etcd", 500), 502, "The API server failed: etcd.", []),
    ],
)
def test_every_error_has_a_sentence_and_a_number(
    error: AccessError, status: int, sentence: str, steps: list[str]
) -> None:
    told = explain(error)

    assert (told.status, told.sentence) == (status, sentence)
    assert len(told.steps) == len(steps)
    assert all(step.text.startswith(begin) for step, begin in zip(told.steps, steps, strict=True))


def test_409_is_for_conflicts_alone() -> None:
    leaves = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]

    told = {kind for kind in leaves if explain(kind("why")).status == HTTPStatus.CONFLICT}

    assert told == {AlreadyExistsError, ConflictError}


TOKEN = TokenSummary(KEY, "uid", "bot", NOW, phase="Active")


@pytest.mark.parametrize(
    ("token", "state"),
    [
        (TOKEN, "Active"),
        (replace(TOKEN, deleting=True), "Being deleted"),
        (
            replace(TOKEN, unusable=Unusable("Suspended", "its credential is suspended")),
            "Active, but refused: its cred",
        ),
        (replace(TOKEN, phase=""), "Pending"),
        (replace(TOKEN, phase="Pending", message="no credential"), "Pending: no credential"),
        (replace(TOKEN, phase="Failed", reason="TTLTooLong"), "Failed: TTLTooLong"),
        (replace(TOKEN, phase="Expired", message="over"), "Expired"),
    ],
)
def test_a_token_s_state_is_said_in_words(token: TokenSummary, state: str) -> None:
    assert words.token_state(token).startswith(state)


@pytest.mark.parametrize(
    ("token", "state"),
    [
        (replace(TOKEN, delivery="Available", deadline=NOW), "waiting until 23 November 2026, 12:00 UTC"),
        (replace(TOKEN, delivery="Available"), "waiting"),
        (replace(TOKEN, delivery="Collected"), "collected"),
        (replace(TOKEN, delivery="Withdrawn"), "withdrawn unread"),
        (replace(TOKEN, phase="Pending"), "not there yet"),
        (replace(TOKEN, phase="Failed"), "never made"),
    ],
)
def test_where_a_secret_is_is_said_in_words(token: TokenSummary, state: str) -> None:
    assert words.secret_state(token) == state


CREDENTIAL = CredentialSummary(KEY, "uid", NOW)


@pytest.mark.parametrize(
    ("credential", "state"),
    [
        (CREDENTIAL, "Not seen by the operator yet"),
        (replace(CREDENTIAL, ready="True"), "In force"),
        (replace(CREDENTIAL, suspended=True), "Suspended"),
        (replace(CREDENTIAL, deleting=True), "Being deleted"),
        (replace(CREDENTIAL, ready="False", message="gone is unknown"), "Not all roles are in force: gone is unknown"),
    ],
)
def test_a_credential_s_state_is_said_in_words(credential: CredentialSummary, state: str) -> None:
    assert words.credential_state(credential) == state


def test_moments_and_permissions_are_said_in_words() -> None:
    assert words.moment(NOW) == "23 November 2026, 12:00 UTC"
    assert words.iso(NOW) == "2026-11-23T12:00:00Z"
    assert words.ago(NOW + timedelta(minutes=1), NOW).endswith(" ago")
    assert words.until(NOW - timedelta(hours=2), NOW) == "2 hours ago"
    assert words.until(NOW + timedelta(days=3), NOW) == "in 3 days"
    assert words.permission_words(Permission.of("Use")) == "Use"
    assert words.permission_words(Permission.of("Use", model="*")) == "Use (model: *)"
