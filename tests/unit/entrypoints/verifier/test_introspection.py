"""Introspection as clients of RFC 7662 ask for it: who the caller is, in which way, and what the answer says."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.client_credentials import ClientCredentials, credentials_in_header
from pharia_access.entrypoints.verifier.introspection import FORM, Introspector, parse_form
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.verifier.verifier_server import Reply

CALLER = "finance/resource-server-bot"


def basic(client_id: str, secret: str) -> str:
    """The header of client_secret_basic, from what is encoded already."""
    return f"authorization: Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"


def everything(text: str) -> str:
    """As openid-client encodes: even `-` and `_`."""
    return "".join(f"%{byte:02X}" if chr(byte) in "-_/" else chr(byte) for byte in text.encode())


def introspector(server: VerifierServer) -> str:
    server.index.put_role(Role("introspector", frozenset({"finance"}), (Permission("IntrospectTokens"),)))
    return server.issue("resource-server", roles=("introspector",)).reveal()


async def ask(server: VerifierServer, *headers: str, form: str) -> Reply:
    return await server.ask(
        "POST", "/oauth2/introspect", *headers, f"content-type: {FORM}; charset=utf-8", body=form.encode()
    )


WAYS = {
    "a bearer token": lambda secret: ([f"authorization: Bearer {secret}"], ""),
    "Basic, as curl sends it": lambda secret: ([basic(CALLER, secret)], ""),
    "Basic, encoded as Spring does": lambda secret: ([basic(quote(CALLER, safe=""), secret)], ""),
    "Basic, encoded as openid-client does": lambda secret: ([basic(everything(CALLER), everything(secret))], ""),
    "Basic, with a name of its own": lambda secret: ([basic("my-service", secret)], ""),
    "Basic, with no name": lambda secret: ([basic("", secret)], ""),
    "basic in small letters": lambda secret: ([basic(CALLER, secret).replace("Basic", "basic  ")], ""),
    "the form": lambda secret: ([], f"&client_id={quote(CALLER, safe='')}&client_secret={secret}"),
    "the form, all encoded": lambda secret: ([], f"&client_secret={everything(secret)}&client_id={everything(CALLER)}"),
    "the form, with no name": lambda secret: ([], f"&client_secret={secret}"),
    "a name in the form, the token in the header": lambda secret: (
        [f"authorization: Bearer {secret}"],
        "&client_id=my-service",
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_a_caller_may_send_its_token_in_each_way_of_oauth(way: Callable[[str], tuple[list[str], str]]) -> None:
    async with open_verifier_server() as server:
        caller, asked = introspector(server), server.issue()
        headers, more = way(caller)

        good = await ask(server, *headers, form=f"token={asked.reveal()}{more}")
        headers, more = way(asked.reveal())
        forbidden = await ask(server, *headers, form=f"token={caller}{more.replace(CALLER, '')}")
        headers, more = way(f"{caller[:-1]}~")
        forged = await ask(server, *headers, form=f"token={asked.reveal()}{more}")

    assert (good.status, json.loads(good.body)["active"]) == (200, True)
    assert forbidden.status in {401, 403}  # 401 where it also takes another's name
    assert (forged.status, json.loads(forged.body)["error"]) == (401, "invalid_client")
    assert [value for key, value in forged.headers if key == "www-authenticate"] == [
        'Bearer realm="pharia-access", error="invalid_token"',
        'Basic realm="pharia-access", charset="UTF-8"',
    ]


REFUSED = {
    "nobody": ([], "", 401),
    "another credential's name": ([basic("finance/ci-bot", "SECRET")], "", 401),
    "another credential's name in the form": ([], "&client_id=finance%2Fci-bot&client_secret=SECRET", 401),
    "no secret": ([basic(CALLER, "")], "", 401),
    "no colon": ([f"authorization: Basic {base64.b64encode(b'SECRET').decode()}"], "", 401),
    "no base64": (["authorization: Basic ~~~"], "", 401),
    "base64 with a blank in it": (["authorization: Basic YTpi Yzpk"], "", 401),
    "another scheme": (["authorization: Digest SECRET"], "", 401),
    "a secret with a blank before": ([basic(CALLER, " SECRET")], "", 401),
    "a secret with a plus": ([basic(CALLER, "+SECRET")], "", 401),
    "a secret encoded twice": ([], "&client_secret=" + everything(everything("SECRET_")), 401),
    "two headers": ([basic(CALLER, "SECRET"), "authorization: Bearer SECRET"], "", 400),
    "two in one header": ([basic(CALLER, "SECRET") + ", Bearer SECRET"], "", 400),
    "a header and the form": ([basic(CALLER, "SECRET")], "&client_secret=SECRET", 400),
    "a bearer and the form": (["authorization: Bearer SECRET"], "&client_id=x&client_secret=SECRET", 400),
    "two secrets": ([], "&client_secret=SECRET&client_secret=SECRET", 400),
    "two names": ([], "&client_id=a&client_id=b&client_secret=SECRET", 400),
    "a long form of a stranger": ([], "&client_secret=SECRET&x=" + "y" * 3000, 401),
}


@pytest.mark.parametrize(("headers", "more", "status"), REFUSED.values(), ids=REFUSED)
async def test_any_other_caller_is_refused_in_json(headers: list[str], more: str, status: int) -> None:
    async with open_verifier_server() as server:
        caller, asked = introspector(server), server.issue().reveal()
        filled = [_filled(header, caller) for header in headers]

        reply = await ask(server, *filled, form=f"token={asked}{more.replace('SECRET', caller)}")

    told = json.loads(reply.body)
    assert (reply.status, told["error"]) == (status, "invalid_client" if status == 401 else "invalid_request")
    assert told["error_description"]
    assert caller not in str(reply)
    assert asked not in str(reply)


def _filled(header: str, caller: str) -> str:
    """With the caller's token in the place of SECRET, inside base64 too."""
    name, _, value = header.partition(": ")
    scheme, _, rest = value.partition(" ")
    encoded, comma, more = rest.partition(",")
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except ValueError:
        return header.replace("SECRET", caller)
    if scheme == "Basic":
        encoded = base64.b64encode(decoded.replace(b"SECRET", caller.encode())).decode()
    return f"{name}: {scheme} {encoded}{comma}{more}".replace("SECRET", caller)


async def test_the_refusal_of_another_client_is_counted_with_its_token() -> None:
    async with open_verifier_server() as server:
        caller = introspector(server)

        await ask(server, basic("finance/ci-bot", caller), form="token=x")

    assert ("introspect", "another-client") in server.journal.decided_


async def test_the_answer_names_who_where_and_what_it_permits() -> None:
    async with open_verifier_server() as server:
        caller, asked = introspector(server), server.issue()

        reply = await ask(server, f"authorization: Bearer {caller}", form=f"token={asked.reveal()}")

    assert json.loads(reply.body) == {
        "active": True,
        "scope": "studio-user",
        "client_id": "finance/ci-bot",
        "username": "finance/ci-bot",
        "sub": SUBJECT,
        "token_type": "Bearer",
        "exp": 2_000_000_000,
        "iat": 900_000_000,
        "jti": asked.token_id,
        "authorization_details": [{"type": "permission", "permission": "AccessModel", "fields": {"model": "*"}}],
    }


async def test_with_an_issuer_and_a_cap_answers_name_it_and_end_soon() -> None:
    with_both = Introspector("https://verifier.example/access", lambda end: min(end, 1_000_000_060))
    async with open_verifier_server(introspector=with_both) as server:
        caller, asked = introspector(server), server.issue()

        reply = await ask(server, f"authorization: Bearer {caller}", form=f"token={asked.reveal()}")
        described = await server.ask("GET", "/.well-known/oauth-authorization-server/access")
        elsewhere = await server.ask("GET", "/.well-known/oauth-authorization-server")

    told = json.loads(reply.body)
    assert (told["iss"], told["exp"]) == ("https://verifier.example/access", 1_000_000_060)
    assert json.loads(described.body) == {
        "issuer": "https://verifier.example/access",
        "introspection_endpoint": "https://verifier.example/access/oauth2/introspect",
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "Bearer"],
        "response_types_supported": [],
        "grant_types_supported": [],
    }
    assert elsewhere.status == 404


async def test_without_an_issuer_there_is_no_metadata() -> None:
    async with open_verifier_server() as server:
        described = await server.ask("GET", "/.well-known/oauth-authorization-server")

    assert described.status == 404


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_whatever_stands_in_a_header_is_a_secret_or_a_refusal(scheme: bytes, rest: bytes) -> None:
    for value in (scheme + b" " + rest, b"Basic " + rest, b"Basic " + base64.b64encode(rest)):
        found = credentials_in_header([value])

        assert isinstance(found, ClientCredentials | Refusal)
        assert rest.decode("latin-1") not in repr(found) or len(rest) < 8 or isinstance(found, Refusal)


@given(st.text(max_size=80), st.text(alphabet=st.characters(codec="ascii"), min_size=1, max_size=80))
def test_what_a_client_encodes_is_read_back(client_id: str, secret: str) -> None:
    """By RFC 6749 2.3.1, in a header and in a form."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    header = b"Basic " + base64.b64encode(pair.encode())
    form = f"token=x&client_id={quote(client_id, safe='')}&client_secret={quote(secret, safe='')}"

    wanted = ClientCredentials(secret.encode(), client_id)

    assert credentials_in_header([header]) == wanted
    assert parse_form(FORM, form.encode()).client == wanted
