"""What the gateways' pages say of websockets, and of what has no token: run as it stands there."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.attacks.meddling import IDENTITY, canonical, spellings
from tests.support.gateways import websockets
from tests.support.gateways.gateway_guides import OPEN, WEBSOCKETS, added
from tests.support.gateways.programs import entered
from tests.support.verifier.verifier_server import SUBJECT
from tools.gateways import real_gateways

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway, Passage
    from tools.gateways.witness import Witness

NAMES = {canonical(name) for name in IDENTITY}
FORGED = tuple((spelling, "forged") for name in IDENTITY for spelling in spellings(name))
PREFLIGHT = (
    *(("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")),
    ("Access-Control-Request-Headers", "authorization"),
)
NO_PREFLIGHT = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Original-Method", "X-Forwarded-Method")
NOT_HEALTH = (
    *("/healthz/", "/healthz/x", "/healthz/../reports", "/healthz/..%2freports", "/healthz%2f..%2freports"),
    *("/reports/../healthz", "/reports/..%2fhealthz", "/reports/%2e%2e/healthz", "/reports%2f..%2fhealthz"),
    *("/reports/..%5chealthz", "/reports/..;/healthz", "//healthz", "/./healthz", "/HEALTHZ", "/%68ealthz"),
    *(
        "/healthz;x",
        "/healthz%00",
        "/healthz%20",
        "/healthz.",
        "/healthz?x=/reports",
        "/healthz%3fx",
        "/reports?/healthz",
    ),
    *("http://reports.example.com/healthz", "http://reports.example.com/reports/..%2fhealthz"),
)


@pytest.fixture(scope="module", params=list(real_gateways.STARTERS))
def gateway(
    request: pytest.FixtureRequest,
    checking: VerifierThread,
    service: Witness,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    with ExitStack() as stack:
        starter, root = real_gateways.STARTERS[request.param], tmp_path_factory.mktemp(request.param)
        whole = added(request.param, WEBSOCKETS, OPEN)
        yield entered(stack, starter(root, checking.address, whole, service=service.address))


@pytest.fixture
def token(checking: VerifierThread) -> str:
    return checking.issue()


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def learned(passage: Passage) -> set[str]:
    """What the service learned of who it is."""
    assert passage.told is not None, passage
    return {name for name, _ in passage.told.headers if canonical(name) in NAMES | {"authorization"}}


@pytest.mark.parametrize("headers", [(), FORGED], ids=["as a browser sends it", "with forged headers"])
def test_a_preflight_reaches_the_service_as_nobodys(
    gateway: Gateway, token: str, headers: tuple[tuple[str, str], ...]
) -> None:
    without = gateway.ask(*PREFLIGHT, *headers, method="OPTIONS")
    with_one = gateway.ask(bearer(token), *PREFLIGHT, *headers, method="OPTIONS")

    assert [(passage.status, learned(passage)) for passage in (without, with_one)] == [(200, set())] * 2


def test_the_method_is_the_requests_own(gateway: Gateway) -> None:
    passages = [gateway.ask(*PREFLIGHT, (name, "OPTIONS")) for name in NO_PREFLIGHT]
    lower = gateway.ask(*PREFLIGHT, method="options")

    assert {(passage.status, passage.told) for passage in passages} == {(401, None)}
    assert lower.told is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_is_told_without_a_token_and_as_nobodys(gateway: Gateway, service: Witness, method: str) -> None:
    passage = gateway.ask(*FORGED, method=method, path="/healthz")

    assert passage.status == 200
    seen = service.seen[-1]
    assert (seen.method, seen.target) == (method, "/healthz")
    assert {canonical(name) for name, _ in seen.headers} & NAMES == set()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_done_to_health_without_a_token(gateway: Gateway, method: str) -> None:
    passage = gateway.ask(method=method, path="/healthz")

    assert passage.status in {401, 403}
    assert passage.told is None


def test_no_spelling_of_health_is_another_path(gateway: Gateway) -> None:
    passages = {path: gateway.ask(path=path) for path in NOT_HEALTH}

    reached = {path: passage.told.target for path, passage in passages.items() if passage.told is not None}
    assert {path: target for path, target in reached.items() if target.partition("?")[0] != "/healthz"} == {}
    assert {passage.status for passage in passages.values()} <= {200, 400, 401, 404}


def test_a_websocket_is_opened_with_a_token_and_says_whose_it_is(gateway: Gateway, token: str) -> None:
    with websockets.opened(gateway.port, token, *(f"{name}: {value}" for name, value in FORGED)) as websocket:
        assert (websocket.status, websocket.subject) == (101, SUBJECT)
        assert websocket.says_back()


def test_no_websocket_is_opened_without_a_good_token(gateway: Gateway, service: Witness) -> None:
    before = len(service.seen)
    for token in (None, "nonsense"):
        with websockets.opened(gateway.port, token) as websocket:
            assert websocket.status == 401

    assert service.seen[before:] == []


def test_a_token_that_was_revoked_opens_no_other_websocket(gateway: Gateway, checking: VerifierThread) -> None:
    token = checking.issue("revoked-later")
    with websockets.opened(gateway.port, token) as websocket:
        assert websocket.says_back()
        checking.revoke(token)
        with websockets.opened(gateway.port, token) as second:
            assert second.status == 401
        assert websocket.says_back(), "the pages say that an open one goes on"


@pytest.mark.parametrize("lines", [("h2c",), ("h2c", "websocket"), ("websocket", "h2c"), ("websocket, h2c",)], ids=str)
def test_no_tunnel_of_another_protocol_is_opened(gateway: Gateway, token: str, lines: tuple[str, ...]) -> None:
    offer = [("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABk")]
    passage = gateway.ask(bearer(token), *offer, *(("Upgrade", line) for line in lines))

    assert passage.told is None or "h2c" not in str(passage.told.values("upgrade"))


def test_envoy_ends_a_websocket_after_the_time_that_its_page_names(
    checking: VerifierThread, token: str, tmp_path: Path
) -> None:
    shown = added("envoy", WEBSOCKETS)
    short = {place: text.replace("duration: 3600s", "duration: 1s") for place, text in shown.items()}
    assert short != shown
    with (
        real_gateways.envoy(tmp_path, checking.address, short) as gateway,
        websockets.opened(gateway.port, token) as websocket,
    ):
        assert websocket.says_back()
        began = time.monotonic()
        assert websocket.connection.recv(1) == b""
        assert time.monotonic() - began < 5
