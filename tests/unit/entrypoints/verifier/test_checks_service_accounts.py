"""Gateways' checks with tokens of ServiceAccounts: what a connection keeps, and what it takes for a repetition."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.verdict import CredentialRecord
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.service_account_tokens import PlayedIssuer, claims_of_pod
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

_TIMES = 20
"""More than it takes until a connection expects the same again."""


@cache
def issuer() -> PlayedIssuer:
    """Whose keys are not read again, so that no answer waits."""
    played = PlayedIssuer()
    played.were_just_read = True
    return played


@cache
def signed(number: int = 0) -> bytes:
    return issuer().sign(claims_of_pod(jti=f"id-{number}"))


def opened() -> MemoryTransport:
    server = VerifierServer(service_accounts=issuer())
    held = CredentialRecord("finance", "invoice-bot", SUBJECT, ("studio-user",), service_accounts={"invoice-bot": ""})
    server.index.put_credential_record(held)
    return MemoryTransport(server)


def asking(text: bytes) -> bytes:
    return b"GET /auth/nginx HTTP/1.1\r\nhost: verifier\r\nauthorization: Bearer " + text + b"\r\nx-after: 1\r\n\r\n"


def test_a_request_that_is_repeated_is_not_read_again(mocker: MockerFixture) -> None:
    transport = opened()
    for _ in range(_TIMES):
        transport.feed(asking(signed()))
    read = mocker.spy(transport.protocol, "_answer")

    for _ in range(_TIMES):
        transport.feed(asking(signed()))

    assert read.call_count == 0
    assert transport.statuses() == [200] * (2 * _TIMES)


def test_nor_is_one_that_differs_in_its_token_alone(mocker: MockerFixture) -> None:
    transport = opened()
    for number in range(_TIMES):
        transport.feed(asking(signed(number)))
    read = mocker.spy(transport.protocol, "_answer")

    for number in range(_TIMES):
        transport.feed(asking(signed(number)))

    assert read.call_count == 0
    assert transport.statuses() == [200] * (2 * _TIMES)


def changed(text: bytes) -> st.SearchStrategy[bytes]:
    """The text with some bytes in it replaced by others, or by none."""
    places = st.integers(0, len(text))
    lengths = st.integers(0, 3)
    bytes_of_tokens = st.text("eyJ.-_Aa09", max_size=3).map(str.encode)
    return st.builds(lambda at, gone, put: text[:at] + put + text[at + gone :], places, lengths, bytes_of_tokens)


@given(text=changed(signed()))
def test_a_request_that_almost_repeats_another_gets_the_answer_of_a_first_one(text: bytes) -> None:
    """Whatever differs: in the part that is compared, in the signature, or around the dot between them."""
    transport = opened()
    for _ in range(_TIMES):
        transport.feed(asking(signed()))

    transport.feed(asking(text))

    assert transport.statuses()[-1] == opened().send(asking(text)).status == (200 if text == signed() else 401)


def test_a_connection_keeps_no_signature() -> None:
    """Without its signature a token proves nothing."""
    transport = opened()

    for number in [*range(_TIMES), *[_TIMES] * _TIMES]:
        transport.feed(asking(signed(number)))

    kept = repr(vars(transport.protocol)) + repr(vars(transport.early.texts))
    for number in range(_TIMES + 1):
        signature = signed(number).rsplit(b".")[-1].decode()
        assert [signature[at : at + 20] for at in range(0, 320, 20) if signature[at : at + 20] in kept] == []
