"""What stands in the way of another token: an ordered tuple of rules. Where one answers, nothing is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.durations import humanize
from pharia_access.domain.grammar import counted
from pharia_access.domain.lifecycle.workload.children import MOST_LIVE, expendable_at, live_children
from pharia_access.domain.lifecycle.workload.decisions import Observed, Sight
from pharia_access.domain.lifecycle.workload.due import due
from pharia_access.domain.lifecycle.workload.timing import may_mint_at
from pharia_access.domain.lifetime import longest_life
from pharia_access.domain.model import Credential, Reason
from pharia_access.domain.times import format_time
from pharia_access.domain.workload import Why

__all__ = ["REFUSAL_RULES", "Refusal", "RefusalRule", "is_loss", "refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is made now. `recheck_at`: when that may be over by itself."""

    reason: Reason
    message: str
    stalled: bool = False
    recheck_at: datetime | None = None


RefusalRule = Callable[[Observed, datetime], Refusal | None]


def refusal(observed: Observed, now: datetime) -> Refusal | None:
    """Return why no token may be made now, or None."""
    return next((answer for rule in REFUSAL_RULES if (answer := rule(observed, now)) is not None), None)


def is_loss(observed: Observed, why: Why) -> bool:
    """Return whether a token that is made for this reason stands for a lost one, or for one that was given up."""
    status = observed.workload.status
    given_up = status.revision > (0 if status.current is None else status.current.revision)
    return given_up or why in {Why.ENDED, Why.SECRET_LOST}


def hold_what_was_restored(observed: Observed, _now: datetime) -> Refusal | None:
    """A backup brought it back without its status: nobody knows what is out."""
    workload = observed.workload
    if not observed.policy.restored(workload.labels) or workload.status.revision:
        return None
    message = (
        "This WorkloadToken was restored from a backup, so no token is made. Remove the restore label to have one "
        "made, which needs the right to mint, or delete this object."
    )
    return Refusal(Reason.RESTORED, message, stalled=True)


def wait_while_suspended(observed: Observed, _now: datetime) -> Refusal | None:
    """It is paused on purpose."""
    if not observed.workload.spec.suspended:
        return None
    return Refusal(Reason.SUSPENDED, "No token is made while spec.suspended is true.")


def wait_for_a_credential(observed: Observed, _now: datetime) -> Refusal | None:
    """The credential must be there, and neither be suspended nor on its way out."""
    name = observed.workload.spec.credential_name
    if observed.credential_invalid:
        return Refusal(
            Reason.CREDENTIAL_MALFORMED, f"ApiCredential {name} is invalid. Correct it as its conditions say."
        )
    match observed.credential:
        case None:
            message = f"ApiCredential {name} not found: create it in this namespace."
            return Refusal(Reason.CREDENTIAL_NOT_FOUND, message)
        case Credential(deleting=True):
            message = f"ApiCredential {name} is being deleted: it mints no tokens."
            return Refusal(Reason.CREDENTIAL_DELETING, message)
        case Credential(suspended=True):
            message = (
                f"ApiCredential {name} is suspended: it mints no tokens. To resume, set its spec.suspended to false."
            )
            return Refusal(Reason.CREDENTIAL_SUSPENDED, message)
        case _:
            return None


def wait_for_the_guards(observed: Observed, _now: datetime) -> Refusal | None:
    """While admission policies do not hold, anybody could have written this object."""
    if not observed.guards_objection:
        return None
    message = (
        f"No token is made: {observed.guards_objection}. Ask an administrator to restore the admission policies and "
        "CRDs of this release."
    )
    return Refusal(Reason.GUARDS_DOWN, message)


def refuse_a_life_too_long(observed: Observed, _now: datetime) -> Refusal | None:
    """Refuse instead of shortening, as for any token."""
    credential, ttl = observed.credential, observed.workload.spec.ttl
    if credential is None or ttl is None:
        return None
    longest = longest_life(observed.policy, credential.policy)
    if ttl <= longest:
        return None
    message = (
        f"No token is made: spec.ttl is {humanize(ttl - longest)} longer than the {humanize(longest)} that policy "
        "allows. Shorten spec.ttl."
    )
    return Refusal(Reason.TTL_TOO_LONG, message, stalled=True)


def leave_anothers_secret_alone(observed: Observed, _now: datetime) -> Refusal | None:
    """The Secret's name belongs to whoever had it first."""
    name = observed.workload.spec.secret.name
    held = Sight.FOREIGN if observed.answers is None else observed.answers.sight
    if observed.rival:
        message = f"WorkloadToken {observed.rival} keeps Secret {name} already. Delete one of the two."
    elif observed.secret is Sight.FOREIGN or (observed.answers is not None and held in {Sight.FOREIGN, Sight.HELD}):
        message = (
            f"A Secret named {name} exists that is not this WorkloadToken's; it was left alone. Delete it, or create a "
            "WorkloadToken with another spec.secret.name."
        )
    else:
        return None
    return Refusal(Reason.SECRET_CONFLICT, message, stalled=True)


def wait_after_a_loss(observed: Observed, now: datetime) -> Refusal | None:
    """Whoever may delete the Secret, or revoke its tokens, forces ever fewer mints."""
    why, at = due(observed, now), may_mint_at(observed.workload)
    if why is None or at is None or at <= now or not is_loss(observed, why):
        return None
    lost = observed.workload.status.lost.count
    message = f"{lost} tokens in a row were lost before their time. The next one is made at {format_time(at)}."
    return Refusal(Reason.ROTATING, message, recheck_at=at)


def wait_for_a_free_slot(observed: Observed, _now: datetime) -> Refusal | None:
    """The credential has its `maxTokens`."""
    if observed.slot_free:
        return None
    message = (
        f"ApiCredential {observed.workload.spec.credential_name} has reached its limit of active tokens. "
        "Revoke or delete one, or raise spec.tokenPolicy.maxTokens."
    )
    return Refusal(Reason.TOKEN_LIMIT_REACHED, message)


def refuse_a_sixth(observed: Observed, now: datetime) -> Refusal | None:
    """So many are live, and each was used within the hour: nobody's is ended."""
    live = live_children(observed)
    if len(live) < MOST_LIVE:
        return None
    ends = [at for child in live if (at := expendable_at(observed, child)) is not None]
    if any(at <= now for at in ends):
        return None  # that one makes room
    alive = counted(len(live), "live token")
    message = (
        f"No other token is made: this WorkloadToken has {alive}, and each was used within an hour. "
        "Have their users read the Secret anew, or wait for an end."
    )
    return Refusal(Reason.TOO_MANY_LIVE, message, stalled=True, recheck_at=min(ends, default=now + timedelta(hours=1)))


def refuse_what_is_not_delegated(observed: Observed, _now: datetime) -> Refusal | None:
    """The API server would refuse the ApiToken."""
    answers = observed.answers
    if answers is None or not answers.refusal:
        return None
    workload = observed.workload
    message = (
        f"The operator may not mint here for ApiCredential {workload.spec.credential_name}: {answers.refusal}. "
        f"Let it: kubectl access workload allow {workload.key.name} --namespace {workload.key.namespace}"
    )
    return Refusal(Reason.NOT_DELEGATED, message, stalled=True)


REFUSAL_RULES: Final[tuple[RefusalRule, ...]] = (
    hold_what_was_restored,
    wait_while_suspended,
    wait_for_a_credential,
    wait_for_the_guards,
    refuse_a_life_too_long,
    leave_anothers_secret_alone,
    wait_after_a_loss,
    wait_for_a_free_slot,
    refuse_a_sixth,
    refuse_what_is_not_delegated,
)
"""The most important first: what a person must know. The last ones ask the API server's answers."""
