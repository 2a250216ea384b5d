"""Requests through real gateways, set up as the how-tos show: who passes, and what the service learns."""

from __future__ import annotations

import itertools
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.gateways.programs import entered
from tests.support.gateways.tidying_hop import tidying_hop
from tests.support.gateways.unable_verifier import Unable
from tools.control_plane.processes import wait_until
from tools.gateways import real_gateways
from tools.gateways.protected_service import server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Json, Workspace
    from tools.gateways.real_gateways import Gateway

pytestmark = pytest.mark.usefixtures("operator")


ROLE = "studio-user"
IDENTITY = ("x-auth-subject", "x-auth-credential", "x-auth-token-id", "x-auth-roles", "x-auth-expires")
HOSTILE_PATHS = (
    "/../../any/-/reports",
    "/%2e%2e/%2E%2E/any/-/reports",
    "/..%2f..%2Fany/-/reports",
    "/..%5c..%5Cany/-/reports",
    "//../..//any/-/reports",
    "//auth/envoy/any/-/reports",
    "/..;/..;/any/-/reports",
    "/reports?role=other",
    "/reports?x=/../../any/-",
    "/%3Frole=other",
)


def spellings(name: str) -> Iterator[str]:
    """The header's name with each hyphen as it is or as an underscore, all the same to CGI and WSGI."""
    words = name.split("-")
    for separators in itertools.product("-_", repeat=len(words) - 1):
        yield "".join(itertools.chain(*zip(words, (*separators, ""), strict=True)))


FORGED = tuple((spelling, "forged") for name in IDENTITY for spelling in spellings(name))


@pytest.fixture(scope="module", params=list(real_gateways.STARTERS))
def gateway(
    request: pytest.FixtureRequest, verifier: RunningVerifier, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    root = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        yield entered(stack, real_gateways.STARTERS[request.param](root, f"127.0.0.1:{verifier.port}"))


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


def take_the_role_away(workspace: Workspace, gateway: Gateway, token: str) -> None:
    credential: Json = {
        "kind": "ApiCredential",
        "metadata": {"namespace": workspace.namespace, "name": "invoice-bot"},
    }
    workspace.change(credential, {"spec": {"roles": ["other"]}})
    wait_until(lambda: gateway.ask(bearer(token)).status == 403, what="it is forbidden", timeout=10)


def paths_that_pass(gateway: Gateway, token: str) -> list[str]:
    passages = {path: gateway.ask(bearer(token), path=path) for path in HOSTILE_PATHS}
    return [path for path, passage in passages.items() if passage.status not in {400, 403} or passage.seen is not None]


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


def test_a_request_with_a_body_passes_too(gateway: Gateway, token: str) -> None:
    good = gateway.ask(bearer(token), method="POST", body=b"a report")
    bad = gateway.ask(bearer("nonsense"), method="POST", body=b"a report")

    assert (good.status, good.body) == (200, "a report")
    assert (bad.status, bad.seen) == (401, None)


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


@pytest.mark.parametrize("texts", ["{token} nonsense", "nonsense {token}", "{token} {token}"])
def test_two_tokens_in_one_request_pass_nobody(gateway: Gateway, token: str, texts: str) -> None:
    first, second = texts.format(token=token).split()

    passage = gateway.ask(bearer(first), bearer(second))

    assert passage.status in {400, 401}
    assert passage.seen is None


def test_without_the_role_a_request_is_forbidden_and_without_the_token_refused(
    gateway: Gateway, token: str, workspace: Workspace
) -> None:
    take_the_role_away(workspace, gateway, token)
    forbidden = gateway.ask(bearer(token))
    place: Json = {"namespace": workspace.namespace, "name": "ci"}
    workspace.change({"kind": "ApiToken", "metadata": place}, {"spec": {"revoked": True}})

    assert (forbidden.status, forbidden.seen) == (403, None)
    wait_until(lambda: gateway.ask(bearer(token)).status == 401, what="it is refused", timeout=10)


def test_no_path_of_a_request_changes_what_is_required(gateway: Gateway, token: str, workspace: Workspace) -> None:
    take_the_role_away(workspace, gateway, token)

    assert paths_that_pass(gateway, token) == []


@pytest.mark.parametrize(
    ("name", "status", "retry_after"),
    [("nginx", 500, None), ("caddy", 502, None), ("traefik", 500, None), ("envoy", 503, None), ("haproxy", 503, "1")],
)
def test_where_the_verifier_does_not_answer_nobody_passes(
    name: str, status: int, retry_after: str | None, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        passage = entered(stack, real_gateways.STARTERS[name](tmp_path, "127.0.0.1:9")).ask(bearer("pharia_anything"))

    assert (passage.status, passage.retry_after, passage.seen) == (status, retry_after, None)


@pytest.mark.parametrize(
    ("name", "status", "retry_after"),
    [("nginx", 500, None), ("caddy", 503, "1"), ("traefik", 503, "1"), ("envoy", 503, None), ("haproxy", 503, "1")],
)
def test_where_the_verifier_cannot_tell_nobody_passes(
    name: str, status: int, retry_after: str | None, tmp_path: Path
) -> None:
    with server(Unable) as verifier, ExitStack() as stack:
        passage = entered(stack, real_gateways.STARTERS[name](tmp_path, verifier)).ask(bearer("pharia_anything"))

    assert (passage.status, passage.retry_after, passage.seen) == (status, retry_after, None)


OVERRIDE: Mapping[str, str] = {}
PREFIX = {"path_override:": "path_prefix:"}
# What the page advises where there is only the prefix.
TIDY_PREFIX = {
    **PREFIX,
    "stat_prefix: reports\n": "stat_prefix: reports\n"
    "                normalize_path: true\n"
    "                path_with_escaped_slashes_action: REJECT_REQUEST\n",
}


@pytest.mark.parametrize(
    ("changes", "behind_a_hop"),
    [
        pytest.param(OVERRIDE, True, id="the whole path, and a hop that tidies paths"),
        pytest.param(PREFIX, False, id="a prefix"),
        pytest.param(TIDY_PREFIX, True, id="a prefix before a tidy path, and a hop that tidies paths"),
    ],
)
def test_no_path_through_envoy_changes_what_is_required(
    changes: Mapping[str, str],
    *,
    behind_a_hop: bool,
    verifier: RunningVerifier,
    token: str,
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        asked = f"127.0.0.1:{verifier.port}"
        if behind_a_hop:
            asked = entered(stack, tidying_hop(tmp_path / "hop", asked))
        gateway = entered(stack, real_gateways.envoy(tmp_path / "envoy", asked, changes))
        assert gateway.ask(bearer(token)).status == 200
        take_the_role_away(workspace, gateway, token)
        assert paths_that_pass(gateway, token) == []
