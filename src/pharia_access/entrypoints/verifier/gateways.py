"""The checks that gateways make before they forward a request: nginx, Traefik and Caddy, Envoy.

Each check has its own path, and reads its token and its requirement alone: `Authorization`, and other headers where an
administrator lists them (`check_headers`). It reads no header in which a gateway repeats the original request, since a
client may send such a header too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pharia_access.domain.verification.token_headers import TokenHeaders
from pharia_access.entrypoints.verifier.answers import HttpAnswer
from pharia_access.entrypoints.verifier.gateway_answers import GatewayAnswers
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import AuthorizationResult

__all__ = ["ENVOY_PREFIX", "Gateway", "Gateways"]

ENVOY_PREFIX: Final = b"/auth/envoy/"

_ANY: Final = b"any"


@dataclass(frozen=True, slots=True)
class Gateway:
    """One protocol.

    Attributes:
        methods: the methods that it takes; None for all.
    """

    contract: Contract
    answer: Callable[[AuthorizationResult], HttpAnswer]
    methods: frozenset[bytes] | None = None


class Gateways:
    """The protocols, as they answer where clients may send a token in these headers.

    Attributes:
        by_path: those that have a path of their own.
    """

    def __init__(self, token_headers: TokenHeaders | None = None) -> None:
        answers = GatewayAnswers(token_headers or TokenHeaders())
        self.by_path: Mapping[bytes, Gateway] = {
            b"/auth/nginx": Gateway(Contract.NGINX, answers.for_nginx, methods=frozenset({b"GET", b"HEAD"})),
            b"/auth/forward": Gateway(Contract.FORWARD, answers.usual),
        }
        self._envoy = Gateway(Contract.ENVOY, answers.for_envoy)

    def find(self, path: bytes, query: bytes) -> tuple[Gateway, str] | None:
        """Return a check's protocol and its requirement as text; None if the request is no check.

        Args:
            path: as it came, neither decoded nor normalized.
            query: without its `?`.
        """
        gateway = self.by_path.get(path)
        if gateway is not None:
            return gateway, query.decode("latin-1")
        if not path.startswith(ENVOY_PREFIX):
            return None
        return self._envoy, _envoy_requirement(path)


def _envoy_requirement(path: bytes) -> str:
    """Return the segment after the prefix. Where it ends wrongly, the gateway's configuration is wrong: deny."""
    segment, slash, rest = path[len(ENVOY_PREFIX) :].partition(b"/")
    ends_well = slash and (rest == b"-" or rest.startswith(b"-/"))
    if segment == _ANY and ends_well:
        return ""
    # A leading `&` is malformed, and so is the empty segment with it.
    return segment.decode("latin-1") if segment and ends_well else "&"
