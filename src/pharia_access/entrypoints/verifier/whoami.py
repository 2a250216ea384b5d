"""`GET /whoami`: for a person or a program that holds a token and asks what it is worth."""

from http import HTTPStatus

import msgspec

from pharia_access.domain.verification import Refusal
from pharia_access.entrypoints.verifier.answers import Answer, json_answer, refusal_answer
from pharia_access.services.gate import Decision

__all__ = ["answer_whoami"]


def answer_whoami(decision: Decision) -> Answer:
    """The credential, the token's ID, roles, permissions and the end; 401 for a bad token."""
    accepted = decision.accepted
    if accepted is None:
        return refusal_answer(decision.refusal or Refusal.OVERLOADED)
    holder, token, held = accepted.holder, accepted.token, accepted.held
    body = {
        "credential": {"namespace": holder.namespace, "name": holder.name, "uid": holder.uid},
        "tokenID": token.token_id,
        "roles": held.roles,
        "permissions": [{"permission": entry.name, **dict(entry.fields)} for entry in held.permissions],
        "expiresAt": token.ends_text,
    }
    return json_answer(HTTPStatus.OK.value, msgspec.json.encode(body))
