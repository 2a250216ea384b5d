"""What takes long is answered as all else is: by what is true when it is answered, also where it rested meanwhile."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.services.verifier.authorizer import Authorizer, Contract
from pharia_access.services.verifier.verifier import AuthorizationResult
from tests.support.verifier.long_requests import after_the_last_piece, answered, asked, revoke, rich
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.verifier_server import Reply, VerifierServer, open_verifier_server

ASKED = [{"permission": "AccessModel", "model": f"x{number}"} for number in range(256)]
BODY = json.dumps({"permissions": ASKED}).encode()
FORM = b"token=" + b"%41" * 1000
MUCH = "/auth/nginx?satisfy=any&" + "&".join(f"permission=AccessModel;model=x{number}" for number in range(15))
MET = MUCH.replace("model=x14", "model=m1999")
LONG = {
    "check_user": ("POST", "/check_user", BODY),
    "whoami": ("GET", "/whoami", b""),
    "introspect": ("POST", "/oauth2/introspect", FORM),
    "a requirement of many parts": ("GET", MET, b""),
}


@pytest.mark.parametrize(("method", "target", "body"), LONG.values(), ids=LONG)
async def test_a_token_that_is_revoked_during_a_rest_is_refused(
    method: str, target: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = VerifierServer()
    token = rich(server)
    rests = after_the_last_piece(monkeypatch, lambda: revoke(server, token))

    reply = await answered(server, asked(method, target, body, token))

    assert reply.status == 401
    assert rests
    assert {reason for _, reason, _ in server.journal.refused_} == {"revoked"}


@pytest.mark.parametrize("target", ["/check_user", "/whoami"])
async def test_a_role_that_is_taken_away_during_a_rest_is_not_told(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = VerifierServer()
    token = rich(server)
    body = BODY.replace(b'"x0"', b'"m0"') if target == "/check_user" else b""
    before = await answered(server, asked("POST" if body else "GET", target, body, token))
    rests: list[int] = []

    def once() -> None:
        if not rests:
            server.index.drop("ApiRole", "wide-0")

    rests = after_the_last_piece(monkeypatch, once)
    after = await answered(server, asked("POST" if body else "GET", target, body, token))

    assert (before.status, after.status) == (200, 200)
    assert (b'"m0"' in before.body, b'"m0"' in after.body) == (True, False)
    assert rests


@pytest.mark.parametrize("target", ["/check_user", "/whoami"])
async def test_what_no_longer_holds_whenever_it_is_done_is_503(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = VerifierServer()
    token = rich(server)
    monkeypatch.setattr(Authorizer, "still_holds", lambda _authorizer, _accepted: False)

    reply = await answered(server, asked("POST" if target == "/check_user" else "GET", target, BODY, token))

    assert reply.status == 503


@pytest.mark.parametrize("target", ["/check_user", "/whoami"])
async def test_others_long_work_does_not_wait_while_one_is_decided_anew(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where Argon2id must tell."""
    server = VerifierServer()
    token = rich(server)
    protocols = Protocols(server.authorizer, 65536)
    decided, anew, goes_on = 0, asyncio.Event(), asyncio.Event()
    original = Authorizer.authorize

    async def authorize(
        authorizer: Authorizer, contract: Contract, presented: bytes | Refusal, requirement: str = ""
    ) -> AuthorizationResult:
        nonlocal decided
        decided += 1
        if decided > 1:
            anew.set()
            await goes_on.wait()
        return await original(authorizer, contract, presented, requirement)

    monkeypatch.setattr(Authorizer, "authorize", authorize)
    after_the_last_piece(monkeypatch, lambda: None if decided > 1 else revoke(server, token))
    transport = MemoryTransport(server, app=VerifierApp(protocols))
    body = BODY if target == "/check_user" else b""
    transport.feed(asked("POST" if body else "GET", target, body, token))

    async with asyncio.timeout(10):
        await anew.wait()
        with protocols.work.request("another") as long:
            await long.piece()
        goes_on.set()
        while not transport.written:  # noqa: ASYNC110 - the wire tells nobody
            await asyncio.sleep(0)

    assert transport.statuses() == [401]


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize(("target", "status"), [(MUCH, 403), (MET, 200)], ids=["not met", "met"])
async def test_a_requirement_that_takes_long_to_tell_waits_until_its_answer_is_known(
    target: str, status: int, monkeypatch: pytest.MonkeyPatch, *, fast: bool
) -> None:
    server = VerifierServer()
    token = rich(server)
    rests = after_the_last_piece(monkeypatch, lambda: None)

    replies = [await answered(server, request(token, target), fast=fast) for _ in range(3)]
    waited = len(rests)
    credential = server.index.credential("finance/rich-bot")
    assert credential is not None
    server.index.put_credential_record(credential)
    again = await answered(server, request(token, target), fast=fast)

    assert {reply.status for reply in [*replies, again]} == {status}
    assert (waited, len(rests)) == ((1, 2) if status == 200 else (3, 4))


@pytest.mark.parametrize("roles", [1, 16])
async def test_few_roles_or_few_parts_are_told_at_once(roles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    server = VerifierServer()
    rich(server)
    few = server.issue("few", roles=tuple(f"wide-{number}" for number in range(roles)))
    rests = after_the_last_piece(monkeypatch, lambda: None)

    target = MUCH if roles == 1 else "/auth/nginx?permission=AccessModel;model=m7&permission=AccessModel;model=m999"
    reply = MemoryTransport(server).send(request(few, target))

    assert (reply.status, rests) == (403 if roles == 1 else 200, [])


async def test_a_requirement_that_takes_long_is_told_503_where_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.entrypoints.verifier.long_work.PLACES", 0)
    server = VerifierServer()

    reply = await answered(server, request(rich(server), MET))

    assert (reply.status, reply.header("retry-after")) == (503, "1")


async def test_what_others_ask_at_length_does_not_count_as_checks_that_come() -> None:
    server = VerifierServer()
    token = rich(server)
    for _ in range(3):
        await answered(server, request(token, MUCH))

    assert server.authorizer.checks == 0


async def test_what_rests_when_the_process_ends_is_answered_at_once() -> None:
    async with open_verifier_server() as server:
        greedy, gateway = rich(server), server.issue()
        check = request(gateway)
        stop = asyncio.Event()
        asking = asyncio.create_task(_ask_on(server, check, stop))
        streams = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(8)]
        for _, writer in streams:
            writer.write(asked("POST", "/check_user", BODY, greedy))
        await asyncio.sleep(0.3)
        async with asyncio.timeout(5):
            await server.stop(10.0)
        replies = [Reply.read(await reader.read()) for reader, _ in streams]
        stop.set()
        await asking
        for _, writer in streams:
            writer.close()

    assert {reply.status for reply in replies} == {200}


async def _ask_on(server: VerifierServer, check: bytes, stop: asyncio.Event) -> None:
    """Check after check over one connection, until the door ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with suppress(ConnectionError):
        while not stop.is_set():
            writer.write(check)
            if not await reader.read(65536):
                break
    writer.close()
