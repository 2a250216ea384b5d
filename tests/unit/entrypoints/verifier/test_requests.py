"""One table of requests, asked on both ways into the verifier: the answers are the same, byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pharia_access.services.verifier.verifier import Verifier
from tests.support.verifier.memory_transport import MemoryTransport, request
from tests.support.verifier.request_cases import CASES, CHALLENGE, Case
from tests.support.verifier.verifier_server import SUBJECT, Reply, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from pytest_mock import MockerFixture
    from starlette.types import Receive, Scope, Send


def prepared(server: VerifierServer) -> dict[str, str]:
    """What the words in a case stand for."""
    good = server.issue("good").reveal()
    forged = server.issue("other").reveal()
    return {
        "GOOD": good,
        "FORGED": f"{good[:24]}{forged[24:]}",
        "REVOKED": server.issue("revoked", revoked=True).reveal(),
        "EXPIRED": server.issue("expired", ends_at=server.now).reveal(),
        "UNKNOWN": VerifierServer().issue().reveal(),
    }


async def answer(case: Case, *, fast: bool) -> Reply:
    async with open_verifier_server(fast=fast) as server:
        words = prepared(server)
        headers = []
        for line in case.headers:
            filled = line
            for word, token in words.items():
                filled = filled.replace(word, token)
            headers.append(filled)
        body = b"0\r\n\r\n" if any("chunked" in line for line in headers) else b""
        lines = [f"{case.method} {case.target} HTTP/1.1", "host: verifier", *headers, "", ""]
        raw = await server.send("\r\n".join(lines).encode("latin-1") + body)
        if case.method == "HEAD":
            assert raw.endswith(b"\r\n\r\n")
        assert words["GOOD"].encode() not in raw
        return Reply.read(raw)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_both_ways_give_the_expected_answer(case: Case) -> None:
    fast, plain = await answer(case, fast=True), await answer(case, fast=False)

    assert (fast.status, fast.header("www-authenticate")) == (case.status, case.challenge)
    assert fast.header("cache-control") == "no-store"
    assert fast.header("set-cookie") is None
    assert (fast.status, without_ids(fast), fast.body) == (plain.status, without_ids(plain), plain.body)


def without_ids(reply: Reply) -> list[tuple[str, str]]:
    """All headers, but for the ID of a token, which is new each time."""
    return sorted(header for header in reply.headers if header[0] != "x-auth-token-id")


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_an_accepted_request_gets_every_identity_header(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as server:
        token = server.issue()

        reply = await server.ask("GET", "/auth/envoy/any/-/", f"authorization: Bearer {token.reveal()}")

    assert {name: value for name, value in reply.headers if name.startswith("x-")} == {
        "x-auth-subject": SUBJECT,
        "x-auth-credential": "finance/ci-bot",
        "x-auth-token-id": token.token_id,
        "x-auth-roles": "studio-user",
        "x-auth-expires": "2033-05-18T03:33:20Z",
        "x-envoy-auth-headers-to-remove": "authorization",
    }


async def test_where_no_role_counts_the_header_is_a_dash() -> None:
    async with open_verifier_server() as server:
        token = server.issue(roles=("unknown",))

        reply = await server.ask("GET", "/auth/nginx", f"authorization: Bearer {token.reveal()}")

    assert (reply.status, reply.header("x-auth-roles")) == (200, "-")


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_a_view_that_is_too_old_is_answered_503(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as server:
        token = server.issue().reveal()
        server.boottime += 301

        reply = await server.ask("GET", "/auth/nginx", f"authorization: Bearer {token}")

    assert (reply.status, reply.header("retry-after")) == (503, "1")


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_without_a_keyring_argon2_decides_and_is_remembered(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast, keyring=False) as server:
        token = server.issue()
        header = f"authorization: Bearer {token.reveal()}"

        first = await server.ask("GET", "/auth/nginx", header)
        record = server.index.find(token.token_id)
        second = await server.ask("GET", "/auth/nginx", header)

    assert record is not None
    assert (first.status, second.status, record.own_mac is not None) == (200, 200, True)
    assert server.journal.decided_ == [("nginx", "ok")] * 2


async def test_requests_in_one_packet_are_answered_in_order_whichever_way_they_go() -> None:
    async with open_verifier_server() as server:
        token = server.issue().reveal()
        lines = [
            f"GET {path} HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n{extra}\r\n"
            for path, extra in (
                ("/auth/nginx", ""),
                ("/auth/nginx?role=admin", ""),
                ("/whoami", ""),
                ("/nothing", "connection: close\r\n"),
            )
        ]

        raw = await server.send("".join(lines).encode(), until_closed=True)

    assert [int(part[:3]) for part in raw.decode().split("HTTP/1.1 ")[1:]] == [200, 403, 200, 404]


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_a_request_may_come_byte_by_byte(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as server:
        token = server.issue().reveal()
        raw = f"GET /auth/nginx HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n".encode()

        assert Reply.read(await server.send(raw, pieces=1)).status == 200


async def test_an_older_http_goes_the_common_way() -> None:
    async with open_verifier_server() as server:
        token = server.issue().reveal()
        raw = f"GET /auth/nginx HTTP/1.0\r\nauthorization: Bearer {token}\r\n\r\n".encode()

        assert Reply.read(await server.send(raw, until_closed=True)).status == 200


async def test_whoami_tells_what_a_token_is_worth() -> None:
    async with open_verifier_server() as server:
        token = server.issue()

        reply = await server.ask("GET", "/whoami", f"authorization: Bearer {token.reveal()}")
        nobody = await server.ask("GET", "/whoami")

    assert json.loads(reply.body) == {
        "credential": {"namespace": "finance", "name": "ci-bot", "uid": SUBJECT},
        "tokenID": token.token_id,
        "roles": ["studio-user"],
        "permissions": [{"permission": "AccessModel", "model": "*"}],
        "expiresAt": "2033-05-18T03:33:20Z",
    }
    assert (nobody.status, nobody.header("www-authenticate")) == (401, CHALLENGE)
    assert (server.journal.used_, len(server.journal.inspected_)) == ([], 2)


async def test_whoami_says_in_a_body_why_it_refuses_and_tells_no_more_than_other_protocols() -> None:
    async with open_verifier_server() as server:
        revoked = server.issue("revoked", revoked=True)
        asked = {
            "no_token": [],
            "invalid_token": [f"authorization: Bearer {revoked.reveal()}"],
            "invalid_request": [f"authorization: Bearer {revoked.reveal()}"] * 2,
        }
        for error, headers in asked.items():
            reply = await server.ask("GET", "/whoami", *headers)
            same = await server.ask("GET", "/auth/forward", *headers)

            assert json.loads(reply.body)["error"] == error
            assert reply.header("content-type") == "application/json"
            assert (reply.status, reply.header("www-authenticate")) == (same.status, same.header("www-authenticate"))
            assert same.body == b""

        unknown = await server.ask("GET", "/whoam")
    assert (unknown.status, unknown.body) == (404, b'{"error":"not_found"}')


@pytest.mark.parametrize("target", ["/auth/nginx", "/auth/nginx?role=studio-user", "/auth/forward?role=os-user"])
async def test_a_check_on_the_common_way_is_verified_once(target: str, mocker: MockerFixture) -> None:
    server = VerifierServer()
    token, transport = server.issue(), MemoryTransport(server, fast=False)
    verified = mocker.spy(Verifier, "check")

    await transport.talk([request(token, target)])

    assert (len(transport.statuses()), verified.call_count) == (1, 1)


async def test_what_cannot_be_sent_is_answered_500(caplog: pytest.LogCaptureFixture) -> None:
    async def unheard_of(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body"})

    transport = MemoryTransport(VerifierServer(), app=unheard_of)

    await transport.talk([b"GET /whoami HTTP/1.1\r\nhost: v\r\n\r\n"])

    assert (transport.statuses(), transport.closed) == ([500], True)
    assert [record.message for record in caplog.records] == ["a request could not be answered"]


async def test_a_fault_is_answered_500_and_closes_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_verifier_server() as server:
        token = server.issue().reveal()

        def broken(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("pharia_access.entrypoints.verifier.endpoints.whoami.answer_whoami", broken)
        fault = await server.ask("GET", "/whoami", f"authorization: Bearer {token}")
        good = await server.ask("GET", "/auth/nginx", f"authorization: Bearer {token}")

    assert (fault.status, fault.header("cache-control"), good.status) == (500, "no-store", 200)
