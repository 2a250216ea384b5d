"""Whether an ended token is deleted: only if a setting says so, and nobody would create it again."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pharia_access.domain.gitops import MANAGERS, RELEASE_NAME
from pharia_access.domain.lifecycle.decisions import DeleteToken, InSync, Observed
from pharia_access.domain.model import DeliveryState, Phase, Policy, Token

__all__ = ["clean_up"]

_OVER: Final = frozenset({Phase.EXPIRED, Phase.REVOKED, Phase.FAILED})


def clean_up(observed: Observed, answer: InSync, now: datetime) -> DeleteToken | InSync:
    """Delete a token that ended long enough ago, or look again at that time. `answer`: nothing else is due."""
    token, keep = observed.token, observed.policy.delete_ended_after
    ended = token.status.ends_at
    if keep is None or ended is None or token.status.phase not in _OVER or _is_kept(token, observed.policy):
        return answer
    due = ended + keep
    if due <= now:
        return DeleteToken(ended=True)
    return replace(answer, recheck_at=due if answer.recheck_at is None else min(due, answer.recheck_at))


def _is_kept(token: Token, policy: Policy) -> bool:
    """Return whether somebody would create it again, or still needs what its status says."""
    delivery = token.status.delivery
    return (
        token.deleting
        or (delivery is not None and delivery.state is DeliveryState.AVAILABLE)  # finalizers hold its Secret
        or policy.declared_elsewhere(token)
        or policy.restored(token.labels)
        or not MANAGERS.isdisjoint(token.managers)
        or RELEASE_NAME in token.annotations
    )
