"""What each gateway is answered: the identity, or a refusal in a form that it passes on."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.token_headers import TokenHeaders
from pharia_access.entrypoints.verifier.answers import BASIC_CHALLENGE, HttpAnswer, identity_answer, refusal_answer
from pharia_access.services.verifier.verifier import AuthorizationResult, Denied

__all__ = ["GatewayAnswers"]

_ENVOY_REMOVES: Final = b"x-envoy-auth-headers-to-remove"
_UNAUTHORIZED: Final = HTTPStatus.UNAUTHORIZED.value


class GatewayAnswers:
    """The answers, where clients may send a token in these headers."""

    def __init__(self, headers: TokenHeaders) -> None:
        self._removed = (_ENVOY_REMOVES, b",".join(headers.names))
        refusals = {refusal: refusal_answer(refusal) for refusal in Refusal}
        if headers.basic:
            refusals = {refusal: _with_basic(answer) for refusal, answer in refusals.items()}
        self._refusals: Mapping[Refusal, HttpAnswer] = refusals

    def usual(self, result: AuthorizationResult) -> HttpAnswer:
        """Answer who passes on what it gets."""
        return self._refusals[result.refusal] if isinstance(result, Denied) else identity_answer(result)

    def for_nginx(self, result: AuthorizationResult) -> HttpAnswer:
        """Answer nginx, which turns every status but 2xx, 401 and 403 into a 500 for the client."""
        if isinstance(result, Denied) and result.refusal is Refusal.AMBIGUOUS_CREDENTIALS:
            return self._refusals[Refusal.MALFORMED_TOKEN]
        return self.usual(result)

    def for_envoy(self, result: AuthorizationResult) -> HttpAnswer:
        """Have Envoy remove the token, whichever header carried it. Envoy keeps all other headers of the client."""
        return self.usual(result) if isinstance(result, Denied) else identity_answer(result, self._removed)


def _with_basic(answer: HttpAnswer) -> HttpAnswer:
    """Add the challenge without which git, docker and others never send what they have (RFC 9110 11.6.1)."""
    if answer.status != _UNAUTHORIZED:
        return answer
    return HttpAnswer(answer.status, (*answer.headers, BASIC_CHALLENGE), answer.body)
