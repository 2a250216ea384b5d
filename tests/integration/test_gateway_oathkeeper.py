"""Oathkeeper by its page: what it checks, and each trap that the page names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.meddling import IDENTITY, MEDDLING, canonical
from tests.attacks.siege import identity
from tests.support.gateways.gateway_guides import PREFLIGHT, added
from tests.support.gateways.unable_verifier import Unable
from tests.support.verifier.verifier_server import SUBJECT
from tools.build_oathkeeper import built_oathkeeper
from tools.gateways.oathkeeper import oathkeeper
from tools.gateways.protected_service import HOST, server
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.meddling import Meddling
    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway
    from tools.gateways.witness import Seen, Witness

PROGRAM = built_oathkeeper()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nobody built Oathkeeper: make gateways")

NOOP = {"handler: bearer_token": "handler: noop"}
WITH_NOOP = {"authorizers:\n": "  noop: {enabled: true}\n\nauthorizers:\n"}


def program() -> Path:
    assert PROGRAM is not None
    return PROGRAM


@pytest.fixture(scope="module")
def gateway(checking: VerifierThread, service: Witness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with oathkeeper(program(), tmp_path_factory.mktemp("oathkeeper"), checking.address, service.address) as running:
        yield running


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def forged(one: Meddling, gateway: Gateway, token: str, service: Witness) -> list[tuple[str, str]]:
    """What the service saw of what a client made up, and of a token or a tunnel."""
    before = len(service.seen)
    gateway.send(one.wire(HOST, token), method=one.method)
    seen = service.seen[before:]
    wrong = [pair for each in seen for pair in identity(each) if "forged" in pair[1]]
    wrong += [("authorization", value) for each in seen for value in each.values("authorization") if value]
    return wrong + [("upgrade", value) for each in seen for value in each.values("upgrade") if value]


def is_true(seen: Seen) -> bool:
    return all(seen.values(name.lower()) for name in IDENTITY) and seen.values("x-auth-subject") == [SUBJECT]


def test_a_good_token_passes_and_the_service_learns_whose_it_is(gateway: Gateway, checking: VerifierThread) -> None:
    passage = gateway.ask(bearer(checking.issue()), *((name, "forged") for name in IDENTITY), method="POST", body=b"x")

    assert passage.status == 200
    assert passage.told is not None
    assert is_true(passage.told)
    assert passage.told.values("authorization") == [""]
    assert "forged" not in str(passage.told.headers)


@pytest.mark.parametrize("headers", [(), (bearer("nonsense"),), (bearer("a"), bearer("b"))], ids=str)
def test_without_a_good_token_nobody_passes(gateway: Gateway, headers: tuple[tuple[str, str], ...]) -> None:
    passage = gateway.ask(*headers)

    assert (passage.status, passage.told) == (401, None)


def test_a_revoked_token_is_refused_by_the_next_request(gateway: Gateway, checking: VerifierThread) -> None:
    token = checking.issue("soon-revoked")
    before = gateway.ask(bearer(token)).status
    checking.revoke(token)

    assert (before, gateway.ask(bearer(token)).status) == (200, 401)


def test_without_the_role_it_is_forbidden(gateway: Gateway, checking: VerifierThread) -> None:
    passage = gateway.ask(bearer(checking.person("stranger", "another-role")))

    assert (passage.status, passage.told) == (403, None)


def test_a_client_adds_nothing_but_lookalikes_and_opens_no_tunnel(
    gateway: Gateway, checking: VerifierThread, service: Witness
) -> None:
    """The page says that look-alikes pass."""
    token = checking.issue()
    found = {str(one): forged(one, gateway, token, service) for one in MEDDLING}
    names = {name for wrong in found.values() for name, _ in wrong}

    assert all("_" in name and canonical(name) in {canonical(known) for known in IDENTITY} for name in names)
    assert "x_auth_roles" in names


@pytest.mark.parametrize(("verifier", "status"), [("gone", 403), ("unable", 401)])
def test_without_a_verdict_nobody_passes(verifier: str, status: int, service: Witness, tmp_path: Path) -> None:
    with server(Unable) as unable:
        address = unable if verifier == "unable" else "127.0.0.1:9"
        with oathkeeper(program(), tmp_path, address, service.address) as gateway:
            passage = gateway.ask(bearer("pharia_anything"))

    assert (passage.status, passage.told) == (status, None)


def test_no_client_chooses_what_the_verifier_is_asked(service: Witness, tmp_path: Path) -> None:
    with witness() as asked, oathkeeper(program(), tmp_path, asked.address, service.address) as gateway:
        asked.seen.clear()
        gateway.ask(bearer("any"), ("Cookie", "a=b"), path="/healthz?role=any")

    assert [check.target for check in asked.seen] == ["/whoami", "/auth/forward?role=studio-user"]
    assert [check.values("cookie") for check in asked.seen] == [[], []]


def test_a_preflight_is_answered_without_the_service(
    checking: VerifierThread, service: Witness, tmp_path: Path
) -> None:
    asked = {"Origin": "https://app.example.com", "Access-Control-Request-Method": "POST"}
    changes = added("oathkeeper", PREFLIGHT)
    with oathkeeper(program(), tmp_path, checking.address, service.address, changes=changes) as gateway:
        allowed = gateway.ask(*asked.items(), ("Access-Control-Request-Headers", "authorization"), method="OPTIONS")
        without = gateway.ask(*asked.items())

    assert (allowed.status // 100, allowed.told) == (2, None)
    assert (without.status, without.told) == (401, None)


def test_behind_noop_a_refusal_is_500(checking: VerifierThread, service: Witness, tmp_path: Path) -> None:
    with oathkeeper(
        program(), tmp_path, checking.address, service.address, changes=WITH_NOOP, in_rules=NOOP
    ) as gateway:
        passage = gateway.ask(bearer("nonsense"))

    assert (passage.status, passage.told) == (500, None)
