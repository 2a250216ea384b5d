"""Requests through real gateways, set up as the how-tos show: who passes, and what the service learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import gateways
from tests.support.processes import wait_until
from tools.debian_programs import MissingProgramError, find_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateways import Gateway
    from tests.support.verifiers import RunningVerifier
    from tests.support.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

ROLE = "studio-user"
IDENTITY = ("x-auth-subject", "x-auth-credential", "x-auth-token-id", "x-auth-roles", "x-auth-expires")
FORGED = tuple((name, "forged") for name in (*IDENTITY, *(name.replace("-", "_") for name in IDENTITY)))


@pytest.fixture(params=["nginx", "caddy"])
def gateway(request: pytest.FixtureRequest, verifier: RunningVerifier, tmp_path: Path) -> Iterator[Gateway]:
    name: str = request.param
    try:
        find_program(name)
    except MissingProgramError as error:
        pytest.skip(str(error))
    start = {"nginx": gateways.nginx, "caddy": gateways.caddy}[name]
    with start(tmp_path / name, f"127.0.0.1:{verifier.port}") as running:
        yield running


@pytest.fixture
def token(verifier: RunningVerifier, workspace: Workspace) -> str:
    """A token whose credential holds the role that the gateway asks for, and which the verifier knows."""
    workspace.role(ROLE)
    workspace.credential(roles=[ROLE])
    workspace.issued(ttl="1h")
    text = workspace.text().reveal()
    wait_until(
        lambda: verifier.ask(f"/auth/nginx?role={ROLE}", text).status == 200, what="the token is known", timeout=10
    )
    return text


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def test_the_service_learns_who_it_is_and_never_sees_the_token(
    gateway: Gateway, token: str, workspace: Workspace
) -> None:
    passage = gateway.ask(bearer(token))

    assert passage.status == 200
    assert passage.seen is not None
    assert passage.seen["x-auth-credential"] == f"{workspace.namespace}/invoice-bot"
    assert passage.seen["x-auth-roles"] == ROLE
    assert all(passage.seen[name] for name in IDENTITY)
    assert token not in str(passage.seen)
    assert "authorization" not in passage.seen


def test_headers_of_identity_that_a_client_sends_reach_nobody(gateway: Gateway, token: str) -> None:
    good = gateway.ask(bearer(token), *FORGED)
    bad = gateway.ask(bearer("nonsense"), *FORGED)

    assert good.seen is not None
    assert "forged" not in good.seen.values()
    assert (bad.status, bad.seen) == (401, None)


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        pytest.param((), 'Bearer realm="pharia-access"', id="nothing"),
        pytest.param((bearer("nonsense"),), 'Bearer realm="pharia-access", error="invalid_token"', id="nonsense"),
    ],
)
def test_who_brings_no_good_token_is_told_how_to(
    gateway: Gateway, headers: tuple[tuple[str, str], ...], challenge: str
) -> None:
    passage = gateway.ask(*headers)

    assert (passage.status, passage.challenge, passage.seen) == (401, challenge, None)


def test_two_tokens_in_one_request_pass_nobody(gateway: Gateway, token: str) -> None:
    passage = gateway.ask(bearer(token), bearer("nonsense"))

    assert passage.status in {400, 401}
    assert passage.seen is None


def test_without_the_role_a_request_is_forbidden_and_without_the_token_refused(
    gateway: Gateway, token: str, workspace: Workspace
) -> None:
    place: Json = {"namespace": workspace.namespace}

    workspace.change(
        {"kind": "ApiCredential", "metadata": {**place, "name": "invoice-bot"}}, {"spec": {"roles": ["other"]}}
    )
    wait_until(lambda: gateway.ask(bearer(token)).status == 403, what="it is forbidden", timeout=10)
    workspace.change({"kind": "ApiToken", "metadata": {**place, "name": "ci"}}, {"spec": {"revoked": True}})

    wait_until(lambda: gateway.ask(bearer(token)).status == 401, what="it is refused", timeout=10)


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_where_the_verifier_does_not_answer_nobody_passes(name: str, tmp_path: Path) -> None:
    try:
        find_program(name)
    except MissingProgramError as error:
        pytest.skip(str(error))
    start = {"nginx": gateways.nginx, "caddy": gateways.caddy}[name]

    with start(tmp_path / name, "127.0.0.1:9") as gateway:
        passage = gateway.ask(bearer("pharia_anything"))

    assert passage.status in {500, 502, 503}
    assert passage.seen is None
