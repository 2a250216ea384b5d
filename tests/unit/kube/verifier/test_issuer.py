"""Who signs ServiceAccount tokens, as the API server tells; and what is no key for us."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from pharia_access.domain.verification.signatures import read_signing_keys
from pharia_access.errors import IssuerKeysError, UnavailableError
from pharia_access.kube.verifier.issuer import KubeIssuerReader
from tests.support.verifier.service_account_tokens import ISSUER, SigningKey

if TYPE_CHECKING:
    from pharia_access.kube.connection import Connection
    from pharia_access.kube.http import Request

KEY = SigningKey("key-1")
DISCOVERY = {"issuer": ISSUER, "jwks_uri": "https://elsewhere.example/openid/v1/jwks"}


class FakeConnection:
    """Answers by path."""

    def __init__(self, discovery: bytes, keys: bytes) -> None:
        self.answers = {"/.well-known/openid-configuration": discovery, "/openid/v1/jwks": keys}
        self.asked: list[str] = []

    async def send(self, call: Request) -> bytes:
        self.asked.append(f"{call.method} {call.path} {call.accept}")
        if not self.answers:
            message = "gone"
            raise UnavailableError(message)
        return self.answers[call.path]


def reader(connection: FakeConnection) -> KubeIssuerReader:
    return KubeIssuerReader(cast("Connection", connection), timeout_seconds=5)


def jwks(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


def of_server(*, discovery: object = DISCOVERY, keys: bytes = b"") -> FakeConnection:
    return FakeConnection(json.dumps(discovery).encode(), keys or jwks(KEY.public_jwk()))


async def test_the_issuer_and_its_keys_are_asked_of_the_api_server_alone() -> None:
    connection = of_server()

    issuer = await reader(connection).read_issuer(None)

    assert (issuer.name, issuer.keys.ids) == (ISSUER, ["key-1"])
    assert connection.asked == [
        "GET /.well-known/openid-configuration application/json",
        "GET /openid/v1/jwks application/jwk-set+json",
    ]


async def test_the_same_answers_give_the_same_issuer_and_others_another() -> None:
    connection = of_server()
    asking = reader(connection)
    first = await asking.read_issuer(None)

    assert await asking.read_issuer(first) is first
    connection.answers["/openid/v1/jwks"] = jwks(SigningKey("key-2").public_jwk())
    assert (await asking.read_issuer(first)).keys.ids == ["key-2"]


@pytest.mark.parametrize("discovery", [{}, [], None, {"issuer": ""}, {"issuer": 7}, {"issuer": [ISSUER]}])
async def test_an_answer_without_an_issuer_is_an_error(discovery: object) -> None:
    with pytest.raises(IssuerKeysError, match="names none"):
        await reader(of_server(discovery=discovery)).read_issuer(None)


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{}", b'{"keys":7}', b"\xff", b"[" * 5000])
def test_what_is_no_set_of_keys_is_an_error(text: bytes) -> None:
    with pytest.raises(IssuerKeysError, match="no JWK Set"):
        read_signing_keys(text)


GOOD = KEY.public_jwk()
CURVE = SigningKey("curve", curve=ec.SECP256R1()).public_jwk()
UNUSABLE: dict[str, object] = {
    "for encryption": GOOD | {"use": "enc"},
    "of another algorithm": GOOD | {"alg": "RS512"},
    "of none": GOOD | {"alg": "none"},
    "a shared secret": {"kty": "oct", "kid": "key-1", "k": "c2VjcmV0"},
    "without an ID": {name: value for name, value in GOOD.items() if name != "kid"},
    "with a number as ID": GOOD | {"kid": 7},
    "of a kind that is a list": GOOD | {"kty": []},
    "of a kind that is an object": GOOD | {"kty": {}},
    "too long": GOOD | {"n": urlsafe_b64encode(b"\xff" * 1025).decode().rstrip("=")},
    "too short": SigningKey("short", bits=1024).public_jwk(),
    "private": GOOD | {"d": "AQAB"},
    "with half a modulus": {name: value for name, value in GOOD.items() if name != "n"},
    "with a modulus that is no number": GOOD | {"n": "*"},
    "on another curve": SigningKey("p384", curve=ec.SECP384R1()).public_jwk() | {"alg": "ES256"},
    "off its curve": CURVE | {"x": CURVE["y"]},
    "no object": 7,
    "nothing": None,
    "of an unknown kind": GOOD | {"kty": "OKP"},
}


@pytest.mark.parametrize("entry", UNUSABLE.values(), ids=UNUSABLE)
def test_a_key_that_is_none_for_us_is_left_out(entry: object) -> None:
    assert read_signing_keys(jwks(entry, GOOD | {"kid": "good"})).ids == ["good"]
    with pytest.raises(IssuerKeysError, match="none is an RSA key"):
        read_signing_keys(jwks(entry))


def test_a_set_of_both_kinds_is_read() -> None:
    assert read_signing_keys(jwks(GOOD, CURVE)).ids == ["curve", "key-1"]
