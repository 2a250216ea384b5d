"""Tokens that no verifier may accept: each differs in one thing from what `claims_of_pod` and `PlayedIssuer.sign` make.

Tables of the difference, and the reason of the refusal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.verifier.service_account_tokens import (
    ISSUER,
    NOW,
    SUBJECT_UID,
    PlayedIssuer,
    SigningKey,
    base64url,
    claims_of_pod,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Hostile = Callable[[PlayedIssuer], bytes]

__all__ = ["CLAIMS", "HEADERS", "TEXTS"]

_RS256 = '{"alg":"RS256","kid":"key-1"}'
_NONE = '{"alg":"none","kid":"key-1"}'
_HS256 = '{"alg":"HS256","kid":"key-1"}'
_CLAIMS = json.dumps(claims_of_pod())


def kubernetes(**changes: object) -> dict[str, Any]:
    whole: dict[str, Any] = claims_of_pod()["kubernetes.io"]
    return whole | changes


def account(**changes: object) -> dict[str, Any]:
    return kubernetes(serviceaccount={"name": "invoice-bot", "uid": SUBJECT_UID} | changes)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _signed(
    payload: str | bytes = _CLAIMS,
    *,
    header: str | bytes = _RS256,
    by: Callable[[SigningKey, bytes], bytes] = SigningKey.signature,
) -> Hostile:
    """Two texts, whatever they are, signed by the issuer's key or with its help."""
    return lambda issuer: joined(_bytes(header), _bytes(payload), lambda message: by(issuer.key, message))


def _good_and(more: str) -> Hostile:
    return lambda issuer: issuer.sign(claims_of_pod()) + more.encode()


def _with_signature_of(issuer: PlayedIssuer, **changes: object) -> bytes:
    said, signature = issuer.sign(claims_of_pod()), issuer.sign(claims_of_pod(**changes))
    return said.rpartition(b".")[0] + b"." + signature.rpartition(b".")[2]


CLAIMS: dict[str, tuple[dict[str, object], str]] = {
    "another issuer": ({"iss": "https://other.example"}, "wrong-issuer"),
    "the issuer with a slash": ({"iss": ISSUER + "/"}, "wrong-issuer"),
    "the issuer in capitals": ({"iss": ISSUER.upper()}, "wrong-issuer"),
    "no issuer": ({"iss": None}, "malformed-token"),
    "a list of issuers": ({"iss": [ISSUER]}, "malformed-token"),
    "an empty issuer": ({"iss": ""}, "wrong-issuer"),
    "the API server's audience": ({"aud": [ISSUER]}, "wrong-audience"),
    "two audiences, ours first": ({"aud": ["pharia-access/invoice-bot", "vault"]}, "wrong-audience"),
    "two audiences, ours last": ({"aud": ["vault", "pharia-access/invoice-bot"]}, "wrong-audience"),
    "two of our audiences": ({"aud": ["pharia-access/invoice-bot", "pharia-access/other"]}, "wrong-audience"),
    "our audience twice": ({"aud": ["pharia-access/invoice-bot"] * 2}, "wrong-audience"),
    "no audience": ({"aud": None}, "wrong-audience"),
    "an empty list of audiences": ({"aud": []}, "wrong-audience"),
    "an audience in an audience": ({"aud": [["pharia-access/invoice-bot"]]}, "wrong-audience"),
    "an audience that is a number": ({"aud": [7]}, "wrong-audience"),
    "an audience without a credential": ({"aud": ["pharia-access/"]}, "wrong-audience"),
    "an audience with a namespace": ({"aud": ["pharia-access/finance/invoice-bot"]}, "wrong-audience"),
    "an audience with another prefix": ({"aud": ["pharia-access.example/invoice-bot"]}, "wrong-audience"),
    "an audience with a line break": ({"aud": ["pharia-access/invoice-bot\n"]}, "wrong-audience"),
    "another credential": ({"aud": ["pharia-access/other"]}, "credential-gone"),
    "expired this second": ({"exp": NOW}, "expired"),
    "expired long ago": ({"iat": NOW - 4000, "nbf": NOW - 4000, "exp": NOW - 400}, "expired"),
    "issued in the future": ({"iat": NOW + 61, "exp": NOW + 3600}, "not-yet-valid"),
    "not valid before the future": ({"nbf": NOW + 61}, "not-yet-valid"),
    "an end in the far future": ({"exp": 2**53 - 1}, "lives-too-long"),
    "a life of a second too much": ({"iat": NOW, "exp": NOW + 7201}, "lives-too-long"),
    "an end before the beginning": ({"iat": NOW, "exp": NOW}, "lives-too-long"),
    "no end": ({"exp": None}, "malformed-token"),
    "no beginning": ({"iat": None}, "malformed-token"),
    "no nbf": ({"nbf": None}, "malformed-token"),
    "an end in words": ({"exp": str(NOW + 3000)}, "malformed-token"),
    "an end with a fraction": ({"exp": NOW + 3000.5}, "malformed-token"),
    "an end that is true": ({"exp": True}, "malformed-token"),
    "a negative beginning": ({"iat": -1}, "malformed-token"),
    "an end beyond all numbers": ({"exp": 10**400}, "malformed-token"),
    "a subject that is a user": ({"sub": "admin"}, "malformed-token"),
    "another subject than its account": ({"sub": "system:serviceaccount:finance:other"}, "malformed-token"),
    "a subject of another namespace": ({"sub": "system:serviceaccount:hr:invoice-bot"}, "malformed-token"),
    "no subject": ({"sub": None}, "malformed-token"),
    "no word of Kubernetes": ({"kubernetes.io": None}, "malformed-token"),
    "Kubernetes as a list": ({"kubernetes.io": []}, "malformed-token"),
    "no account": ({"kubernetes.io": kubernetes(serviceaccount=None)}, "malformed-token"),
    "an account without a UID": ({"kubernetes.io": account(uid=None)}, "malformed-token"),
    "an account with a blank in its UID": ({"kubernetes.io": account(uid="a b")}, "malformed-token"),
    "a namespace with a line break": (
        {"kubernetes.io": kubernetes(namespace="finance\n"), "sub": "system:serviceaccount:finance\n:invoice-bot"},
        "malformed-token",
    ),
    "an account of another namespace with the same name": (
        {"kubernetes.io": kubernetes(namespace="hr"), "sub": "system:serviceaccount:hr:invoice-bot"},
        "credential-gone",
    ),
    "another account of the namespace": (
        {"kubernetes.io": account(name="other"), "sub": "system:serviceaccount:finance:other"},
        "not-a-holder",
    ),
    "a pod that is a name": ({"kubernetes.io": kubernetes(pod="cafe")}, "malformed-token"),
    "a token ID with a line break": ({"jti": "a\nb"}, "malformed-token"),
    "a token ID that is a number": ({"jti": 7}, "malformed-token"),
}

HEADERS: dict[str, tuple[dict[str, object], str]] = {
    "no algorithm": ({"alg": None}, "malformed-token"),
    "none": ({"alg": "none"}, "wrong-signature"),
    "HS256": ({"alg": "HS256"}, "wrong-signature"),
    "ES256 of an RSA key": ({"alg": "ES256"}, "wrong-signature"),
    "RS384": ({"alg": "RS384"}, "wrong-signature"),
    "PS256": ({"alg": "PS256"}, "wrong-signature"),
    "no key": ({"kid": None}, "malformed-token"),
    "a key that is a number": ({"kid": 1}, "malformed-token"),
    "an unknown key": ({"kid": "key-2"}, "unknown-signing-key"),
    "a key that is a path": ({"kid": "../../dev/null"}, "unknown-signing-key"),
    "an extension that must be understood": ({"crit": ["exp"], "exp": 1}, "malformed-token"),
    "an empty crit": ({"crit": []}, "malformed-token"),
    "a key of its own": ({"jwk": SigningKey("key-1").public_jwk()}, "malformed-token"),
    "an address of keys": ({"jku": "https://evil.example/jwks"}, "malformed-token"),
    "an address of certificates": ({"x5u": "https://evil.example/x5u"}, "malformed-token"),
    "certificates": ({"x5c": ["MIIB"]}, "malformed-token"),
    "a payload without base64": ({"b64": False, "crit": ["b64"]}, "malformed-token"),
    "compressed": ({"zip": "DEF"}, "malformed-token"),
    "nested": ({"cty": "JWT"}, "malformed-token"),
    "another type": ({"typ": "at+jwt"}, "malformed-token"),
}

TEXTS: dict[str, tuple[Hostile, str]] = {
    "an empty signature": (_signed(by=lambda _key, _message: b""), "malformed-token"),
    "none with no signature": (_signed(header=_NONE, by=lambda _key, _message: b""), "malformed-token"),
    "HS256 by the public key": (
        _signed(header=_HS256, by=lambda key, message: key.signature_by_public_key(message)),
        "wrong-signature",
    ),
    "another cluster's key of the same ID": (
        _signed(by=lambda _key, message: SigningKey("key-1").signature(message)),
        "wrong-signature",
    ),
    "RS256 signed by a curve": (
        _signed(by=lambda _key, message: SigningKey("k", curve=ec.SECP256R1()).signature(message)),
        "wrong-signature",
    ),
    "a signature of another token": (lambda issuer: _with_signature_of(issuer, exp=NOW + 3500), "wrong-signature"),
    "a signature that lost a byte": (
        _signed(by=lambda key, message: key.signature(message)[:-1]),
        "wrong-signature",
    ),
    "padding": (_good_and("="), "malformed-token"),
    "a fourth part": (_good_and(".e30"), "malformed-token"),
    "two parts": (lambda issuer: issuer.sign(claims_of_pod()).rpartition(b".")[0], "malformed-token"),
    "a blank at its end": (_good_and(" "), "malformed-token"),
    "a line break at its end": (_good_and("\n"), "malformed-token"),
    "base64 with plus": (
        lambda issuer: issuer.sign(claims_of_pod()).replace(b"-", b"+").replace(b"_", b"/"),
        "malformed-token",
    ),
    "huge": (lambda issuer: issuer.sign(claims_of_pod(warnafter="x" * 4000)), "malformed-token"),
    "a JWS in JSON": (lambda _: json.dumps({"payload": base64url(_CLAIMS.encode())}).encode(), "malformed-token"),
    "an encrypted JWT": (lambda _: b"eyJhbGciOiJkaXIifQ..e30.e30.e30", "malformed-token"),
    "alg twice": (_signed(header='{"alg":"none","alg":"RS256","kid":"key-1"}'), "malformed-token"),
    "aud twice": (_signed('{"aud":["x"],' + _CLAIMS[1:]), "malformed-token"),
    "aud twice, once by an escape": (_signed('{"a\\u0075d":["x"],' + _CLAIMS[1:]), "malformed-token"),
    "a member twice, deep inside": (
        _signed(_CLAIMS.replace('"name": "invoice-bot"', '"name":"a","name":"invoice-bot"')),
        "malformed-token",
    ),
    "NaN": (_signed(_CLAIMS[:-1] + ',"warnafter":NaN}'), "malformed-token"),
    "Infinity": (_signed(_CLAIMS[:-1] + ',"warnafter":-Infinity}'), "malformed-token"),
    "UTF-16": (_signed(_CLAIMS.encode("utf-16")), "malformed-token"),
    "a byte order mark": (_signed(header=b"\xef\xbb\xbf" + _RS256.encode()), "malformed-token"),
    "bytes that are no UTF-8": (_signed(_CLAIMS.encode() + b"\xff"), "malformed-token"),
    "nested a thousand deep": (_signed('{"a":' + "[" * 1000 + "]" * 1000 + "}"), "malformed-token"),
    "text behind its end": (_signed(_CLAIMS + "{}"), "malformed-token"),
    "a list": (_signed(f"[{_CLAIMS}]"), "malformed-token"),
    "no JSON": (_signed("aud=pharia-access/invoice-bot"), "malformed-token"),
}
"""Whole texts that no API server makes."""
