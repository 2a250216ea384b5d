"""What the package has for FastAPI, vLLM and tests, without those: `make clients` runs the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pharia_access_client import Access, Caller, Permission
from pharia_access_client.fake_verifier import FakeVerifier
from pharia_access_client.fastapi import require
from pharia_access_client.pytest_plugin import fake_verifier
from pharia_access_client.settings import VERIFIER_URL, middleware_settings, verifier_from
from pharia_access_client.vllm import VllmAccess
from tests.support.clients.applications import Recorder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["fake_verifier"]

_URL = "http://verifier"


def service(fake: FakeVerifier, *dependencies: Callable[[HTTPConnection], Awaitable[Caller]]) -> Access:
    """A Starlette application whose one route has requirements."""

    async def route(request: Request) -> JSONResponse:
        callers = [await dependency(request) for dependency in dependencies]
        return JSONResponse({"roles": callers[0].identity.roles})

    app = Starlette(routes=[Route("/", route)])
    return Access(app, fake.url)


async def test_a_route_without_a_requirement_asks_nothing_more(fake: FakeVerifier) -> None:
    told = await Recorder().asked(service(fake, require()), headers=fake.issue(roles=["user"]).headers)

    assert told.status_code == 200
    assert len(fake.asked) == 1


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("user", 403)])
async def test_a_requirement_of_a_route_is_a_second_question(role: str, status: int, fake: FakeVerifier) -> None:
    access = service(fake, require("role=admin"))

    told = await Recorder().asked(access, headers=fake.issue(roles=[role]).headers)

    assert told.status_code == status
    assert [target for _, target in fake.asked] == ["/auth/forward", "/auth/forward?role=admin"]


async def test_a_requirement_without_the_middleware_is_a_mistake_and_no_acceptance() -> None:
    with pytest.raises(RuntimeError, match="add the middleware Access"):
        await require("role=admin")(HTTPConnection({"type": "http"}))


def test_a_requirement_that_cannot_be_understood_stops_the_service_at_its_start() -> None:
    with pytest.raises(ValueError, match="cannot be understood"):
        require("rolle=admin")


async def test_a_handler_learns_which_permissions_are_held(fake: FakeVerifier) -> None:
    held: list[Permission] = []
    kernel, model = Permission("KernelAccess"), Permission("AccessModel", (("model", "x"),))

    async def handler(caller: Caller) -> None:
        held.extend(await caller.held(model, kernel))

    token = fake.issue(permissions=[{"permission": "KernelAccess"}])
    await Recorder(handler).asked(Access(app := Recorder(handler), fake.url), headers=token.headers)

    assert held == [kernel]
    assert len(app.scopes) == 1


async def test_vllm_s_class_is_set_up_by_the_environment(
    fake_verifier: FakeVerifier,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PHARIA_ACCESS_REQUIREMENTS", '{"/v1": "role=user", "/v1/admin": "role=admin"}')
    monkeypatch.setenv("PHARIA_ACCESS_OPEN_PATHS", "/health")
    app = Recorder()
    access = VllmAccess(app)
    headers = fake_verifier.issue(roles=["user"]).headers

    told = [(await app.asked(access, path, headers=headers)).status_code for path in ("/v1/x", "/v1/admin", "/health")]

    assert told == [200, 403, 200]


def test_settings_that_are_left_out_have_defaults() -> None:
    chosen = middleware_settings({VERIFIER_URL: _URL})

    assert chosen.pop("verifier").timeout == 2
    assert chosen == {"requirements": {"/": ""}, "open_paths": [], "token_headers": []}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "set PHARIA_ACCESS_VERIFIER_URL"),
        ({VERIFIER_URL: "verifier"}, "the verifier's URL cannot be used"),
        ({VERIFIER_URL: _URL, "PHARIA_ACCESS_TIMEOUT": "soon"}, "PHARIA_ACCESS_TIMEOUT cannot be used"),
        ({VERIFIER_URL: _URL, "PHARIA_ACCESS_TIMEOUT": "0"}, "PHARIA_ACCESS_TIMEOUT cannot be used"),
        ({VERIFIER_URL: _URL, "PHARIA_ACCESS_TIMEOUT": "nan"}, "PHARIA_ACCESS_TIMEOUT cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        verifier_from(settings)


@pytest.mark.parametrize("text", ['{"/v1"', '{"/v1": 1}'])
def test_requirements_that_are_no_json_are_told_by_their_name(text: str) -> None:
    with pytest.raises(ValueError, match="PHARIA_ACCESS_REQUIREMENTS cannot be used"):
        middleware_settings({VERIFIER_URL: _URL, "PHARIA_ACCESS_REQUIREMENTS": text})


def test_the_fake_has_no_url_before_it_runs() -> None:
    with pytest.raises(RuntimeError, match="does not run"):
        _ = FakeVerifier().url
