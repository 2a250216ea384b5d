"""The tokens of ServiceAccounts: sixty hostile ones, each beside a twin that is accepted, and what changes at once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.domain.verdict import CredentialRecord, Refusal
from pharia_access.services.verifier.verifier import Allowed, Denied
from tests.support.verifier.hostile_jwts import CLAIMS, HEADERS, TEXTS
from tests.support.verifier.service_account_tokens import (
    ISSUER,
    NOW,
    SUBJECT_UID,
    PlayedIssuer,
    SigningKey,
    claims_of_pod,
    joined,
)
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable

HOLDER = {"invoice-bot": ""}


def opened(
    issuer: PlayedIssuer, *, holders: dict[str, str] | None = None, suspended: bool = False, deleting: bool = False
) -> VerifierServer:
    """A verifier with the credential finance/invoice-bot."""
    server = VerifierServer(service_accounts=issuer)
    holders = HOLDER if holders is None else holders
    record = CredentialRecord("finance", "invoice-bot", SUBJECT, ("studio-user",), service_accounts=holders)
    server.index.put_credential_record(replace(record, suspended=suspended, deleting=deleting))
    return server


async def verdict(server: VerifierServer, text: bytes) -> str:
    found = await server.verifier.verify(text)
    return "accepted" if isinstance(found, Allowed) else found.refusal.value


@pytest.mark.parametrize(("changes", "reason"), CLAIMS.values(), ids=CLAIMS)
async def test_a_claim_that_differs_from_its_twin_is_refused(changes: dict[str, object], reason: str) -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)

    assert await verdict(server, issuer.sign(claims_of_pod())) == "accepted"
    assert await verdict(server, issuer.sign(claims_of_pod(**changes))) == reason


@pytest.mark.parametrize(("changes", "reason"), HEADERS.values(), ids=HEADERS)
async def test_a_header_that_differs_from_its_twin_is_refused(changes: dict[str, object], reason: str) -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)

    assert await verdict(server, issuer.sign(claims_of_pod())) == "accepted"
    assert await verdict(server, issuer.sign(claims_of_pod(), **changes)) == reason


@pytest.mark.parametrize(("hostile", "reason"), TEXTS.values(), ids=TEXTS)
async def test_a_text_that_differs_from_its_twin_is_refused(
    hostile: Callable[[PlayedIssuer], bytes], reason: str
) -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)

    assert await verdict(server, issuer.sign(claims_of_pod())) == "accepted"
    assert await verdict(server, hostile(issuer)) == reason


@pytest.mark.parametrize("elliptic", [False, True])
async def test_a_good_token_is_accepted_with_the_credentials_roles(elliptic: bool) -> None:  # noqa: FBT001 - a case
    issuer = PlayedIssuer(elliptic=elliptic)
    server = opened(issuer)

    found = await server.verifier.verify(issuer.sign(claims_of_pod(), typ="JWT"))

    assert isinstance(found, Allowed)
    assert found.effective_roles.roles == ("studio-user",)
    assert (found.token.key, found.token.uid) == ("finance/invoice-bot", SUBJECT_UID)
    assert found.token.ends_at == NOW + 3000


async def test_every_changed_byte_of_a_good_token_is_refused() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    text = issuer.sign(claims_of_pod())

    for at in range(0, len(text), 7):
        changed = text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]
        assert isinstance(await server.verifier.verify(changed), Denied), changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"holders": {}}, "not-a-holder", id="taken away"),
        pytest.param({"holders": {"invoice-bot": "another-uid"}}, "not-a-holder", id="made again with another UID"),
        pytest.param({"suspended": True}, "credential-suspended", id="suspended"),
        pytest.param({"deleting": True}, "credential-being-deleted", id="being deleted"),
    ],
)
async def test_a_change_of_the_credential_counts_with_the_next_request(change: dict[str, Any], reason: str) -> None:
    issuer = PlayedIssuer()
    server = opened(issuer, holders={"invoice-bot": SUBJECT_UID})
    text = issuer.sign(claims_of_pod())
    allowed = await server.verifier.verify(text)
    assert isinstance(allowed, Allowed)
    assert server.verifier.still_holds(allowed)

    after = opened(issuer, **change).index.credential("finance/invoice-bot")
    assert after is not None
    server.index.put_credential_record(after)

    assert not server.verifier.still_holds(allowed)
    assert await verdict(server, text) == reason


async def test_a_credential_that_is_made_again_counts_if_it_names_the_holder() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    text = issuer.sign(claims_of_pod())
    allowed = await server.verifier.verify(text)
    assert isinstance(allowed, Allowed)

    again = CredentialRecord("finance", "invoice-bot", "another", ("studio-user",), service_accounts=HOLDER)
    server.index.put_credential_record(again)

    assert not server.verifier.still_holds(allowed)
    found = await server.verifier.verify(text)
    assert isinstance(found, Allowed)
    assert found.credential.uid == "another"


async def test_a_token_ends_at_its_second_without_another_word() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    text = issuer.sign(claims_of_pod())
    allowed = await server.verifier.verify(text)
    assert isinstance(allowed, Allowed)

    server.now = NOW + 2999.999
    assert server.verifier.still_holds(allowed)
    server.now = NOW + 3000.0
    assert not server.verifier.still_holds(allowed)
    assert await verdict(server, text) == "expired"


async def test_an_old_view_answers_for_no_service_account() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    server.boottime += 301

    assert await verdict(server, issuer.sign(claims_of_pod())) == "view-too-old"


async def test_a_new_key_is_read_once_and_an_old_one_counts_no_more() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    old = issuer.sign(claims_of_pod())
    allowed = await server.verifier.verify(old)
    assert isinstance(allowed, Allowed)
    issuer.key = SigningKey("key-2")
    issuer.published = [issuer.key]
    new = issuer.sign(claims_of_pod())

    assert [await verdict(server, new), await verdict(server, new)] == ["accepted", "accepted"]
    assert issuer.readings == 1
    assert await verdict(server, old) == "unknown-signing-key"


async def test_without_the_keys_nothing_is_known_of_a_token() -> None:
    issuer = PlayedIssuer()
    server = opened(issuer)
    issuer.issuer, issuer.answers = None, False

    assert await verdict(server, issuer.sign(claims_of_pod())) == "keys-unread"


async def test_a_verifier_that_takes_none_calls_a_service_accounts_token_malformed() -> None:
    issuer = PlayedIssuer()

    assert await verdict(VerifierServer(), issuer.sign(claims_of_pod())) == Refusal.MALFORMED_TOKEN.value


_MEMBERS = st.sampled_from(["aud", "exp", "iat", "nbf", "iss", "sub", "jti", "kubernetes.io", "alg", "kid", "name"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_MEMBERS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(header=_JSON, changes=st.dictionaries(_MEMBERS, _JSON, max_size=3), payload=_JSON, whole=st.booleans())
def test_whatever_is_signed_gets_a_verdict_and_a_stranger_none_that_is_good(
    header: object, changes: dict[str, Any], payload: object, *, whole: bool
) -> None:
    """Any JSON in the place of header and claims, by the right key: no exception, no way in without our audience."""
    issuer = PlayedIssuer()
    claims: Any = payload if whole else claims_of_pod(**changes)
    texts = [
        joined(json.dumps(header).encode(), json.dumps(claims).encode(), issuer.key.signature),
        joined(json.dumps(issuer.header()).encode(), json.dumps(claims).encode(), issuer.key.signature),
    ]

    found = [opened(issuer).verifier.check(text) for text in texts]

    assert not isinstance(found[0], Allowed)
    if isinstance(found[1], Allowed):
        assert claims["aud"] in (["pharia-access/invoice-bot"], "pharia-access/invoice-bot")
        assert (claims["iss"], claims["sub"]) == (ISSUER, "system:serviceaccount:finance:invoice-bot")


@settings(max_examples=300, deadline=None)
@given(text=st.binary(max_size=300).map(lambda text: b"eyJ" + text))
def test_whatever_begins_as_a_jwt_is_refused(text: bytes) -> None:
    assert isinstance(opened(PlayedIssuer()).verifier.check(text), Denied)
