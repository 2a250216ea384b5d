"""What an answer of the API server means, and what of it is passed on."""

from __future__ import annotations

import json
import traceback
from typing import Any

import aiohttp
import pytest

from pharia_access.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ResourceExpiredError,
    UnavailableError,
)
from pharia_access.kube.errors import PolicyDeniedError, concerns_secrets, refusal, unreachable

OUR_DENIAL = (
    "secrets \"ci-token\" is forbidden: ValidatingAdmissionPolicy 'restrain-operator-secrets.access.pharia.ai' with "
    "binding 'restrain-operator-secrets.access.pharia.ai' denied request: not ours"
)
OTHER_DENIAL = OUR_DENIAL.replace("restrain-operator-secrets.access.pharia.ai", "no-secrets.example.org")
TOKEN_PATH = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apitokens/ci"
SECRET_PATH = "/api/v1/namespaces/finance/secrets/ci-token"


def a_status(reason: str, message: str = "no", **details: object) -> bytes:
    """A metav1.Status."""
    body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "reason": reason, "message": message}
    return json.dumps({**body, **({"details": details} if details else {})}).encode()


def refused(status: int, body: bytes, path: str = TOKEN_PATH, *, retry_after: str | None = None) -> ApiError:
    """The error for a PATCH that was answered so."""
    return refusal(status, body, method="PATCH", path=path, retry_after=retry_after)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(404, a_status("NotFound"), NotFoundError, id="a Status says that the object is not there"),
        pytest.param(404, b"404 page not found\n", UnavailableError, id="a bare 404 says nothing about the object"),
        pytest.param(404, a_status("Other"), UnavailableError, id="a 404 of another reason says nothing either"),
        pytest.param(404, b'{"reason": "NotFound"}', UnavailableError, id="JSON that is no Status is a bare 404"),
        pytest.param(404, b"[]", UnavailableError, id="JSON that is no object is a bare 404"),
        pytest.param(409, a_status("AlreadyExists"), AlreadyExistsError, id="the name is taken"),
        pytest.param(409, a_status("Conflict"), ConflictError, id="the object changed"),
        pytest.param(409, b"", ConflictError, id="a bare 409 is a conflict"),
        pytest.param(410, a_status("Expired"), ResourceExpiredError, id="the continue token is too old"),
        pytest.param(403, a_status("Forbidden"), ForbiddenError, id="RBAC refuses"),
        pytest.param(
            403,
            a_status("Forbidden", OUR_DENIAL, causes=[{"message": "no"}]),
            PolicyDeniedError,
            id="our admission policy refuses",
        ),
        pytest.param(
            403,
            a_status("Forbidden", OTHER_DENIAL, causes=[{"message": "no"}]),
            ForbiddenError,
            id="somebody else's admission policy refuses",
        ),
        pytest.param(
            403,
            a_status("Forbidden", causes=[{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]),
            ForbiddenError,
            id="a namespace that is being deleted refuses",
        ),
        pytest.param(400, a_status("BadRequest"), InvalidError, id="the request is malformed"),
        pytest.param(413, b"", InvalidError, id="the request is too large"),
        pytest.param(422, a_status("Invalid"), InvalidError, id="the object breaks a rule"),
        pytest.param(401, a_status("Unauthorized"), UnavailableError, id="the token has expired"),
        pytest.param(429, a_status("TooManyRequests"), UnavailableError, id="too many requests"),
        pytest.param(500, b"", UnavailableError, id="the API server failed"),
        pytest.param(504, a_status("Timeout"), UnavailableError, id="the write may have taken effect"),
        pytest.param(302, b"", UnavailableError, id="something else answers there"),
    ],
)
def test_an_answer_means_one_error(status: int, body: bytes, expected: type[ApiError]) -> None:
    assert type(refused(status, body)) is expected


def test_a_bare_404_asks_for_the_crds() -> None:
    assert "are the CRDs installed?" in str(refused(404, b"404 page not found"))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("7", 7.0, id="whole seconds"),
        pytest.param(None, None, id="no header"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", None, id="a date, which Kubernetes does not send"),
        pytest.param("-1", None, id="nonsense"),
    ],
)
def test_the_wait_that_is_asked_for_is_passed_on(header: str | None, seconds: float | None) -> None:
    error = refused(429, a_status("TooManyRequests"), retry_after=header)

    assert isinstance(error, UnavailableError)
    assert error.retry_after == seconds


def test_a_message_is_cut() -> None:
    text = str(refused(422, a_status("Invalid", "x" * 5000)))

    assert text == f"PATCH {TOKEN_PATH}: 422 Invalid: {'x' * 256}"


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422, 429, 500])
@pytest.mark.parametrize("field", ["message", "reason"])
def test_nothing_of_a_secret_is_passed_on(status: int, field: str) -> None:
    body = {"kind": "Status", "reason": "Invalid", "message": "no", field: 'Invalid value: {"token":"pharia_x_y"}'}

    assert "pharia_x_y" not in str(refused(status, json.dumps(body).encode(), SECRET_PATH))


@pytest.mark.parametrize(
    ("said", "more"),
    [
        pytest.param(
            'User "system:serviceaccount:a:b" cannot create resource "secrets" in API group "" in the namespace "c"',
            "",
            id="RBAC",
        ),
        pytest.param(
            "ValidatingAdmissionPolicy 'no-secrets.example.org'",
            " with binding 'all' denied request: pharia_x_y",
            id="an admission policy",
        ),
        pytest.param('admission webhook "guard.example.org"', " denied the request: pharia_x_y", id="a webhook"),
        pytest.param("exceeded quota: few-secrets", ", requested: secrets=1, used: secrets=3", id="a quota"),
    ],
)
def test_who_refuses_a_secret_is_passed_on(said: str, more: str) -> None:
    text = str(refused(403, a_status("Forbidden", f'secrets "x" is forbidden: {said}{more}'), SECRET_PATH))

    assert text.endswith(f"403 Forbidden: {said}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param(SECRET_PATH, True, id="one Secret"),
        pytest.param("/api/v1/namespaces/finance/secrets", True, id="where Secrets are created"),
        pytest.param("/api/v1/namespaces/secrets/events", True, id="a namespace of that name: told less, no harm"),
        pytest.param(TOKEN_PATH, False, id="an ApiToken"),
    ],
)
def test_calls_about_secrets_are_known_by_their_path(path: str, *, expected: bool) -> None:
    assert concerns_secrets(path) is expected


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(TimeoutError(), "no answer in time", id="the deadline passed"),
        pytest.param(aiohttp.ServerTimeoutError(), "no answer in time", id="the library's own timeout"),
        pytest.param(
            ConnectionResetError("secret bytes"), "no answer (ConnectionResetError)", id="a broken connection"
        ),
        pytest.param(aiohttp.ClientPayloadError("secret bytes"), "no answer (ClientPayloadError)", id="half an answer"),
    ],
)
def test_no_answer_leaves_open_what_happened(error: Exception, text: str) -> None:
    found = unreachable(error, method="GET", path=TOKEN_PATH)

    assert str(found) == f"GET {TOKEN_PATH}: {text}"
    assert "secret bytes" not in "".join(traceback.format_exception(found))
