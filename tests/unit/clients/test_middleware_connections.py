"""The middleware where nobody can tell, and for what is no plain request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access_client import Access, AccessRefused, Caller, Refused, Requirement, Verifier
from tests.support.clients.answering import answering
from tests.support.clients.applications import Recorder

if TYPE_CHECKING:
    from pharia_access_client.fake_verifier import FakeVerifier
    from pharia_access_client.refusing import Message, Receive, Scope, Send

_TOKEN = {"Authorization": "Bearer pharia_x_y"}
_CHALLENGE = 'WWW-Authenticate: Bearer realm="pharia-access"'
_IDENTITY = [
    "X-Auth-Subject: s",
    "X-Auth-Credential: a/b",
    "X-Auth-Token-Id: t",
    "X-Auth-Roles: -",
    "X-Auth-Expires: 2099-01-01T00:00:00Z",
]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("HTTP/1.1 503 Unavailable", id="503"),
        pytest.param("HTTP/1.1 500 Error", id="500"),
        pytest.param(f"HTTP/1.1 429 Slow down\r\n{_CHALLENGE}", id="429"),
        pytest.param("HTTP/1.1 302 Found\r\nLocation: /login", id="a redirect"),
        pytest.param("HTTP/1.1 404 Not Found", id="another service"),
        pytest.param("HTTP/1.1 401 Unauthorized", id="a 401 without a challenge"),
        pytest.param("HTTP/1.1 403 Forbidden", id="a 403 of a proxy between"),
        pytest.param("HTTP/1.1 403 Forbidden\r\nWWW-Authenticate: Basic realm=x", id="a challenge of another scheme"),
        pytest.param("HTTP/1.1 200 OK", id="a 200 without an identity"),
        pytest.param("HTTP/1.1 204 No Content\r\n" + "\r\n".join(_IDENTITY), id="another 2xx"),
        *(
            pytest.param("HTTP/1.1 200 OK\r\n" + "\r\n".join(lines), id=f"{what} {line.split(':')[0]}")
            for place, line in enumerate(_IDENTITY)
            for what, lines in {
                "without": _IDENTITY[:place] + _IDENTITY[place + 1 :],
                "twice": [*_IDENTITY, line],
                "empty": [*_IDENTITY[:place], line.split(":")[0] + ":", *_IDENTITY[place + 1 :]],
            }.items()
        ),
        pytest.param("HTTP/1.1 200 OK\r\n" + "\r\n".join([*_IDENTITY[:4], "X-Auth-Expires: soon"]), id="no time"),
        pytest.param("HTTP/1.1 200 OK\r\n" + "\r\n".join([*_IDENTITY[:4], "X-Auth-Expires: 2099-01-01"]), id="no zone"),
        pytest.param("HTTP/1.1 999 What", id="a status that is none"),
        pytest.param("SSH-2.0-OpenSSH_9.2", id="another protocol"),
        pytest.param("", id="nothing"),
    ],
)
async def test_what_is_no_verdict_is_503(answer: str) -> None:
    app = Recorder()

    async with answering(answer) as url:
        told = await app.asked(Access(app, url), headers=_TOKEN)

    assert (told.status_code, told.headers["Retry-After"]) == (503, "1")
    assert app.scopes == []


async def test_an_answer_with_each_identity_header_once_is_a_verdict() -> None:
    app = Recorder()

    async with answering("HTTP/1.1 200 OK\r\n" + "\r\n".join(_IDENTITY)) as url:
        told = await app.asked(Access(app, url), headers=_TOKEN)

    assert (told.status_code, app.caller.identity.roles) == (200, ())


async def test_a_verifier_that_does_not_answer_in_time_is_503() -> None:
    app = Recorder()

    async with answering(None) as url:
        told = await app.asked(Access(app, Verifier(url, timeout=0.05)), headers=_TOKEN)

    assert told.status_code == 503


async def test_a_verifier_that_is_not_there_is_503() -> None:
    app = Recorder()
    async with answering("") as url:
        pass

    told = await app.asked(Access(app, url), headers=_TOKEN)

    assert told.status_code == 503


async def test_a_proxy_that_the_environment_names_does_not_see_the_token(
    fake: FakeVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    app = Recorder()

    told = await app.asked(Access(app, fake.url), headers=fake.issue().headers)

    assert told.status_code == 200


async def test_a_websocket_of_a_good_token_is_accepted_and_shows_no_token(fake: FakeVerifier) -> None:
    app = Recorder()

    await app.asked(Access(app, fake.url), headers=fake.issue().headers, kind="websocket")

    assert [each["type"] for each in app.messages] == ["websocket.accept"]
    assert app.scope["headers"] == []


@pytest.mark.parametrize(("failing", "code"), [(None, 1008), (503, 1013)])
async def test_a_websocket_that_is_refused_is_closed_before_it_is_accepted(
    failing: int | None, code: int, fake: FakeVerifier
) -> None:
    app = Recorder()
    fake.failing = failing

    await app.asked(Access(app, fake.url), headers=_TOKEN, kind="websocket")

    assert [(each["type"], each["code"]) for each in app.messages] == [("websocket.close", code)]
    assert app.scopes == []


async def test_a_websocket_s_client_is_told_the_status_where_the_server_can(fake: FakeVerifier) -> None:
    app = Recorder()
    access = Access(app, fake.url, requirements={"/": "role=admin"})
    headers = [(b"authorization", fake.issue().headers["Authorization"].encode())]
    scope = {"type": "websocket", "path": "/", "headers": headers, "extensions": {"websocket.http.response": {}}}

    await access(scope, app.nothing, app.sent)
    await access.verifier.aclose()

    start, body = app.messages
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert body["type"] == "websocket.http.response.body"


async def test_the_application_starts_and_stops_and_the_connections_end_with_it(fake: FakeVerifier) -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    access = Access(app, fake.url)
    await access.verifier.check(fake.issue().secret, Requirement())
    await access({"type": "lifespan"}, _never, _unsent)

    assert seen == ["lifespan"]
    assert not access.verifier._clients


async def test_a_refusal_behind_the_first_byte_of_an_answer_goes_to_the_server(fake: FakeVerifier) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise AccessRefused(Refused.insufficient())

    recorder = Recorder()
    with pytest.raises(AccessRefused):
        await recorder.asked(Access(app, fake.url), headers=fake.issue().headers)


async def test_a_token_that_is_revoked_meanwhile_is_no_missing_right(fake: FakeVerifier) -> None:
    token = fake.issue()

    async def handler(caller: Caller) -> None:
        fake.revoke(token)
        await caller.may("role=admin")

    app = Recorder(handler)
    told = await app.asked(Access(app, fake.url), headers=token.headers)

    assert told.status_code == 401


def test_a_verifier_serves_one_event_loop_after_another(fake: FakeVerifier) -> None:
    app, headers = Recorder(), fake.issue().headers
    access = Access(app, fake.url)

    told = [asyncio.run(app.asked(access, headers=headers)).status_code for _ in range(2)]

    assert told == [200, 200]


async def _never() -> Message:
    return {}


async def _unsent(_message: Message) -> None:
    return None
