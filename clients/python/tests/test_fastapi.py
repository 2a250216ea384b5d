"""FastAPI with the middleware and `require`, served by uvicorn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from processes import PROGRAMS, Server, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pharia_access_client.fake_verifier import FakeVerifier

_EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="module")
def service(verifier: FakeVerifier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The example of the README."""
    command = [str(PROGRAMS / "uvicorn"), "service:app", "--app-dir", str(_EXAMPLES), "--port", "PORT"]
    env = {"PHARIA_ACCESS_VERIFIER_URL": verifier.url}
    with served(command, tmp_path_factory.mktemp("service"), env, "/health") as running:
        yield running


def get(service: Server, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.get(service.url + path, headers=headers, timeout=30, trust_env=False)


def test_a_route_learns_who_calls_and_sees_no_token(service: Server, verifier: FakeVerifier) -> None:
    token = verifier.issue("finance/bot", roles=["user"])

    answer = get(service, "/me", {**token.headers, "X-Auth-Roles": "admin"})

    assert answer.json() == {"credential": "finance/bot", "roles": ["user"]}


def test_a_route_with_a_requirement_is_for_those_who_meet_it(service: Server, verifier: FakeVerifier) -> None:
    users, admins = verifier.issue(roles=["user"]), verifier.issue(roles=["admin"])

    refused = get(service, "/settings", users.headers)

    assert get(service, "/settings", admins.headers).status_code == 200
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (
        403,
        'Bearer realm="pharia-access", error="insufficient_scope"',
    )


def test_a_handler_asks_for_the_model_of_the_body(service: Server, verifier: FakeVerifier) -> None:
    headers = verifier.issue(permissions=[{"permission": "AccessModel", "model": "a/b"}]).headers

    def complete(model: str) -> int:
        url = f"{service.url}/complete"
        return httpx.post(url, json={"model": model}, headers=headers, timeout=30, trust_env=False).status_code

    assert (complete("a/b"), complete("other")) == (200, 403)


def test_no_token_and_no_verdict_are_told_apart(service: Server, verifier: FakeVerifier) -> None:
    headers = verifier.issue().headers
    assert get(service, "/me").status_code == 401
    verifier.failing = 500
    answer = get(service, "/me", headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_only_what_is_named_as_open_needs_no_token(service: Server) -> None:
    assert [get(service, path).status_code for path in ("/health", "/docs", "/openapi.json", "/nowhere")] == [
        200,
        401,
        401,
        401,
    ]


def test_no_log_holds_a_token(service: Server, verifier: FakeVerifier) -> None:
    token = verifier.issue()
    get(service, "/me", token.headers)
    verifier.failing = 500
    get(service, "/me", token.headers)

    assert "check failed" in service.log
    assert token.text.rsplit("_", 1)[1] not in service.log
