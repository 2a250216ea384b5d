"""The rules that end a token for good: deleted, orphaned, revoked, failed or expired."""

from datetime import datetime

from pharia_access.domain.conditions import Condition, find
from pharia_access.domain.deletions import being_deleted
from pharia_access.domain.lifecycle.decisions import (
    Decision,
    DeleteToken,
    InSync,
    Observed,
    Rule,
    SecretCleanup,
    status_change,
)
from pharia_access.domain.lifecycle.token_status import (
    Outcome,
    status_of,
    undelivered,
    with_delivery,
    withheld,
    without_expiry_warning,
)
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import DeliveryState, Phase, Reason, TokenStatus
from pharia_access.domain.times import format_time
from pharia_access.domain.workload import is_abandoned

__all__ = ["ENDING_RULES", "end_token", "withdraw"]

_OVER = frozenset({Phase.EXPIRED, Phase.REVOKED, Phase.FAILED})


def end_what_is_being_deleted(observed: Observed, now: datetime) -> Decision | None:
    """Revoke at once and for good. Finalizers may hold the object, and its Secret, for ever."""
    token = observed.token
    if not token.deleting:
        return None
    phase = token.status.phase if token.status.phase in _OVER else Phase.REVOKED
    message = f"The ApiToken is being deleted: the token is refused. {being_deleted(token.finalizers)}"
    return end_token(observed, now, Outcome(phase or Phase.REVOKED, Reason.DELETING, message))


def end_with_its_workload_token(observed: Observed, _: datetime) -> Decision | None:
    """Delete a WorkloadToken's token that nobody controls: `--cascade=orphan` left it, or a backup brought it back.

    One that Git declares would come back, and then it is Git's.
    """
    token = observed.token
    return DeleteToken() if is_abandoned(token) and not observed.policy.tracked_by_gitops(token) else None


def end_with_its_credential(observed: Observed, _: datetime) -> Decision | None:
    """Delete the tokens of a deleted credential. Garbage collection does not: tokens carry no owner reference."""
    recorded, credential = observed.token.status.credential, observed.credential
    if recorded is None or observed.credential_invalid:
        return None
    if credential is not None and credential.uid == recorded.uid:
        return None
    if credential is not None and observed.policy.declared_elsewhere(observed.token):
        return None
    return DeleteToken()


def fail_under_a_replaced_credential(observed: Observed, now: datetime) -> Decision | None:
    """Keep a token that GitOps declares, as failed: GitOps would create a deleted one again, and that would mint."""
    recorded, credential = observed.token.status.credential, observed.credential
    if recorded is None or credential is None or credential.uid == recorded.uid:
        return None
    return end_token(
        observed,
        now,
        Outcome(
            Phase.FAILED,
            Reason.CREDENTIAL_REPLACED,
            f"ApiCredential {recorded.name} was deleted: a new one of the same name does not revive this token. "
            "Delete this ApiToken and create a new one.",
            stalled=True,
        ),
    )


def hold_what_is_revoked(observed: Observed, now: datetime) -> Decision | None:
    """Keep a revoked token revoked, whatever happens to the spec."""
    token = observed.token
    if not token.spec.revoked and token.status.phase is not Phase.REVOKED:
        return None
    message = "The token was revoked." if token.minted else "The ApiToken was revoked before a token was minted."
    return end_token(observed, now, Outcome(Phase.REVOKED, Reason.REVOKED, message, ready=True))


def hold_what_failed(observed: Observed, now: datetime) -> Decision | None:
    """Keep a failed token failed, whatever happens to the spec: a late mint would surprise people."""
    if observed.token.status.phase is not Phase.FAILED:
        return None
    reason, message = _why_it_failed(observed.token.status.conditions)
    return end_token(observed, now, Outcome(Phase.FAILED, reason, message, stalled=True))


def _why_it_failed(conditions: tuple[Condition, ...]) -> tuple[str, str]:
    """Find the reason of the failure. Ready may say InvalidSpec since; Active still has the earlier reason."""
    reported = (find(conditions, "Ready"), find(conditions, "Active"))
    known = (condition for condition in reported if condition is not None and condition.reason != Reason.INVALID_SPEC)
    why = next(known, None)
    if why is None:
        return Reason.INVALID_SPEC, "The token failed for good. Delete this ApiToken and create it again."
    return why.reason, why.message


def end_what_expired(observed: Observed, now: datetime) -> Decision | None:
    """Keep the object: GitOps would create a deleted one again, as a new live token."""
    token, moment = observed.token, expiry(observed.token)
    over = token.status.phase is Phase.EXPIRED or (moment is not None and moment <= now)
    if not over:
        return None
    when = "" if moment is None else f" at {format_time(moment)}"
    message = (
        f"The token expired{when}."
        if token.minted
        else "No token was minted: spec.expiresAt is in the past. Create an ApiToken with a later expiry."
    )
    return end_token(observed, now, Outcome(Phase.EXPIRED, Reason.EXPIRED, message, ready=True))


def end_token(observed: Observed, now: datetime, outcome: Outcome) -> Decision:
    """End a token: delete its Secret first, then write the status.

    A token that was never minted takes two steps. The first write makes any mint in progress lose its compare-and-set.
    Then a Secret that this mint left is deleted, and the second write records that.
    """
    token = observed.token
    status = without_expiry_warning(status_of(token, outcome, now))
    if not token.minted:
        return status_change(observed, status, SecretCleanup.KEEP) or _without_leftover(observed, status, now)
    cleanup = SecretCleanup.KEEP
    if status.delivery is not None and status.delivery.state is DeliveryState.AVAILABLE:
        status, cleanup = withdraw(observed, status, Reason.WITHDRAWN, now)
    return status_change(observed, status, cleanup) or InSync()


def withdraw(
    observed: Observed, status: TokenStatus, reason: Reason, now: datetime
) -> tuple[TokenStatus, SecretCleanup]:
    """Return the status after the deletion of the recorded Secret, whether the Secret is gone or held by finalizers."""
    if observed.held is not None:
        return withheld(observed.token, status, observed.held, now), SecretCleanup.KEEP
    status = with_delivery(observed.token, status, (DeliveryState.WITHDRAWN, reason), now)
    return status, SecretCleanup.DELETE_RECORDED


def _without_leftover(observed: Observed, status: TokenStatus, now: datetime) -> Decision:
    if observed.held is not None:
        return (
            status_change(observed, withheld(observed.token, status, observed.held, now), SecretCleanup.KEEP)
            or InSync()
        )
    return status_change(observed, undelivered(observed.token, status, now), SecretCleanup.DELETE_LEFTOVER) or InSync()


ENDING_RULES: tuple[Rule, ...] = (
    end_what_is_being_deleted,
    end_with_its_workload_token,
    end_with_its_credential,
    fail_under_a_replaced_credential,
    hold_what_is_revoked,
    hold_what_failed,
    end_what_expired,
)
"""The most important first."""
