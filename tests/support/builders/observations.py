"""What the rules see of a token, so that a case shows only what matters to it."""

from dataclasses import replace
from datetime import timedelta

from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.lifecycle.token_status import Outcome, status_of
from pharia_access.domain.model import Credential, Policy, Token
from pharia_access.domain.reasons import Phase
from tests.support.builders.domain_objects import NOW, a_credential, a_token

__all__ = ["ARGO", "GENTLE", "OTHER", "failed", "observed", "waiting"]

ARGO = {"argocd.argoproj.io/tracking-id": "app:access.pharia.ai/ApiToken:finance/ci"}
GENTLE = a_credential()
OTHER = a_credential(uid="credential-2")


def observed(
    token: Token, credential: Credential | None = GENTLE, *, gone: bool = False, free: bool = True
) -> Observed:
    return Observed(token=token, credential=credential, policy=Policy(), slot_free=free, secret_gone=gone)


def failed(reason: str, token: Token | None = None, *, stalled: bool = True) -> Token:
    token = token or a_token()
    phase = Phase.FAILED if stalled else Phase.PENDING
    return replace(token, status=status_of(token, Outcome(phase, reason, "Words.", stalled=stalled), NOW))


def waiting(since: timedelta) -> Token:
    decision = decide(observed(a_token(), None), NOW - since)
    assert isinstance(decision, WriteStatus)
    return a_token(status=decision.status)
