"""What the command line says of a token now, whatever the operator has noted: by the verifier's own rules."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.reasons import Reason
from pharia_access.domain.usability import Facts, Unusable, objection, unusable
from pharia_access.domain.verdict_facts import CredentialFacts

__all__ = ["UNSEEN", "Unseen", "judged"]


@dataclass(frozen=True, slots=True)
class Unseen:
    """A credential that one may not read: of it only what the operator has noted is known."""


UNSEEN: Final = Unseen()


def judged(token: TokenSummary, credential: CredentialSummary | Unseen | None, now: datetime) -> TokenSummary:
    """The token with why it is unusable at `now`. `credential`: the one of that name, None if there is none."""
    why = _unusable(token, credential, now)
    return token if why == token.unusable else replace(token, unusable=why)


@dataclass(frozen=True, slots=True)
class _Presumed:
    """The credential of a token, with nothing against it."""

    uid: str
    suspended: bool = False
    deleting: bool = False


def _unusable(token: TokenSummary, credential: CredentialSummary | Unseen | None, now: datetime) -> Unusable | None:
    if not token.minted or token.issued is None:
        return Unusable(Reason.REVOKED, "it is revoked") if token.revoked else None
    facts = Facts.at(
        credential_uid=token.credential_uid,
        issued=token.issued,
        ends=token.ends,
        revoked=token.revoked,
        deleting=token.deleting,
    )
    credential_facts: CredentialFacts | None = (
        _Presumed(token.credential_uid) if isinstance(credential, Unseen) else credential
    )
    refusal = objection(facts, credential_facts, now)
    if refusal is not None:
        return unusable(refusal, token.credential)
    return _noted(token) if isinstance(credential, Unseen) else None


def _noted(token: TokenSummary) -> Unusable | None:
    """As the operator has it, of a token whose credential is unseen."""
    reason, message = token.noted_why
    return Unusable(reason or "Unknown", message or "the operator says so") if token.noted == "False" else None
