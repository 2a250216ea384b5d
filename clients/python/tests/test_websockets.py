"""A websocket behind the middleware, served by uvicorn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import PROGRAMS, Server, served
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pharia_access_client.fake_verifier import FakeVerifier


@pytest.fixture(scope="module")
def service(verifier: FakeVerifier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with one websocket."""
    command = [str(PROGRAMS / "uvicorn"), "websocket_service:app", "--app-dir", str(Path(__file__).parent)]
    env = {"PHARIA_ACCESS_VERIFIER_URL": verifier.url, "PHARIA_ACCESS_TIMEOUT": "30"}
    with served([*command, "--port", "PORT"], tmp_path_factory.mktemp("service"), env, "/health") as running:
        yield running


def talk(service: Server, headers: dict[str, str]) -> object:
    url = service.url.replace("http:", "ws:") + "/talk"
    with connect(url, additional_headers=headers, proxy=None, open_timeout=60) as websocket:
        return json.loads(websocket.recv(timeout=60))


def test_a_good_token_opens_a_websocket_and_does_not_reach_it(service: Server, verifier: FakeVerifier) -> None:
    assert talk(service, verifier.issue("finance/bot", roles=["user"]).headers) == ["finance/bot", False]


@pytest.mark.parametrize(("roles", "status"), [(["other"], 403), ([], 401)])
def test_a_websocket_is_refused_before_it_opens(
    roles: list[str], status: int, service: Server, verifier: FakeVerifier
) -> None:
    token = verifier.issue(roles=roles)
    if not roles:
        verifier.revoke(token)

    with pytest.raises(InvalidStatus) as caught:
        talk(service, token.headers)

    response = caught.value.response
    assert response.status_code == status
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="pharia-access", error=')


def test_a_websocket_without_a_verdict_is_503(service: Server, verifier: FakeVerifier) -> None:
    verifier.failing = 500

    with pytest.raises(InvalidStatus) as caught:
        talk(service, verifier.issue(roles=["user"]).headers)

    assert caught.value.response.status_code == 503
