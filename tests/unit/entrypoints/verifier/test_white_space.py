"""Blanks and tabs around the value of `Authorization` are no part of it, by any protocol and on both ways in."""

from __future__ import annotations

import pytest

from tests.support.http_door import open_door


@pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])
@pytest.mark.parametrize("around", ["{}\t", "{} ", "{} \t \t", "\t{}", " \t{}\t "], ids=repr)
async def test_white_space_around_a_value_is_no_part_of_it_by_any_protocol(around: str, *, fast: bool) -> None:
    """RFC 9110, 5.5: some gateways take them off, others pass them on."""
    async with open_door(fast=fast) as door:
        header = "authorization:" + around.format(f"Bearer {door.issue().reveal()}")
        gateways = [
            await door.ask("GET", path, header) for path in ("/auth/nginx", "/auth/forward", "/auth/envoy/any/-")
        ]
        services = [
            await door.ask("GET", "/whoami", header),
            await door.ask("POST", "/check_user", header, body=b'{"permissions":[]}'),
        ]
        caller = await door.ask("POST", "/oauth2/introspect", header, body=b"token=x")

    assert {reply.status for reply in (*gateways, *services)} == {200}
    assert caller.status == 403, "a good token that may not ask"
