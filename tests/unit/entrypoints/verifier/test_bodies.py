"""The protocols that send a body, at the port of all: PhariaAI's check_user, OAuth's introspection."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.permissions import Permission, Role
from tests.support.verifier.verifier_server import SUBJECT, Reply, VerifierServer, open_verifier_server

FORM = "content-type: application/x-www-form-urlencoded"


async def check_user(server: VerifierServer, token: str, body: object) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await server.ask("POST", "/check_user", f"authorization: Bearer {token}", body=raw)


async def test_check_user_gives_back_what_is_held_in_the_order_asked() -> None:
    asked = [
        {"permission": "AccessModel", "model": "luminous"},
        {"permission": "KernelAccess"},
        {"permission": "AccessModel", "model": None},
        {"permission": "AccessModel", "model": "*"},
    ]
    async with open_verifier_server() as server:
        server.index.put_role(
            Role("studio-user", frozenset({"*"}), (Permission.of("AccessModel", model="*"), Permission.of("Other")))
        )
        reply = await check_user(server, server.issue().reveal(), {"permissions": asked})

    assert reply.status == 200
    assert json.loads(reply.body) == {
        "sub": SUBJECT,
        "email": None,
        "email_verified": None,
        "permissions": [asked[0], asked[2], asked[3]],
    }


async def test_check_user_with_nothing_asked_is_plain_authentication() -> None:
    async with open_verifier_server() as server:
        reply = await check_user(server, server.issue().reveal(), {"permissions": []})

    assert (reply.status, json.loads(reply.body)["permissions"]) == (200, [])


async def test_check_user_refuses_a_bad_token_as_pharia_iam_does() -> None:
    async with open_verifier_server() as server:
        reply = await check_user(server, "hello", {"permissions": []})

    assert reply.status == 401
    assert json.loads(reply.body) == {"error": "unauthenticated", "error_description": "Invalid token"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half of JSON"),
        pytest.param(b"\xff", id="no text"),
        pytest.param([], id="a list"),
        pytest.param({}, id="no permissions"),
        pytest.param({"permissions": [{"model": "x"}]}, id="no name"),
        pytest.param({"permissions": [{"permission": None}]}, id="a name that is null"),
        pytest.param({"permissions": [{"permission": "A", "model": 1}]}, id="a number"),
        pytest.param({"permissions": [{"permission": "A"}] * 257}, id="too many"),
        pytest.param(b'{"permissions":[],"x":' + b"[" * 30_000, id="too deep"),
    ],
)
async def test_check_user_answers_422_to_what_it_cannot_understand(body: object) -> None:
    async with open_verifier_server() as server:
        reply = await check_user(server, server.issue().reveal(), body)

    assert reply.status == 422


@pytest.mark.parametrize("path", ["/check_user", "/oauth2/introspect", "/whoami"])
async def test_a_view_that_is_too_old_is_503_everywhere(path: str) -> None:
    async with open_verifier_server() as server:
        token = server.issue().reveal()
        server.boottime += 1000
        method = "GET" if path == "/whoami" else "POST"

        reply = await server.ask(method, path, f"authorization: Bearer {token}", body=b"{}")

    assert (reply.status, reply.header("retry-after")) == (503, "1")


async def introspect(server: VerifierServer, caller: str, body: bytes, kind: str = FORM) -> Reply:
    return await server.ask("POST", "/oauth2/introspect", f"authorization: Bearer {caller}", kind, body=body)


def introspector(server: VerifierServer) -> str:
    server.index.put_role(Role("introspector", frozenset({"finance"}), (Permission("IntrospectTokens"),)))
    return server.issue("resource-server", roles=("introspector",)).reveal()


async def test_introspection_tells_nothing_of_a_bad_token() -> None:
    async with open_verifier_server() as server:
        reply = await introspect(server, introspector(server), b"token=hello")

    assert (reply.status, json.loads(reply.body)) == (200, {"active": False})


async def test_introspection_that_loses_sight_between_caller_and_token_is_503() -> None:
    async with open_verifier_server() as server:
        caller, token = introspector(server), server.issue().reveal()
        head = f"POST /oauth2/introspect HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {caller}\r\n{FORM}\r\n"
        server.verifier.check(b"")
        sent = f"token={token}".encode()
        original = server.authorizer.authorize_text

        async def late(*arguments: object) -> object:
            server.boottime += 1000
            return await original(*arguments)  # type: ignore[arg-type] # handed on

        object.__setattr__(server, "authorizer", server.authorizer)
        server.authorizer.authorize_text = late  # type: ignore[assignment,method-assign] # the moment between the two
        reply = Reply.read(await server.send(f"{head}content-length: {len(sent)}\r\n\r\n".encode() + sent))

    assert reply.status == 503


async def test_a_caller_without_the_permission_may_not_introspect() -> None:
    async with open_verifier_server() as server:
        token = server.issue().reveal()

        reply = await introspect(server, token, f"token={token}".encode())
        anonymous = await server.ask("POST", "/oauth2/introspect", FORM, body=b"token=x")

    assert (reply.status, anonymous.status) == (403, 401)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param(b"token=a&token=b", FORM, id="two tokens"),
        pytest.param(b"tokens=a", FORM, id="none"),
        pytest.param(b"\xff\xff", FORM, id="no ASCII"),
        pytest.param(b"&".join([b"a=b"] * 40), FORM, id="too many fields"),
        pytest.param(b'{"token":"a"}', "content-type: application/json", id="JSON"),
    ],
)
async def test_introspection_wants_one_token_in_a_form(body: bytes, kind: str) -> None:
    async with open_verifier_server() as server:
        reply = await introspect(server, introspector(server), body, kind)

    assert (reply.status, json.loads(reply.body)["error"]) == (400, "invalid_request")


async def test_a_body_that_is_too_long_is_not_read() -> None:
    async with open_verifier_server() as server:
        token = introspector(server)
        replies = [
            await server.ask("POST", path, f"authorization: Bearer {token}", FORM, body=b"x" * 70_000)
            for path in ("/check_user", "/oauth2/introspect")
        ]

    assert [reply.status for reply in replies] == [413, 413]
