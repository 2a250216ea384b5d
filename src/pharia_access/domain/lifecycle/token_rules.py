"""What to do with an ApiToken: an ordered tuple of small rules, read from top to bottom.

Rules are total: safe on any input, so that their order is priority and not a precondition. The same `decide` judges
an event, a list and a live read.
"""

from datetime import datetime

from pharia_access.domain.lifecycle.bar_rules import bar, tell_what_bars_it
from pharia_access.domain.lifecycle.decisions import (
    Decision,
    InSync,
    Observed,
    RemoveOwner,
    Rule,
    SecretCleanup,
    WriteStatus,
)
from pharia_access.domain.lifecycle.ending_rules import ENDING_RULES, withdraw
from pharia_access.domain.lifecycle.minting_rules import MINTING_RULES
from pharia_access.domain.lifecycle.token_status import active_status, with_delivery
from pharia_access.domain.lifetime import expiring_soon_at, expiry, next_end
from pharia_access.domain.reasons import DeliveryState, Reason

__all__ = ["RULES", "decide"]


def decide(observed: Observed, now: datetime) -> Decision:
    """What to do next. After doing it, ask again: InSync ends the round."""
    answer = next((answer for rule in RULES if (answer := rule(observed, now)) is not None), InSync())
    if isinstance(answer, InSync):
        return tell_what_bars_it(observed, now) or _disown(observed, answer) or answer
    return answer


def keep_what_is_active(observed: Observed, now: datetime) -> Decision | None:
    """A live token: follow its one-time Secret, and warn before the end."""
    token = observed.token
    soon_at = expiring_soon_at(token, observed.policy)
    soon = soon_at is not None and soon_at <= now
    status = active_status(token, soon=soon, now=now, barred=bar(observed, now))
    delivery, cleanup = token.status.delivery, SecretCleanup.KEEP
    available = delivery is not None and delivery.state is DeliveryState.AVAILABLE
    if available and observed.secret_gone:
        status = with_delivery(token, status, (DeliveryState.COLLECTED, Reason.COLLECTED), now)
    elif available and delivery is not None and delivery.deadline <= now:
        status, cleanup = withdraw(observed, status, Reason.WINDOW_CLOSED, now)
    if status != token.status:
        return WriteStatus(status, cleanup)
    # What is held was due in the past: the probes look after it, and no clock that would strike at once again.
    end = next_end(token) if observed.held is None else expiry(token)
    moments = (end, None if soon else soon_at)
    return InSync(min((moment for moment in moments if moment is not None), default=None))


def _disown(observed: Observed, answer: InSync) -> RemoveOwner | None:
    """Versions up to 0.2.0 had a credential own its tokens: a copy of such a token is garbage once it is gone."""
    token = observed.token
    recorded = token.status.credential
    if token.deleting or recorded is None:
        return None
    remaining = tuple(owner for owner in token.owners if not (owner.is_credential and owner.uid == recorded.uid))
    return None if remaining == token.owners else RemoveOwner(remaining, answer.recheck_at)


RULES: tuple[Rule, ...] = (*ENDING_RULES, *MINTING_RULES, keep_what_is_active)
"""First whether the token is over, then whether it is minted, then what a live one needs. A new rule joins a list."""
