"""The one write of a verifier: what it sends, and what it makes of the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from pharia_access.kube.client import JSON_PATCH, connect
from pharia_access.kube.verifier.last_used import KubeLastUsedWriter
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path

STATUS_OF_CI = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apitokens/ci/status"
MOMENT = 1_798_761_599.987  # a moment before 2027


async def written(tmp_path: Path, answer: bytes, *, key: str = "finance/ci") -> list[ReceivedRequest]:
    """What is sent to a server that answers so."""
    async with (
        hostile_api(lambda _: answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        await KubeLastUsedWriter(connection, timeout_seconds=5).write_last_used(key, "token-1", MOMENT)
        return api.requests


async def test_the_time_is_set_in_whole_seconds_on_that_very_token_and_nothing_else(tmp_path: Path) -> None:
    (request,) = await written(tmp_path, reply(200, {}))

    assert (request.method, request.path) == ("PATCH", STATUS_OF_CI)
    assert request.headers["content-type"] == JSON_PATCH
    assert request.query == {"fieldValidation": ["Strict"]}
    assert json.loads(request.body) == [
        {"op": "test", "path": "/metadata/uid", "value": "token-1"},
        {"op": "add", "path": "/status/lastUsedTime", "value": "2026-12-31T23:59:59Z"},
    ]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        pytest.param(404, "NotFound", NotFoundError, id="the token is gone"),
        pytest.param(404, "", UnavailableError, id="the resource is not served"),
        pytest.param(409, "Conflict", ConflictError, id="another token has the name"),
        pytest.param(403, "Forbidden", ForbiddenError, id="no right"),
        pytest.param(422, "Invalid", InvalidError, id="an older CRD"),
        pytest.param(429, "TooManyRequests", UnavailableError, id="too many requests"),
        pytest.param(500, "InternalError", UnavailableError, id="the server fails"),
    ],
)
async def test_a_refusal_says_what_it_means(tmp_path: Path, code: int, reason: str, error: type[ApiError]) -> None:
    answer = reply(code, {"kind": "Status", "code": code, "reason": reason, "message": "no"})

    with pytest.raises(error):
        await written(tmp_path, answer)


@pytest.mark.parametrize("key", ["finance/..", "finance/", "finance/a/b", "../ci", "ci"])
async def test_no_name_leads_elsewhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidError):
        await written(tmp_path, reply(200, {}), key=key)


async def held(tmp_path: Path, *answers: bytes, instead_of: str = "") -> list[ReceivedRequest]:
    """What is sent to a server that answers so, for a holder of a credential."""
    left = list(answers)
    async with (
        hostile_api(lambda _: left.pop(0)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        writer = KubeLastUsedWriter(connection, timeout_seconds=5)
        await writer.write_held("finance/bot", "bot-1", MOMENT, holder="worker", instead_of=instead_of)
        return api.requests


THAT_CREDENTIAL = {"op": "test", "path": "/metadata/uid", "value": "bot-1"}
TIMES = "/status/lastUsedTimes"


async def test_a_holders_time_is_set_beside_those_of_others(tmp_path: Path) -> None:
    (request,) = await held(tmp_path, reply(200, {}))

    assert request.path == "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apicredentials/bot/status"
    assert json.loads(request.body) == [
        THAT_CREDENTIAL,
        {"op": "add", "path": f"{TIMES}/worker", "value": "2026-12-31T23:59:59Z"},
    ]


async def test_where_there_is_no_room_another_goes(tmp_path: Path) -> None:
    (request,) = await held(tmp_path, reply(200, {}), instead_of="former")

    assert json.loads(request.body)[1] == {"op": "remove", "path": f"{TIMES}/former"}


async def test_the_first_time_of_all_brings_their_parent_and_replaces_none(tmp_path: Path) -> None:
    refused = reply(422, {"kind": "Status", "code": 422, "reason": "Invalid", "message": "no such path"})

    _, second = await held(tmp_path, refused, reply(200, {}))

    assert json.loads(second.body) == [
        THAT_CREDENTIAL,
        {"op": "test", "path": TIMES, "value": None},
        {"op": "add", "path": TIMES, "value": {"worker": "2026-12-31T23:59:59Z"}},
    ]
