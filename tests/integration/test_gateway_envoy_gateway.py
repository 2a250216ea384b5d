"""Envoy Gateway's manifest as its own translator reads it, run by a real Envoy: who passes, and what it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.meddling import IDENTITY, MEDDLING, canonical
from tests.attacks.siege import identity
from tests.support.documents.console_blocks import ROOT
from tests.support.gateways.unable_verifier import Unable
from tests.support.verifier.verifier_server import SUBJECT
from tools.build_gateways import built_egctl
from tools.gateways.envoy_gateway import envoy_gateway
from tools.gateways.protected_service import HOST, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway
    from tools.gateways.witness import Witness

PROGRAM = built_egctl()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nobody built Envoy Gateway's translator: make gateways")
MANIFEST = (ROOT / "examples" / "gateways" / "envoy-gateway.yaml").read_text("utf-8")
PAGE = (ROOT / "docs" / "how-to" / "protect-a-service-with-envoy-gateway.md").read_text("utf-8")
PREFLIGHT = (
    *(("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")),
    ("Access-Control-Request-Headers", "authorization"),
)


def program() -> Path:
    assert PROGRAM is not None
    return PROGRAM


def with_cors() -> str:
    """The manifest with what the page adds for browsers."""
    block = "cors:\n" + PAGE.partition("```yaml\ncors:\n")[2].partition("```")[0]
    return MANIFEST.replace("spec:\n", "spec:\n" + "".join(f"  {line}\n" for line in block.splitlines()), 1)


@pytest.fixture(scope="module")
def gateway(checking: VerifierThread, service: Witness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    root = tmp_path_factory.mktemp("envoy-gateway")
    with envoy_gateway(program(), root, with_cors(), checking.address, service.address) as running:
        yield running


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def test_a_good_token_passes_and_the_service_learns_whose_it_is(gateway: Gateway, checking: VerifierThread) -> None:
    passage = gateway.ask(bearer(checking.issue()), *((name, "forged") for name in IDENTITY))

    assert passage.status == 200
    assert passage.told is not None
    assert {canonical(name) for name, _ in identity(passage.told)} == {canonical(name) for name in IDENTITY}
    assert passage.told.values("x-auth-subject") == [SUBJECT]
    assert passage.told.values("authorization") == []


@pytest.mark.parametrize(
    ("headers", "challenge"),
    [((), 'Bearer realm="pharia-access"'), ((bearer("x"),), 'Bearer realm="pharia-access", error="invalid_token"')],
    ids=["nothing", "nonsense"],
)
def test_without_a_good_token_nobody_passes(
    gateway: Gateway, headers: tuple[tuple[str, str], ...], challenge: str
) -> None:
    passage = gateway.ask(*headers)

    assert (passage.status, passage.challenge, passage.told) == (401, challenge, None)


def test_two_tokens_pass_nobody_and_without_the_role_it_is_forbidden(
    gateway: Gateway, checking: VerifierThread
) -> None:
    two = gateway.ask(bearer(checking.issue()), bearer("x"))
    stranger = gateway.ask(bearer(checking.person("stranger", "another-role")))

    assert [(passage.status, passage.told) for passage in (two, stranger)] == [(400, None), (403, None)]


def test_no_client_adds_or_takes_away_an_identity_header(
    gateway: Gateway, checking: VerifierThread, service: Witness
) -> None:
    token = checking.issue()
    wanted = gateway.ask(bearer(token)).told
    assert wanted is not None
    true, wrong, reached = identity(wanted), [], 0
    for one in MEDDLING:
        before = len(service.seen)
        gateway.send(one.wire(HOST, token), method=one.method)
        seen = service.seen[before:]
        reached += bool(seen)
        wrong += [str(one) for each in seen if identity(each) != true or each.values("authorization")]

    assert wrong == []
    assert reached > len(MEDDLING) // 2


@pytest.mark.parametrize("verifier", ["gone", "unable"])
def test_without_a_verdict_nobody_passes(verifier: str, service: Witness, tmp_path: Path) -> None:
    with server(Unable) as unable:
        address = unable if verifier == "unable" else "127.0.0.1:9"
        with envoy_gateway(program(), tmp_path, MANIFEST, address, service.address) as gateway:
            passage = gateway.ask(bearer("pharia_anything"))

    assert (passage.status, passage.told) == (503, None)


def test_the_gateway_answers_a_preflight_itself(gateway: Gateway) -> None:
    allowed, other = gateway.ask(*PREFLIGHT, method="OPTIONS"), gateway.ask(method="OPTIONS")

    assert (allowed.status, allowed.told) == (200, None)
    assert (other.status, other.told) == (401, None)


def test_without_the_grant_the_route_is_closed(service: Witness, checking: VerifierThread, tmp_path: Path) -> None:
    alone = MANIFEST.partition("---\n")[0]
    with envoy_gateway(program(), tmp_path, alone, checking.address, service.address) as gateway:
        passage = gateway.ask(bearer(checking.issue()))

    assert (passage.status, passage.told) == (500, None)
