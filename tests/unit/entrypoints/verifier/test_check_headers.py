"""Checks whose token or requirement comes in a header that an administrator lists: alike on both ways in."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

import pytest

from pharia_access.domain.verification.token_headers import TokenHeader
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.listed_headers import ALL, FOR_MODEL, connected, head, model_server
from tests.support.verifier.request_cases import AMBIGUOUS, CHALLENGE, FORBIDDEN, INVALID
from tests.support.verifier.verifier_server import Reply, VerifierServer

BASIC: Final = 'Basic realm="pharia-access", charset="UTF-8"'
GOOD: Final = "x-api-key: GOOD"


@dataclass(frozen=True, slots=True)
class Case:
    """A request, in which GOOD and PAIR stand for a token and for it as a password, and what comes back."""

    headers: tuple[str, ...]
    status: int
    challenge: str | None = None
    target: str = "/auth/forward"


CASES = {
    "Anthropic's": Case((GOOD,), 200),
    "Azure's": Case(("Api-Key: GOOD",), 200),
    "Google's": Case(("X-GOOG-API-KEY:GOOD",), 200),
    "the password of Basic": Case(("Authorization: Basic PAIR",), 200),
    "a bearer token": Case(("Authorization: Bearer GOOD",), 200),
    "for nginx": Case((GOOD,), 200, target="/auth/nginx"),
    "for Envoy": Case((GOOD,), 200, target="/auth/envoy/any/-/"),
    "with a role that is not held": Case((GOOD,), 403, FORBIDDEN, target="/auth/nginx?role=admin"),
    "none": Case((), 401, CHALLENGE),
    "empty ones": Case(("Authorization:", "x-api-key: ", "api-key:\t"), 401, CHALLENGE),
    "empty ones beside it": Case(("Authorization:", GOOD, "api-key:"), 200),
    "an empty one after it": Case((GOOD, "x-goog-api-key:"), 200),
    "itself, empty, before it": Case(("X-Api-Key:", GOOD), 400, AMBIGUOUS),
    "itself, empty, after it": Case((GOOD, "x-api-key:"), 400, AMBIGUOUS),
    "empty ones, one twice": Case(("api-key:", GOOD, "API-KEY: "), 400, AMBIGUOUS),
    "an empty one twice, and none": Case(("api-key:", "api-key:"), 400, AMBIGUOUS),
    "twice": Case((GOOD, GOOD), 400, AMBIGUOUS),
    "twice, for nginx": Case((GOOD, GOOD), 401, INVALID, target="/auth/nginx"),
    "two, both good": Case((GOOD, "Authorization: Bearer GOOD"), 400, AMBIGUOUS),
    "two, the first good": Case((GOOD, "api-key: x"), 400, AMBIGUOUS),
    "another scheme beside it": Case(("Authorization: Digest x", GOOD), 400, AMBIGUOUS),
    "a pair with a comma": Case(("x-api-key: GOOD,GOOD",), 400, AMBIGUOUS),
    "a pair of Basic with a comma": Case(("Authorization: Basic PAIR, Basic PAIR",), 400, AMBIGUOUS),
    "a scheme before a key": Case(("x-api-key: Bearer GOOD",), 401, INVALID),
    "an overlong one": Case((f"x-api-key: {'x' * 257}",), 401, INVALID),
    "no token": Case(("api-key: hello",), 401, INVALID),
    "bytes that are not ASCII": Case(("api-key: \xe4",), 401, INVALID),
    "a revoked one": Case(("api-key: REVOKED",), 401, INVALID),
    "a header that is not on the list": Case(("x-key: GOOD",), 401, CHALLENGE),
    "one that begins alike": Case(("x-api-keys: GOOD", "api-keys: a", "x-goog-api-key-2: b"), 401, CHALLENGE),
}


def lines_of(headers: tuple[str, ...], server: VerifierServer) -> list[bytes]:
    good = server.issue().reveal()
    pair = base64.b64encode(f"anybody:{good}".encode()).decode()
    texts = {"GOOD": good, "PAIR": pair, "REVOKED": server.issue("revoked", revoked=True).reveal()}
    lines = "\r\n".join(headers)
    for word, text in texts.items():
        lines = lines.replace(word, text)
    return lines.encode("latin-1").split(b"\r\n") if lines else []


@BOTH
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_token_is_read_where_the_list_says(case: Case, *, fast: bool) -> None:
    server = VerifierServer()
    lines = lines_of(case.headers, server)
    transport = connected(server, fast=fast)

    await transport.talk([head(case.target, *lines)])

    reply = Reply.read(transport.written)
    challenges = [value for name, value in reply.headers if name == "www-authenticate"]
    basic = BASIC if case.status == 401 else None
    assert (reply.status, challenges) == (case.status, [one for one in (case.challenge, basic) if one])


@BOTH
async def test_a_challenge_of_basic_comes_only_where_basic_is_read(*, fast: bool) -> None:
    transport = connected(VerifierServer(), (TokenHeader.X_API_KEY,), fast=fast)

    await transport.talk([head("/auth/forward")])

    assert Reply.read(transport.written).header("www-authenticate") == CHALLENGE
    assert b"Basic" not in transport.written


@BOTH
@pytest.mark.parametrize(
    ("listed", "removed"),
    [
        pytest.param(ALL, "authorization,x-api-key,api-key,x-goog-api-key", id="all"),
        pytest.param((TokenHeader.BASIC,), "authorization", id="Basic"),
        pytest.param((TokenHeader.API_KEY,), "authorization,api-key", id="one"),
    ],
)
async def test_envoy_is_told_to_remove_all_that_are_listed(
    listed: tuple[TokenHeader, ...], removed: str, *, fast: bool
) -> None:
    server = VerifierServer()
    transport = connected(server, listed, fast=fast)

    await transport.talk([head("/auth/envoy/any/-/", b"Authorization: Bearer " + server.issue().reveal().encode())])

    assert Reply.read(transport.written).header("x-envoy-auth-headers-to-remove") == removed


@BOTH
@pytest.mark.parametrize("path", ["/whoami", "/check_user"])
async def test_other_protocols_read_authorization_alone(path: str, *, fast: bool) -> None:
    server = VerifierServer()
    transport = connected(server, fast=fast)
    method = "GET" if path == "/whoami" else "POST"

    await transport.talk([head(path, *lines_of((GOOD,), server), b"Content-Length: 0", method=method)])

    assert transport.statuses() == [401]


async def test_plain_requests_need_no_parser() -> None:
    server = model_server()
    token = server.issue().reveal().encode()
    transport = connected(server, fast=True)

    for line in (b"x-api-key: " + token, b"Authorization: Bearer " + token, b"API-KEY:" + token):
        transport.feed(head(FOR_MODEL, b"X-Goog-Api-Key: ", line, b"x-ai-eg-model: foo"))  # without a loop: at once

    assert transport.statuses() == [200] * 3
