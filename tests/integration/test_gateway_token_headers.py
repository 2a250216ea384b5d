"""Tokens in other headers than `Authorization: Bearer` through real gateways, set up as their pages say."""

from __future__ import annotations

import base64
import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from tests.support.gateways.gateway_guides import TOKENS, added
from tests.support.gateways.programs import entered
from tests.support.gateways.verifier_thread import verifier_thread
from tools.gateways import real_gateways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway
    from tools.gateways.witness import Witness

NAMES: Final = ("x-api-key", "api-key", "x-goog-api-key")


@pytest.fixture(scope="module")
def listing() -> Iterator[VerifierThread]:
    """A verifier that lists all of them."""
    with verifier_thread(CheckHeaders(tuple(TokenHeader))) as running:
        yield running


@pytest.fixture(scope="module", params=list(real_gateways.STARTERS))
def named_gateway(
    request: pytest.FixtureRequest,
    listing: VerifierThread,
    service: Witness,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Gateway]]:
    name, root = request.param, tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        starter = real_gateways.STARTERS[name]
        yield name, entered(stack, starter(root, listing.address, added(name, TOKENS), service=service.address))


@pytest.fixture
def gateway(named_gateway: tuple[str, Gateway]) -> Gateway:
    return named_gateway[1]


def ways(token: str) -> dict[str, tuple[str, str]]:
    """How a client may send a token."""
    pair = base64.b64encode(f"anybody:{token}".encode()).decode()
    bearer = {"bearer": ("Authorization", f"Bearer {token}"), "basic": ("Authorization", f"Basic {pair}")}
    return {**bearer, **{name: (name, token) for name in NAMES}}


def test_each_way_lets_a_good_token_in_and_no_token_reaches_the_service(
    gateway: Gateway, listing: VerifierThread
) -> None:
    token = listing.issue()

    passages = {way: gateway.ask(header) for way, header in ways(token).items()}

    assert {way: passage.status for way, passage in passages.items()} == dict.fromkeys(passages, 200)
    for passage in passages.values():
        assert passage.seen is not None
        assert passage.seen["x-auth-credential"] == "finance/ci-bot"
        assert passage.seen.keys().isdisjoint({"authorization", *NAMES})
        assert token not in str(passage.seen)


def test_each_way_refuses_a_revoked_token_and_another_role(gateway: Gateway, listing: VerifierThread) -> None:
    revoked, other = listing.issue("revoked", revoked=True), listing.person("other", "reader")

    told = {
        way: (gateway.ask(header).status, gateway.ask(ways(other)[way]).status) for way, header in ways(revoked).items()
    }

    assert told == dict.fromkeys(told, (401, 403))


def test_who_sends_none_is_told_how_to(named_gateway: tuple[str, Gateway]) -> None:
    which, gateway = named_gateway

    passage = gateway.ask()

    # nginx before 1.23 passes one challenge on, the first.
    both = 'Bearer realm="pharia-access", Basic realm="pharia-access", charset="UTF-8"'
    assert (passage.status, passage.seen) == (401, None)
    assert passage.challenge in ({both.partition(",")[0], both} if which == "nginx" else {both})


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(["bearer", *NAMES, "basic"], 2)))
def test_two_tokens_pass_nobody_even_if_both_are_good(
    gateway: Gateway, listing: VerifierThread, first: str, second: str
) -> None:
    token = listing.issue()

    passage = gateway.ask(ways(token)[first], ways(token)[second])

    assert passage.status in {400, 401}
    assert passage.seen is None


@pytest.mark.parametrize("name", NAMES)
def test_of_a_header_that_comes_twice_the_service_sees_neither(
    named_gateway: tuple[str, Gateway], listing: VerifierThread, name: str
) -> None:
    which, gateway = named_gateway
    token = listing.issue()

    passage = gateway.ask((name, token), (name, "nonsense"))

    # nginx before 1.23 has the first alone in its variable, and shows the verifier nothing else.
    assert passage.status in ({200, 401} if which == "nginx" else {400})
    assert passage.seen is None or name not in passage.seen


def test_a_header_that_is_named_by_connection_reaches_nobody_either(gateway: Gateway, listing: VerifierThread) -> None:
    """Some gateways remove what a client names there, before or after the verifier is asked."""
    token = listing.issue()

    passage = gateway.ask(("X-Api-Key", token), ("Connection", "X-Api-Key, keep-alive"))

    assert passage.status in {200, 400, 401}
    assert passage.seen is None or token not in str(passage.seen)


@pytest.mark.parametrize("spelling", ["X_Api_Key", "x_api-key", "Api_Key", "X-Goog_Api-Key"])
def test_what_only_looks_like_one_lets_nobody_in(gateway: Gateway, listing: VerifierThread, spelling: str) -> None:
    assert gateway.ask((spelling, listing.issue())).status == 401
