"""The rules for a token that has no secret yet: wait, refuse or mint."""

from datetime import datetime, timedelta

from pharia_access.domain.conditions import find
from pharia_access.domain.durations import humanize
from pharia_access.domain.lifecycle.decisions import (
    Decision,
    InSync,
    Mint,
    Observed,
    Rule,
    SecretCleanup,
    status_change,
)
from pharia_access.domain.lifecycle.ending_rules import end_token
from pharia_access.domain.lifecycle.token_status import Outcome, status_of
from pharia_access.domain.lifetime import expiry, longest_life, overlong_by
from pharia_access.domain.model import Credential, Phase, Reason

__all__ = ["MINTING_RULES"]


def hold_what_was_restored(observed: Observed, now: datetime) -> Decision | None:
    """Hold a restored token: a backup has no status, so a mint would revive expired and revoked tokens."""
    if observed.token.minted or not observed.policy.restored(observed.token.labels):
        return None
    marks = ", ".join(sorted(observed.policy.restore_labels & observed.token.labels.keys()))
    return _wait(
        observed,
        now,
        Outcome(
            Phase.PENDING,
            Reason.RESTORED,
            "No token is minted: this ApiToken was restored from a backup. "
            f"To mint a new token, remove the label {marks}. Otherwise delete this ApiToken.",
            stalled=True,
        ),
    )


def stop_waiting_too_long(observed: Observed, now: datetime) -> Decision | None:
    """Fail a token that waited too long: a forgotten token must not appear when its obstacle goes away months later."""
    since = observed.token.status.pending_since
    if observed.token.minted or since is None or now - since < observed.policy.pending_bound:
        return None
    ready = find(observed.token.status.conditions, "Ready")
    last = "" if ready is None else f" Last status: {ready.message}"
    return end_token(
        observed,
        now,
        Outcome(
            Phase.FAILED,
            Reason.PENDING_TOO_LONG,
            f"No token was minted within {humanize(observed.policy.pending_bound)}.{last} "
            "Delete this ApiToken and create it again.",
            stalled=True,
        ),
    )


def wait_for_a_credential(observed: Observed, now: datetime) -> Decision | None:
    """Wait for a credential that exists and is neither being deleted nor suspended."""
    if observed.token.minted:
        return None
    obstacle = _obstacle(observed)
    if obstacle is None:
        return None
    reason, message = obstacle
    return _wait(observed, now, Outcome(Phase.PENDING, reason, f"{message}{_besides(observed, now)}"))


def refuse_a_life_too_long(observed: Observed, now: datetime) -> Decision | None:
    """Refuse instead of shortening: a person who asked for a year must not learn of a shorter life by an outage."""
    credential, excess = observed.credential, _excess(observed, now)
    if observed.token.minted or credential is None or excess is None:
        return None
    longest = longest_life(observed.policy, credential.policy)
    return end_token(
        observed,
        now,
        Outcome(
            Phase.FAILED,
            Reason.TTL_TOO_LONG,
            f"No token was minted: the requested lifetime is {humanize(excess)} longer than the {humanize(longest)} "
            "that policy allows. Delete this ApiToken and create it again with a shorter lifetime.",
            stalled=True,
        ),
    )


def wait_for_a_free_slot(observed: Observed, now: datetime) -> Decision | None:
    """Wait while the credential has `maxTokens` active tokens; the oldest request is served first."""
    credential = observed.credential
    if observed.token.minted or observed.slot_free or credential is None:
        return None
    message = (
        f"ApiCredential {credential.key.name} has reached its limit of active tokens. "
        "Revoke or delete one, or raise spec.tokenPolicy.maxTokens."
    )
    return _wait(observed, now, Outcome(Phase.PENDING, Reason.TOKEN_LIMIT_REACHED, message))


def wait_for_the_guards(observed: Observed, now: datetime) -> Decision | None:
    """Wait while the admission policies do not hold: anybody could have requested this token, with any role."""
    if observed.token.minted or not observed.guards_objection:
        return None
    message = (
        f"No token is minted: {observed.guards_objection}. Ask an administrator to restore the admission policies and "
        "CRDs of this release; then this token is minted."
    )
    return _wait(observed, now, Outcome(Phase.PENDING, Reason.GUARDS_DOWN, message))


def mint_what_is_new(observed: Observed, _now: datetime) -> Decision | None:
    """Mint: no rule above objected."""
    if observed.token.minted or observed.credential is None:
        return None
    return Mint(observed.credential)


def _excess(observed: Observed, now: datetime) -> timedelta | None:
    """By how much the life that is asked for is longer than policy allows, or None."""
    credential, spec = observed.credential, observed.token.spec
    if credential is None:
        return None
    return overlong_by(spec, policy=observed.policy, token_policy=credential.policy, now=now)


def _besides(observed: Observed, now: datetime) -> str:
    """What would refuse the token once the wait is over. Without a number, which would change with each look."""
    if _excess(observed, now) is None:
        return ""
    return (
        " Besides, the requested lifetime is longer than policy allows: delete this ApiToken and create it again with a"
        " shorter lifetime."
    )


def _obstacle(observed: Observed) -> tuple[Reason, str] | None:
    name = observed.token.spec.credential_name
    if observed.credential_invalid:
        return (
            Reason.CREDENTIAL_MALFORMED,
            f"ApiCredential {name} is invalid. Correct it as its conditions say.",
        )
    match observed.credential:
        case None:
            return (
                Reason.CREDENTIAL_NOT_FOUND,
                f"ApiCredential {name} not found: create it in this namespace.",
            )
        case Credential(deleting=True):
            return Reason.CREDENTIAL_DELETING, f"ApiCredential {name} is being deleted: it mints no tokens."
        case Credential(suspended=True):
            return (
                Reason.CREDENTIAL_SUSPENDED,
                f"ApiCredential {name} is suspended: it mints no tokens. To resume, set its spec.suspended to false.",
            )
        case _:
            return None


def _wait(observed: Observed, now: datetime, outcome: Outcome) -> Decision:
    status = status_of(observed.token, outcome, now)
    since = status.pending_since
    moments = (expiry(observed.token), None if since is None else since + observed.policy.pending_bound)
    recheck_at = min((moment for moment in moments if moment is not None), default=None)
    # Keep a Secret that a crash left: the next mint adopts it, perhaps at this moment.
    return status_change(observed, status, SecretCleanup.KEEP) or InSync(recheck_at)


MINTING_RULES: tuple[Rule, ...] = (
    hold_what_was_restored,
    stop_waiting_too_long,
    wait_for_a_credential,
    refuse_a_life_too_long,
    wait_for_a_free_slot,
    wait_for_the_guards,
    mint_what_is_new,
)
"""The most important first. The last rule mints if no other rule objected."""
