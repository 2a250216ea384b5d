"""A ServiceAccount's token in the place of one of ours: on every path, by both ways in, with the same identity."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verdict import CredentialRecord
from tests.support.verifier.service_account_tokens import PlayedIssuer, claims_of_pod
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer, open_verifier_server

CHECKS = {
    "nginx": ("GET", "/auth/nginx?role=studio-user", b""),
    "forward": ("GET", "/auth/forward?permission=AccessModel;model=llama", b""),
    "envoy": ("GET", "/auth/envoy/role=studio-user/-/v1/models", b""),
    "whoami": ("GET", "/whoami", b""),
    "check_user": ("POST", "/check_user", b'{"permissions":[{"permission":"AccessModel","model":"*"}]}'),
}


def held(server: VerifierServer, holders: dict[str, str], roles: tuple[str, ...] = ("studio-user",)) -> None:
    """The credential finance/invoice-bot."""
    record = CredentialRecord("finance", "invoice-bot", SUBJECT, roles, service_accounts=holders)
    server.index.put_credential_record(record)


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize(("method", "target", "body"), CHECKS.values(), ids=CHECKS)
async def test_every_path_takes_it_while_the_credential_names_the_holder(
    method: str, target: str, body: bytes, *, fast: bool
) -> None:
    issuer = PlayedIssuer()
    header = f"authorization: Bearer {issuer.sign(claims_of_pod()).decode()}"
    async with open_verifier_server(fast=fast, service_accounts=issuer) as server:
        statuses = []
        for holders in ({"invoice-bot": ""}, {}, {"invoice-bot": ""}):
            held(server, holders)
            statuses += [(await server.ask(method, target, header, body=body)).status for _ in range(2)]

    assert statuses == [200, 200, 401, 401, 200, 200]


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_a_gateway_is_told_the_credential_and_the_tokens_own_end(*, fast: bool) -> None:
    issuer = PlayedIssuer()
    async with open_verifier_server(fast=fast, service_accounts=issuer) as server:
        held(server, {"invoice-bot": ""})
        reply = await server.ask(
            "GET", "/auth/forward", f"authorization: Bearer {issuer.sign(claims_of_pod()).decode()}"
        )

    assert {name: value for name, value in reply.headers if name.startswith("x-auth-")} == {
        "x-auth-subject": SUBJECT,
        "x-auth-credential": "finance/invoice-bot",
        "x-auth-token-id": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
        "x-auth-roles": "studio-user",
        "x-auth-expires": "2001-09-09T02:36:40Z",
    }


async def test_a_resource_server_may_ask_about_it_and_by_it() -> None:
    issuer = PlayedIssuer()
    async with open_verifier_server(service_accounts=issuer) as server:
        server.index.put_role(Role("asker", frozenset({"*"}), (Permission.of("IntrospectTokens"),)))
        held(server, {"invoice-bot": ""}, ("studio-user", "asker"))
        text = issuer.sign(claims_of_pod()).decode()
        form = "content-type: application/x-www-form-urlencoded"
        reply = await server.ask(
            "POST", "/oauth2/introspect", f"authorization: Bearer {text}", form, body=f"token={text}".encode()
        )

    told = json.loads(reply.body)
    assert (told["active"], told["client_id"], told["sub"]) == (True, "finance/invoice-bot", SUBJECT)


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_only_what_begins_as_a_jwt_may_be_long_and_up_to_4_kib(*, fast: bool) -> None:
    issuer = PlayedIssuer()
    texts = ["eyJ" + "a" * 4093, "eyJ" + "a" * 4094, "pharia" + "a" * 250, "pharia" + "a" * 251]
    async with open_verifier_server(fast=fast, service_accounts=issuer) as server:
        for text in texts:
            assert (await server.ask("GET", "/auth/forward", f"authorization: Bearer {text}")).status == 401

    reasons = [reason for _, reason in server.journal.decided_]
    assert reasons == ["malformed-token", "overlong-credentials"] * 2


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
async def test_while_the_keys_cannot_be_read_the_verifier_cannot_tell(*, fast: bool) -> None:
    issuer = PlayedIssuer()
    text = issuer.sign(claims_of_pod()).decode()
    issuer.issuer, issuer.answers = None, False
    async with open_verifier_server(fast=fast, service_accounts=issuer) as server:
        held(server, {"invoice-bot": ""})
        reply = await server.ask("GET", "/auth/forward", f"authorization: Bearer {text}")

    assert (reply.status, reply.header("retry-after")) == (503, "1")
