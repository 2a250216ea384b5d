"""Decides what to do with an ApiToken: an ordered tuple of small rules, read from top to bottom.

Rules are total: each is safe on any input, so their order is priority, not a precondition. The same `decide` serves
events, lists and live reads.
"""

from datetime import datetime

from pharia_access.domain.lifecycle.bar_rules import bar, report_blocker
from pharia_access.domain.lifecycle.cleanup_rules import clean_up
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
from pharia_access.domain.lifetime import expiry, next_end
from pharia_access.domain.reasons import DeliveryState, Reason

__all__ = ["RULES", "decide"]


def decide(observed: Observed, now: datetime) -> Decision:
    """Return what to do next. Carry it out and ask again: InSync ends the round."""
    answer = next((answer for rule in RULES if (answer := rule(observed, now)) is not None), InSync())
    if isinstance(answer, InSync):
        return report_blocker(observed, now) or _disown(observed, answer) or clean_up(observed, answer, now)
    return answer


def keep_what_is_active(observed: Observed, now: datetime) -> Decision | None:
    """Follow the one-time Secret of a live token, and warn before the expiry."""
    token = observed.token
    soon_at = observed.warn_at
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
    # The deadline of a held Secret has passed: the probes look after it, since a timer would fire at once again.
    end = next_end(token) if observed.held is None else expiry(token)
    moments = (end, None if soon else soon_at)
    return InSync(min((moment for moment in moments if moment is not None), default=None))


def _disown(observed: Observed, answer: InSync) -> RemoveOwner | None:
    """Remove the owner reference of versions up to 0.2.0: it makes a copy of the token garbage."""
    token = observed.token
    recorded = token.status.credential
    if token.deleting or recorded is None:
        return None
    remaining = tuple(owner for owner in token.owners if not (owner.is_credential and owner.uid == recorded.uid))
    return None if remaining == token.owners else RemoveOwner(remaining, answer.recheck_at)


RULES: tuple[Rule, ...] = (*ENDING_RULES, *MINTING_RULES, keep_what_is_active)
"""First the rules that end a token, then those that mint, then what a live token needs. Add a new rule to a list."""
