"""What comes back by kubectl's socket: the API server's answers, and kubectl's own in their place."""

from __future__ import annotations

import json
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.errors import ForbiddenError, LoginError, UnavailableError
from pharia_access.kube.administration.identity import require_identity
from pharia_access.kube.administration.kubectl_proxy import LentLogin
from pharia_access.kube.administration.lent import connect_lent
from pharia_access.kube.http import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pharia_access.kube.connection import Connection

LIST = Request("GET", "/apis/access.pharia.ai/v1alpha1/apitokens", 5)
PLAIN = "text/plain; charset=utf-8"


@asynccontextmanager
async def lent(
    answer: Callable[[web.BaseRequest], web.Response], *, runs_plugin: bool = False
) -> AsyncIterator[tuple[Connection, list[str]]]:
    """A connection by a socket that answers so, and the requests that came."""
    asked: list[str] = []

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(f"{request.method} {request.host}{request.path_qs}")
        return answer(request)

    with tempfile.TemporaryDirectory() as folder:  # a socket's path is short
        socket = Path(folder) / "s"
        runner = web.ServerRunner(web.Server(serve))
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        login = LentLogin(socket, "", "", runs_plugin)
        async with connect_lent(login, pool_size=1, user_agent="kubectl-access") as connection:
            yield connection, asked
        await runner.cleanup()


async def test_a_request_goes_to_the_socket_as_localhost() -> None:
    async with lent(lambda _: web.json_response({"items": []})) as (connection, asked):
        body = await connection.send(Request("POST", "/x", 5, {"a": 1}, query={"q": "1"}))

    assert json.loads(body) == {"items": []}
    assert asked == ["POST localhost/x?q=1&fieldValidation=Strict"]


async def test_what_kubectl_answers_itself_is_no_answer_of_the_api_server() -> None:
    refused = web.Response(status=500, text="dial tcp: connect: connection refused\n", content_type="text/plain")
    async with lent(lambda _: refused) as (connection, _):
        with pytest.raises(UnavailableError) as caught:
            await connection.send(LIST)

    assert caught.value.status is None
    assert caught.value.server_message == "The API server does not answer: dial tcp: connect: connection refused"


async def test_a_failure_of_the_api_server_stays_its_own() -> None:
    panic = web.Response(status=500, text="panic", content_type="text/plain", headers={"Audit-Id": "1"})
    async with lent(lambda _: panic) as (connection, _):
        with pytest.raises(UnavailableError) as caught:
            await connection.send(LIST)

    assert caught.value.status == 500


async def test_plain_http_to_tls_is_told() -> None:
    wrong = web.Response(
        status=400, text="Client sent an HTTP request to an HTTPS server.\n", content_type="text/plain"
    )
    async with lent(lambda _: wrong) as (connection, _):
        with pytest.raises(UnavailableError) as caught:
            await connection.send(LIST)

    assert explain(caught.value).sentence == "The API server speaks TLS, but the kubeconfig's server is http://."


async def test_other_plain_text_is_the_api_servers() -> None:
    wrong = web.Response(status=400, text="no", content_type="text/plain")
    async with lent(lambda _: wrong) as (connection, _):
        answer = await connection._answer(LIST)

    assert (answer.status, answer.body) == (400, b"no")


async def test_a_refused_login_is_tried_again_only_where_kubectl_renews_it() -> None:
    refused: Callable[[web.BaseRequest], web.Response] = lambda _: web.json_response({}, status=401)  # noqa: E731
    async with lent(refused, runs_plugin=True) as (connection, renewed):
        with pytest.raises(UnavailableError):
            await connection.send(LIST)
    async with lent(refused) as (connection, kept):
        with pytest.raises(UnavailableError):
            await connection.send(LIST)

    assert (len(renewed), len(kept)) == (2, 1)


async def test_a_kubectl_that_has_ended_is_told() -> None:
    login = LentLogin(Path("/nowhere"), "", "", runs_plugin=False)
    async with connect_lent(login, pool_size=1, user_agent="x") as connection:
        with pytest.raises(UnavailableError) as caught:
            await connection.send(LIST)

    assert explain(caught.value).sentence == "The kubectl proxy that carries the requests has ended."


async def test_nobody_but_kubectl_has_the_login() -> None:
    async with lent(lambda _: web.json_response({})) as (connection, _):
        with pytest.raises(NotImplementedError):
            connection.login()


def review(user: str) -> web.Response:
    return web.json_response({"status": {"userInfo": {"username": user}}}, status=201)


def refusal(said: str) -> web.Response:
    return web.json_response({"kind": "Status", "reason": "Forbidden", "message": said}, status=403)


@pytest.mark.parametrize(
    ("answer", "impersonated", "why"),
    [
        pytest.param(lambda: review("anna"), "", "", id="somebody"),
        pytest.param(lambda: review("jane"), "jane", "", id="who is impersonated"),
        pytest.param(lambda: review("anna"), "jane", "the API server sees anna, not jane", id="another"),
        pytest.param(lambda: review("system:anonymous"), "", "treats kubectl's requests as", id="nobody"),
        pytest.param(lambda: review("system:anonymous"), "system:anonymous", "", id="nobody, as was said"),
        pytest.param(
            lambda: refusal('x is forbidden: User "system:anonymous" cannot create resource "x"'),
            "",
            "treats kubectl's requests as",
            id="nobody, refused",
        ),
        pytest.param(lambda: refusal('User "anna" cannot create resource "x"'), "", "", id="somebody, refused"),
        pytest.param(
            lambda: refusal('User "anna" cannot impersonate resource "users"'), "jane", "", id="may not impersonate"
        ),
        pytest.param(lambda: refusal("no"), "jane", "an unknown user", id="refused without a word"),
        pytest.param(lambda: refusal("no"), "", "", id="refused without a word, nobody is impersonated"),
        pytest.param(lambda: web.json_response({}, status=404), "", "", id="an older API server"),
        pytest.param(lambda: web.json_response({}, status=404), "jane", "an unknown user", id="an older one, as jane"),
        pytest.param(lambda: web.json_response([1]), "", "", id="another answer"),
    ],
)
async def test_who_asks_must_be_somebody_and_whom_was_said(
    answer: Callable[[], web.Response], impersonated: str, why: str
) -> None:
    async with lent(lambda _: answer()) as (connection, asked):
        if why:
            with pytest.raises(LoginError, match=why):
                await require_identity(connection, impersonated=impersonated, timeout_seconds=5)
        else:
            await require_identity(connection, impersonated=impersonated, timeout_seconds=5)

    assert len(asked) == 1


async def test_a_login_that_is_not_accepted_is_no_answer() -> None:
    async with lent(lambda _: web.json_response({}, status=401)) as (connection, _):
        with pytest.raises(UnavailableError) as caught:
            await require_identity(connection, impersonated="", timeout_seconds=5)

    assert not isinstance(caught.value, ForbiddenError)
