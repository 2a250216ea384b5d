"""The rules that refuse a minted token before its end: its credential, or another objection of the verifier.

The condition `Active` follows the verifier's own rules (`domain.usability`). The phase stays Active: a suspension
may end, and the token keeps its slot of `maxTokens` meanwhile.
"""

from datetime import datetime

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.lifecycle.token_status import active_status
from pharia_access.domain.model import Phase, Token
from pharia_access.domain.usability import BY_CREDENTIAL, Facts, Unusable, objection, unusable

__all__ = ["bar", "report_blocker"]


def bar(observed: Observed, now: datetime) -> Unusable | None:
    """Return why the token is refused at `now`, or None. An invalid credential changes nothing."""
    token = observed.token
    if observed.credential_invalid:
        return _barred_before(token)
    refusal = objection(Facts.of(token), observed.credential, now)
    return None if refusal is None else unusable(refusal, token.spec.credential_name)


def report_blocker(observed: Observed, now: datetime) -> WriteStatus | None:
    """Write why a token is refused, unless its status says so: when no other decision is due, or can be made soon.

    Compares the condition, not the whole status: an older CRD drops `endsAt`, so the status would differ for ever.
    """
    token = observed.token
    if token.status.phase is not Phase.ACTIVE or token.deleting:
        return None
    barred = bar(observed, now)
    if barred is None or _is_told(token, barred):
        return None
    soon_at = observed.warn_at
    return WriteStatus(active_status(token, soon=soon_at is not None and soon_at <= now, now=now, barred=barred))


def _barred_before(token: Token) -> Unusable | None:
    """Return what the status says of the credential: a restart alone must not call a suspended token usable."""
    known = (unusable(refusal, token.spec.credential_name) for refusal in BY_CREDENTIAL)
    return next((barred for barred in known if _is_told(token, barred)), None)


def _is_told(token: Token, barred: Unusable) -> bool:
    active = find(token.status.conditions, "Active")
    return active is not None and (active.status, active.reason) == ("False", barred.reason)
