"""What bars a minted token whose life is not over: its credential, and whatever else the verifier refuses it for.

The condition `Active` follows the verifier's own rules (`domain.usability`). The phase stays: a suspension may end, and
a token holds its place of `maxTokens` meanwhile.
"""

from datetime import datetime

from pharia_access.domain.conditions import find
from pharia_access.domain.lifecycle.decisions import Observed, WriteStatus
from pharia_access.domain.lifecycle.token_status import active_status
from pharia_access.domain.lifetime import expiring_soon_at
from pharia_access.domain.model import Phase, Token
from pharia_access.domain.usability import BY_CREDENTIAL, Facts, Unusable, objection, unusable

__all__ = ["bar", "tell_what_bars_it"]


def bar(observed: Observed, now: datetime) -> Unusable | None:
    """Why the token is refused at `now`; None if it is not. A credential that cannot be understood changes nothing."""
    token = observed.token
    if observed.credential_malformed:
        return _barred_before(token)
    refusal = objection(Facts.of(token), observed.credential, now)
    return None if refusal is None else unusable(refusal, token.spec.credential_name)


def tell_what_bars_it(observed: Observed, now: datetime) -> WriteStatus | None:
    """Where nothing else is to be done, or cannot be done soon: say what bars a token, unless its status says it.

    By its condition, and not by its whole status: an older CRD keeps no `endsAt`, and that would be said for ever.
    """
    token = observed.token
    if token.status.phase is not Phase.ACTIVE or token.deleting:
        return None
    barred = bar(observed, now)
    if barred is None or _is_told(token, barred):
        return None
    soon_at = expiring_soon_at(token, observed.policy)
    return WriteStatus(active_status(token, soon=soon_at is not None and soon_at <= now, now=now, barred=barred))


def _barred_before(token: Token) -> Unusable | None:
    """What its status says of its credential: a restart alone must not call a suspended token usable."""
    known = (unusable(refusal, token.spec.credential_name) for refusal in BY_CREDENTIAL)
    return next((barred for barred in known if _is_told(token, barred)), None)


def _is_told(token: Token, barred: Unusable) -> bool:
    active = find(token.status.conditions, "Active")
    return active is not None and (active.status, active.reason) == ("False", barred.reason)
