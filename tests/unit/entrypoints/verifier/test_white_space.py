"""Blanks and tabs around the value of `Authorization` are no part of it, by any protocol and on both ways in."""

from __future__ import annotations

import pytest

from tests.support.verifier.verifier_server import open_verifier_server


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize("around", ["{}\t", "{} ", "{} \t \t", "\t{}", " \t{}\t "], ids=repr)
async def test_white_space_around_a_value_is_no_part_of_it_by_any_protocol(around: str, *, fast: bool) -> None:
    """RFC 9110, 5.5: some gateways take them off, others pass them on."""
    async with open_verifier_server(fast=fast) as server:
        header = "authorization:" + around.format(f"Bearer {server.issue().reveal()}")
        gateways = [
            await server.ask("GET", path, header) for path in ("/auth/nginx", "/auth/forward", "/auth/envoy/any/-")
        ]
        services = [
            await server.ask("GET", "/whoami", header),
            await server.ask("POST", "/check_user", header, body=b'{"permissions":[]}'),
        ]
        caller = await server.ask("POST", "/oauth2/introspect", header, body=b"token=x")

    assert {reply.status for reply in (*gateways, *services)} == {200}
    assert caller.status == 403, "a good token that may not ask"
