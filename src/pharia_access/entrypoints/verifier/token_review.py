"""`POST /tokenreview`: webhook token authentication of a kube-apiserver (authentication.k8s.io/v1).

The API server trusts user and groups literally, so both have our prefix: a role called `system:masters` makes nobody an
administrator. The endpoint has its own port, with TLS and client certificates.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

import msgspec

from pharia_access.entrypoints.verifier.answers import HttpAnswer, json_answer, refusal_answer
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied

__all__ = ["REQUIREMENT", "Review", "answer_review", "bad_review", "parse_review", "wanted_audiences"]

REQUIREMENT: Final = "permission=AccessKubernetes"

_API_VERSION: Final = "authentication.k8s.io/v1"
_KIND: Final = "TokenReview"


class _Spec(msgspec.Struct):
    token: str = ""
    audiences: list[str] | None = None


class Review(msgspec.Struct):
    """The question. Its repr hides the token."""

    apiVersion: str  # noqa: N815 - the name on the wire
    kind: str
    spec: _Spec

    def __repr__(self) -> str:
        return "<TokenReview>"


_decoder = msgspec.json.Decoder(Review)


def parse_review(body: bytes) -> Review | None:
    """Decode a TokenReview of our version. Return None for anything else."""
    try:
        review = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return review if (review.apiVersion, review.kind) == (_API_VERSION, _KIND) else None


def bad_review() -> HttpAnswer:
    """Answer a body that is no TokenReview."""
    return json_answer(
        HTTPStatus.BAD_REQUEST.value, msgspec.json.encode({"error": f"send a {_KIND} of {_API_VERSION}"})
    )


def wanted_audiences(review: Review, served: Sequence[str]) -> list[str] | None:
    """Return the requested audiences that we serve: empty where none is requested, None where none is ours."""
    asked = review.spec.audiences or []
    ours = [audience for audience in asked if audience in served]
    return ours if ours or not asked else None


def answer_review(result: AuthorizationResult, audiences: list[str] | None) -> HttpAnswer:
    """Answer 200 with a verdict, since the API server takes any other status for an outage; 503 only in an outage."""
    if isinstance(result, Denied):
        answer = refusal_answer(result.refusal)
        return answer if answer.status == HTTPStatus.SERVICE_UNAVAILABLE else _verdict({"authenticated": False})
    if audiences is None:
        return _verdict({"authenticated": False})
    return _verdict({"authenticated": True, "user": _user(result), "audiences": audiences})


def _user(allowed: Allowed) -> dict[str, object]:
    credential = allowed.credential
    return {
        "username": f"pharia:{credential.namespace}:{credential.name}",
        "uid": credential.uid,
        "groups": [f"pharia:role:{role}" for role in allowed.effective_roles.roles],
        "extra": {"access.pharia.ai/token-id": [allowed.token.token_id]},
    }


def _verdict(status: dict[str, object]) -> HttpAnswer:
    return json_answer(
        HTTPStatus.OK.value, msgspec.json.encode({"apiVersion": _API_VERSION, "kind": _KIND, "status": status})
    )
