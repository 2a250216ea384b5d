"""The rules for a token that has no secret yet: whether it waits, is refused, or is minted now."""

from datetime import datetime

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
    """A backup holds no status: minting would turn expired and revoked tokens into live ones."""
    if observed.token.minted or not observed.policy.restored(observed.token):
        return None
    marks = ", ".join(sorted(observed.policy.restore_labels & observed.token.labels.keys()))
    return _wait(
        observed,
        now,
        Outcome(
            Phase.PENDING,
            Reason.RESTORED,
            f"This ApiToken came out of a backup, so nothing is minted. To mint a new token, remove the label {marks}; "
            "else delete it.",
            stalled=True,
        ),
    )


def stop_waiting_too_long(observed: Observed, now: datetime) -> Decision | None:
    """A token nobody remembers must not appear when its obstacle goes away, months later."""
    since = observed.token.status.pending_since
    if observed.token.minted or since is None or now - since < observed.policy.pending_bound:
        return None
    ready = find(observed.token.status.conditions, "Ready")
    last = "" if ready is None else f" Last seen: {ready.message}"
    return end_token(
        observed,
        now,
        Outcome(
            Phase.FAILED,
            Reason.PENDING_TOO_LONG,
            f"Nothing was minted within {humanize(observed.policy.pending_bound)}.{last} "
            "Delete this ApiToken and create it again.",
            stalled=True,
        ),
    )


def wait_for_a_credential(observed: Observed, now: datetime) -> Decision | None:
    """A token needs a credential that exists and is neither leaving nor suspended."""
    if observed.token.minted:
        return None
    obstacle = _obstacle(observed)
    if obstacle is None:
        return None
    reason, message = obstacle
    return _wait(observed, now, Outcome(Phase.PENDING, reason, message))


def refuse_a_life_too_long(observed: Observed, now: datetime) -> Decision | None:
    """Never cut silently: a person who asked for a year should not find out by an outage."""
    credential, spec = observed.credential, observed.token.spec
    if observed.token.minted or credential is None:
        return None
    excess = overlong_by(spec, policy=observed.policy, wish=credential.policy, now=now)
    if excess is None:
        return None
    longest = longest_life(observed.policy, credential.policy)
    return end_token(
        observed,
        now,
        Outcome(
            Phase.FAILED,
            Reason.TTL_TOO_LONG,
            f"Nothing was minted: the life asked for is {humanize(excess)} longer than the {humanize(longest)} that "
            "policy allows. Delete this ApiToken and create it again with a shorter life.",
            stalled=True,
        ),
    )


def wait_for_a_free_slot(observed: Observed, now: datetime) -> Decision | None:
    """A credential has at most `maxTokens` active tokens; the oldest request is served first."""
    credential = observed.credential
    if observed.token.minted or observed.slot_free or credential is None:
        return None
    message = (
        f"ApiCredential {credential.key.name} has all the active tokens that it allows. "
        "Revoke or delete one, or raise spec.tokenPolicy.maxTokens."
    )
    return _wait(observed, now, Outcome(Phase.PENDING, Reason.TOKEN_LIMIT_REACHED, message))


def wait_for_the_guards(observed: Observed, now: datetime) -> Decision | None:
    """Without the admission policies anybody could have asked for this token, with any role."""
    if observed.token.minted or not observed.guards_objection:
        return None
    message = (
        f"Nothing is minted: {observed.guards_objection}. This token is minted once an administrator has put the "
        "policies and kinds back as they were released."
    )
    return _wait(observed, now, Outcome(Phase.PENDING, Reason.GUARDS_DOWN, message))


def mint_what_is_new(observed: Observed, _now: datetime) -> Decision | None:
    """Nothing stands in the way."""
    if observed.token.minted or observed.credential is None:
        return None
    return Mint(observed.credential)


def _obstacle(observed: Observed) -> tuple[Reason, str] | None:
    name = observed.token.spec.credential_name
    if observed.credential_malformed:
        return (
            Reason.CREDENTIAL_MALFORMED,
            f"ApiCredential {name} cannot be understood: its conditions say what to correct.",
        )
    match observed.credential:
        case None:
            return (
                Reason.CREDENTIAL_NOT_FOUND,
                f"Waits for ApiCredential {name}: create it in this namespace.",
            )
        case Credential(deleting=True):
            return Reason.CREDENTIAL_DELETING, f"ApiCredential {name} is being deleted and mints nothing."
        case Credential(suspended=True):
            return (
                Reason.CREDENTIAL_SUSPENDED,
                f"ApiCredential {name} is suspended and mints nothing until spec.suspended is false.",
            )
        case _:
            return None


def _wait(observed: Observed, now: datetime, outcome: Outcome) -> Decision:
    status = status_of(observed.token, outcome, now)
    since = status.pending_since
    moments = (expiry(observed.token), None if since is None else since + observed.policy.pending_bound)
    recheck_at = min((moment for moment in moments if moment is not None), default=None)
    # A Secret that a crash left is not touched: the mint that this waits for adopts it, perhaps at this very moment.
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
"""The most important first. The last one mints, if no other stood in the way."""
