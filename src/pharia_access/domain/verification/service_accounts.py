"""A pod's ServiceAccount token as proof: what it says, read strictly, and the rules that it must pass.

A projected token is a JWT that the API server signs (RFC 7519, Kubernetes' TokenRequest). Its one audience names the
credential. Nothing here trusts a claim before the signature is verified (`signatures`), and nothing here is lenient: a
member that the API server does not write, twice the same name, another form of a number or of base64 is refused.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pharia_access.domain.holders import AUDIENCE_PREFIX
from pharia_access.domain.verdict import Refusal
from pharia_access.errors import TokenFormatError

__all__ = [
    "JWT_BEGINS",
    "MAX_JWT_BYTES",
    "RULES",
    "Bounds",
    "ClaimRule",
    "Claims",
    "judge_claims",
    "key_of",
    "read_claims",
]

MAX_JWT_BYTES: Final = 4096
"""The longest token of a ServiceAccount. One of a pod has some 1,100 bytes."""
JWT_BEGINS: Final = b"eyJ"
"""How each JWT begins: `{"` in base64url. No token of ours does."""

_JWT: Final = re.compile(rb"(eyJ[\w-]+)\.(eyJ[\w-]+)\.([\w-]+)", re.ASCII)
_LABEL: Final = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_NAME: Final = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_NAMESPACE: Final = re.compile(_LABEL)
_UID: Final = re.compile(r"[!-~]{1,128}")
_KEY_ID: Final = re.compile(r"[!-~]{1,256}")
_LARGEST: Final = 2**53
"""No moment is as large; beyond, readers of JSON disagree about numbers (RFC 8259 section 6)."""
_SKEW_SECONDS: Final = 60.0
"""How far the clock of an API server may be ahead of ours, for `nbf` and `iat` alone."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, if its signature is good. Times are POSIX seconds.

    Attributes:
        credential: the name that the audience holds; the credential is in the ServiceAccount's namespace.
        uid: of the ServiceAccount.
        token_id: `jti`; empty where an old API server writes none.
        pod: the name of the pod that the token is bound to; empty without one.
    """

    issuer: str
    credential: str
    namespace: str
    name: str
    uid: str
    issued_at: int
    not_before: int
    expires_at: int
    token_id: str = ""
    pod: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is asked of every token.

    Attributes:
        issuer: the only one that counts.
        life: the longest life, in seconds.
    """

    issuer: str
    life: float


def key_of(presented: bytes) -> tuple[str, str]:
    """Return the algorithm and the key's ID that the header names. Raises TokenFormatError.

    The header holds `alg`, `kid` and perhaps `typ`, as an API server writes it. So no header can bring a key or an
    address of one (`jwk`, `jku`, `x5c`, `x5u`), or an extension (`crit`).
    """
    parts = _JWT.fullmatch(presented) if len(presented) <= MAX_JWT_BYTES else None
    if parts is None:
        _refuse("no JWT of three parts")
    _decoded(parts[3])
    header = _object(_decoded(parts[1]))
    if not {"alg", "kid"} <= header.keys() <= {"alg", "kid", "typ"} or header.get("typ", "JWT") != "JWT":
        _refuse("its header holds another member than alg, kid and typ")
    return _text(header["alg"], _KEY_ID), _text(header["kid"], _KEY_ID)


def read_claims(presented: bytes) -> Claims:
    """Read what a token says, whose signature is good. Raises TokenFormatError."""
    parts = _JWT.fullmatch(presented)
    if parts is None:
        _refuse("no JWT of three parts")
    claims = _object(_decoded(parts[2]))
    kubernetes = _member(claims, "kubernetes.io")
    account = _member(kubernetes, "serviceaccount")
    namespace, name = _text(kubernetes.get("namespace"), _NAMESPACE), _text(account.get("name"), _NAME)
    if claims.get("sub") != f"system:serviceaccount:{namespace}:{name}":
        _refuse("its subject is another than its ServiceAccount")
    token_id = claims.get("jti", "")
    return Claims(
        issuer=_text(claims.get("iss"), None),
        credential=_credential(claims.get("aud")),
        namespace=namespace,
        name=name,
        uid=_text(account.get("uid"), _UID),
        issued_at=_moment(claims.get("iat")),
        not_before=_moment(claims.get("nbf")),
        expires_at=_moment(claims.get("exp")),
        token_id=_text(token_id, _UID) if token_id != "" else "",
        pod=_text(_member(kubernetes, "pod").get("name"), _NAME) if "pod" in kubernetes else "",
    )


ClaimRule = Callable[[Claims, Bounds, float], Refusal | None]
"""Objects to the claims at a moment. Safe on any claims, so that the order of rules is priority and nothing else."""


def judge_claims(claims: Claims, bounds: Bounds, now: float, *, rules: tuple[ClaimRule, ...]) -> Refusal | None:
    """Return the first objection to what a signed token says; None if it counts at `now`."""
    for rule in rules:
        refusal = rule(claims, bounds, now)
        if refusal is not None:
            return refusal
    return None


def _another_issuer(claims: Claims, bounds: Bounds, _now: float) -> Refusal | None:
    return Refusal.WRONG_ISSUER if not bounds.issuer or claims.issuer != bounds.issuer else None


def _another_audience(claims: Claims, _bounds: Bounds, _now: float) -> Refusal | None:
    return None if claims.credential else Refusal.WRONG_AUDIENCE


def _lives_too_long(claims: Claims, bounds: Bounds, _now: float) -> Refusal | None:
    return None if 0 < claims.expires_at - claims.issued_at <= bounds.life else Refusal.LIVES_TOO_LONG


def _not_yet_valid(claims: Claims, _bounds: Bounds, now: float) -> Refusal | None:
    # Written so that a NaN means not yet.
    return None if max(claims.not_before, claims.issued_at) <= now + _SKEW_SECONDS else Refusal.NOT_YET_VALID


def _expired(claims: Claims, _bounds: Bounds, now: float) -> Refusal | None:
    return None if now < claims.expires_at else Refusal.EXPIRED


RULES: Final[tuple[ClaimRule, ...]] = (
    _another_issuer,
    _another_audience,
    _lives_too_long,
    _not_yet_valid,
    _expired,  # last: the only one that a new token of the same pod mends
)
"""The rules that judge every signed token, most important first."""


def _credential(audience: object) -> str:
    """Return the credential that the only audience names; nothing, where it is another's or one of several."""
    named = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    if not isinstance(named, str) or not named.startswith(AUDIENCE_PREFIX):
        return ""
    name = named.removeprefix(AUDIENCE_PREFIX)
    return name if _NAME.fullmatch(name) else ""


def _decoded(part: bytes) -> bytes:
    """Decode base64url without padding (RFC 7515 section 2). Each value has one spelling: no stray bits at the end."""
    padded = part + b"=" * (-len(part) % 4)
    try:
        value = urlsafe_b64decode(padded)
    except ValueError:
        _refuse("a part of it is no base64url")
    if urlsafe_b64encode(value) != padded:
        _refuse("a part of it is no base64url")
    return value


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = _READER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        _refuse("a part of it is no JSON, or names a member twice")
    if not isinstance(value, dict):
        _refuse("a part of it is no JSON object")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        message = "a member is there twice"
        raise ValueError(message)
    return members


def _no_constant(_text: str) -> None:
    message = "NaN and Infinity are no JSON"
    raise ValueError(message)


_READER: Final = json.JSONDecoder(object_pairs_hook=_once_each, parse_constant=_no_constant)


def _member(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if not isinstance(value, dict):
        _refuse(f"it says nothing of {name}")
    return value


def _text(value: object, shape: re.Pattern[str] | None) -> str:
    if not isinstance(value, str) or (shape is not None and not shape.fullmatch(value)):
        _refuse("a claim is no text of its form")
    return value


def _moment(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        _refuse("a moment is no whole number of seconds")
    return value


def _refuse(why: str) -> NoReturn:
    message = f"not a ServiceAccount's token: {why}"
    raise TokenFormatError(message) from None
