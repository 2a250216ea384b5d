"""A scope in the form of introspection, as Ory Oathkeeper sends it by default: the verifier compares it, or nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verification.requirements import Requirement, parse_requirement
from pharia_access.entrypoints.verifier.introspection import FORM, parse_form
from pharia_access.errors import RequirementError
from tests.support.verifier.verifier_server import VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from tests.support.verifier.verifier_server import Reply

SCOPES = {
    "the role that it has": ("&scope=studio-user", True),
    "an empty one": ("&scope=", True),
    "another role": ("&scope=studio-admin", False),
    "one that it has and another": ("&scope=studio-user+studio-admin", False),
    "one with a blank too many": ("&scope=studio-user+", False),
    "blanks alone": ("&scope=+", False),
    "words of a requirement": ("&scope=studio-admin%26role%3Dstudio-user%26satisfy%3Dany", False),
    "no readable text": ("&scope=%FF", False),
    "more than a requirement holds": ("&scope=" + "+".join(["studio-user"] * 17), False),
    "one that ends in what is not read": ("&scope=studio-user" + "+" * 20_000 + "studio-admin", False),
}


@pytest.mark.parametrize(("more", "active"), SCOPES.values(), ids=SCOPES)
async def test_a_scope_that_the_client_requires_is_not_left_to_the_client(more: str, active: bool) -> None:  # noqa: FBT001
    async with open_verifier_server() as server:
        reply = await asked(server, more)

    told = json.loads(reply.body)
    assert (reply.status, told["active"]) == (200, active)
    assert active or told == {"active": False}


async def test_a_scope_that_stands_twice_is_refused_and_a_missing_one_is_told_in_the_log() -> None:
    async with open_verifier_server() as server:
        twice = await asked(server, "&scope=studio-user&scope=studio-user")
        await asked(server, "&scope=studio-admin")

    assert (twice.status, json.loads(twice.body)["error"]) == (400, "invalid_request")
    assert ("introspect", "insufficient-scope") in server.journal.decided_


@given(st.text(max_size=60) | st.lists(st.sampled_from(["studio-user", "a", "&", "=", "%", ";", ""])).map(" ".join))
def test_no_scope_requires_less_than_its_names(scope: str) -> None:
    form = parse_form(FORM, f"token=x&scope={quote(scope, safe='')}".encode())

    try:
        required = parse_requirement(form.requirement)
    except RequirementError:
        return
    assert required == Requirement(roles=tuple(scope.split(" ")) if scope else ())


async def asked(server: VerifierServer, more: str) -> Reply:
    """Ask about a good token with the role studio-user, with more in the form."""
    server.index.put_role(Role("introspector", frozenset({"finance"}), (Permission("IntrospectTokens"),)))
    caller = server.issue("resource-server", roles=("introspector",)).reveal()
    headers = (f"authorization: Bearer {caller}", f"content-type: {FORM}")
    return await server.ask(
        "POST", "/oauth2/introspect", *headers, body=f"token={server.issue().reveal()}{more}".encode()
    )
