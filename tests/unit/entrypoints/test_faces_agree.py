"""Terminal and console say the same of the same failure: one table, both faces."""

from __future__ import annotations

import pytest

from pharia_access.entrypoints.console.failures import explain as in_a_page
from pharia_access.entrypoints.kubectl.failures import explain as in_a_terminal
from pharia_access.errors import (
    AccessError,
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ResourceExpiredError,
    UnavailableError,
)
from pharia_access.services.administration.plans import BlockedError


def failure(kind: type[ApiError], message: str = "", status: int | None = None) -> ApiError:
    error = kind("why")
    error.server_message, error.status = message, status
    return error


RBAC = 'x is forbidden: User "anna" cannot {} resource "apitokens" in API group "access.pharia.ai"{}'


@pytest.mark.parametrize(
    "error",
    [
        failure(ForbiddenError, RBAC.format("list", ' in the namespace "finance"')),
        failure(ForbiddenError, RBAC.format("delete", " at the cluster scope")),
        failure(ForbiddenError, "ValidatingAdmissionPolicy 'x' denied request: the role\nis not allowed here"),
        failure(ForbiddenError, "something else"),
        failure(NotFoundError, 'apitokens.access.pharia.ai "ci" not found'),
        failure(NotFoundError, 'apiroles.access.pharia.ai "reader" not found'),
        failure(NotFoundError, 'namespaces "finance" not found'),
        failure(NotFoundError),
        failure(AlreadyExistsError, 'apicredentials.access.pharia.ai "bot" already exists'),
        failure(AlreadyExistsError),
        failure(ConflictError),
        failure(ResourceExpiredError),
        failure(InvalidError, 'ApiToken "ci" is invalid: spec.revoked: Invalid value: false: cannot be undone'),
        failure(UnavailableError),
        failure(UnavailableError, "no route to host"),
        failure(UnavailableError, status=401),
        failure(UnavailableError, status=404),
        failure(UnavailableError, status=429),
        failure(UnavailableError, "etcd is down", 500),
        BlockedError("you may not do that"),
        AccessError("it broke"),
    ],
    ids=lambda error: f"{type(error).__name__} {error.args[0]}",
)
def test_both_faces_have_the_same_sentence(error: AccessError) -> None:
    assert in_a_page(error).sentence == in_a_terminal(error).sentence
