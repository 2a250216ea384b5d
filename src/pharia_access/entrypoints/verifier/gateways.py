"""The checks that gateways make before they forward a request: nginx, Traefik and Caddy, Envoy.

Each check has its own path, and reads `Authorization` and its requirement alone. It reads no header in which a gateway
repeats the original request, since a client may send such a header too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import HttpAnswer, identity_answer, refusal_answer
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import AuthorizationResult, Denied

__all__ = ["ENVOY_PREFIX", "GATEWAYS", "Gateway", "gateway_for"]

ENVOY_PREFIX: Final = b"/auth/envoy/"

_ANY: Final = b"any"
_ENVOY_REMOVES: Final = (b"x-envoy-auth-headers-to-remove", b"authorization")


def _answer(result: AuthorizationResult) -> HttpAnswer:
    return refusal_answer(result.refusal) if isinstance(result, Denied) else identity_answer(result)


def _nginx_answer(result: AuthorizationResult) -> HttpAnswer:
    # nginx turns every status but 2xx, 401 and 403 into a 500 for the client.
    if isinstance(result, Denied) and result.refusal is Refusal.AMBIGUOUS_CREDENTIALS:
        return refusal_answer(Refusal.MALFORMED_TOKEN)
    return _answer(result)


def _envoy_answer(result: AuthorizationResult) -> HttpAnswer:
    """Have Envoy remove the token. Envoy keeps all other headers of the client."""
    return _answer(result) if isinstance(result, Denied) else identity_answer(result, _ENVOY_REMOVES)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One protocol.

    Attributes:
        methods: the methods that it takes; None for all.
    """

    contract: Contract
    answer: Callable[[AuthorizationResult], HttpAnswer]
    methods: frozenset[bytes] | None = None


_NGINX = Gateway(Contract.NGINX, _nginx_answer, methods=frozenset({b"GET", b"HEAD"}))
_FORWARD = Gateway(Contract.FORWARD, _answer)
_ENVOY = Gateway(Contract.ENVOY, _envoy_answer)

GATEWAYS: Final = {b"/auth/nginx": _NGINX, b"/auth/forward": _FORWARD}
"""By path."""


def gateway_for(path: bytes, query: bytes) -> tuple[Gateway, str] | None:
    """Return a check's protocol and its requirement as text; None if the request is no check.

    Args:
        path: as it came, neither decoded nor normalized.
        query: without its `?`.
    """
    gateway = GATEWAYS.get(path)
    if gateway is not None:
        return gateway, query.decode("latin-1")
    if not path.startswith(ENVOY_PREFIX):
        return None
    return _ENVOY, _envoy_requirement(path)


def _envoy_requirement(path: bytes) -> str:
    """Return the segment after the prefix. Where it ends wrongly, the gateway's configuration is wrong: deny."""
    segment, slash, rest = path[len(ENVOY_PREFIX) :].partition(b"/")
    ends_well = slash and (rest == b"-" or rest.startswith(b"-/"))
    if segment == _ANY and ends_well:
        return ""
    # A leading `&` is malformed, and so is the empty segment with it.
    return segment.decode("latin-1") if segment and ends_well else "&"
