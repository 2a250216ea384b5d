"""A method that a path does not take is answered 405, and told which it takes: on both ways into the verifier."""

from __future__ import annotations

import pytest

from tests.support.verifier.verifier_server import VerifierServer, open_verifier_server

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SOURCE")
TAKEN = {
    "/auth/nginx": {"GET", "HEAD"},
    "/auth/forward": set(METHODS),
    "/auth/envoy/any/-/v1": set(METHODS),
    "/check_user": {"POST"},
    "//check_user": {"POST"},
    "/oauth2/introspect": {"POST"},
    "/whoami": {"GET", "HEAD"},
}


async def refused(server: VerifierServer, path: str) -> dict[str, str | None]:
    """The methods that are answered 405, and what each is told."""
    replies = {method: await server.ask(method, path) for method in METHODS}
    return {method: reply.header("allow") for method, reply in replies.items() if reply.status == 405}


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize(("path", "taken"), TAKEN.items(), ids=TAKEN.keys())
async def test_what_a_path_does_not_take_is_told_what_it_takes(path: str, taken: set[str], *, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as server:
        told = await refused(server, path)

    assert told == dict.fromkeys((method for method in METHODS if method not in taken), ", ".join(sorted(taken)))


async def test_so_it_is_on_the_port_of_token_reviews() -> None:
    async with open_verifier_server(audiences=()) as server:
        assert await refused(server, "/tokenreview") == dict.fromkeys(
            (method for method in METHODS if method != "POST"), "POST"
        )


async def test_a_path_that_is_none_takes_none() -> None:
    async with open_verifier_server() as server:
        assert await refused(server, "/nothing") == {}
