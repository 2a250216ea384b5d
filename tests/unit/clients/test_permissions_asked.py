"""What a service learns from `/check_user`, over plain HTTP and TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from starlette.exceptions import WebSocketException
from starlette.requests import HTTPConnection

from pharia_access_client import Access, AccessRefused, Caller, Held, Permission, Refused, Verifier
from pharia_access_client.credentials import Token
from pharia_access_client.fastapi import require
from tests.support.clients.answering import answering
from tests.support.clients.applications import Recorder

if TYPE_CHECKING:
    from pathlib import Path

    from pharia_access_client.fake_verifier import FakeVerifier

_KERNEL = Permission("KernelAccess")
_TOKEN = Token("pharia_x_y")


async def held(verifier: Verifier) -> Held | Refused:
    """What is told of a token; the connections are closed afterwards."""
    try:
        return await verifier.held(_TOKEN, [_KERNEL])
    finally:
        await verifier.aclose()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"sub": "s"}',
        '{"permissions": []}',
        '{"sub": "", "permissions": []}',
        '{"sub": 1, "permissions": []}',
        '{"sub": "s", "permissions": null}',
        "[" * 100000,
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_verdict(body: str) -> None:
    async with answering("HTTP/1.1 200 OK", body) as url:
        assert await held(Verifier(url)) == Refused.unavailable()


@pytest.mark.parametrize(
    "listed", ["[]", '["KernelAccess"]', '[{"permission": "Other"}]', '{"permission": "KernelAccess"}']
)
async def test_what_is_not_listed_is_not_held(listed: str) -> None:
    async with answering("HTTP/1.1 200 OK", f'{{"sub": "s", "permissions": {listed}}}') as url:
        assert await held(Verifier(url)) == Held("s", ())


@pytest.mark.parametrize("head", ["HTTP/1.1 422 What", "HTTP/1.1 503 Later", "HTTP/1.1 401 Unauthorized", ""])
async def test_another_status_is_no_verdict(head: str) -> None:
    async with answering(head) as url:
        assert await held(Verifier(url)) == Refused.unavailable()


async def test_a_handler_that_asks_with_a_revoked_token_is_answered_401(fake: FakeVerifier) -> None:
    token = fake.issue()

    async def handler(caller: Caller) -> None:
        fake.revoke(token)
        with pytest.raises(AccessRefused):
            await caller.held(_KERNEL)
        await caller.held(_KERNEL)

    told = await Recorder(handler).asked(Access(Recorder(handler), fake.url), headers=token.headers)

    assert told.status_code == 401


async def test_a_handler_goes_on_with_what_is_held(fake: FakeVerifier) -> None:
    async def handler(caller: Caller) -> None:
        await caller.require("role=user")

    app = Recorder(handler)

    assert (await app.asked(Access(app, fake.url), headers=fake.issue(roles=["user"]).headers)).status_code == 200


async def test_a_websocket_s_route_without_the_right_is_closed_by_the_framework(fake: FakeVerifier) -> None:
    async def handler(caller: Caller) -> None:
        scope = {"type": "websocket", "state": {"access": caller}}
        with pytest.raises(WebSocketException) as caught:
            await require("role=admin")(HTTPConnection(scope))
        assert caught.value.code == 1008

    app = Recorder(handler)
    await app.asked(Access(app, fake.url), headers=fake.issue().headers, kind="websocket")

    assert [each["type"] for each in app.messages] == ["websocket.accept"]


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_is_spoken_with_a_verifier_whose_certificate_is_trusted(trusted: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case
    authority, other = trustme.CA(), trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    (authority if trusted else other).cert_pem.write_to_path(tmp_path / "ca.crt")

    async with answering("HTTP/1.1 200 OK", '{"sub": "s", "permissions": []}', tls=context) as url:
        told = await held(Verifier(url, ca_file=tmp_path / "ca.crt"))

    assert told == (Held("s", ()) if trusted else Refused.unavailable())
