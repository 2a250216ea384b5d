"""A token's phase and verdict, its one-time Secret and its revocation, in words."""

from datetime import datetime

from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.entrypoints.kubectl.moments import moment

__all__ = ["agrees", "identity", "phase_of", "revocation", "secret_state", "usable"]

_NOT_NOTED = " (not yet recorded by the operator)"


def identity(token: TokenSummary) -> list[tuple[str, str]]:
    """Which token it is, and whether it is good: how every description of one begins."""
    return [
        ("Name", token.key.name),
        ("Namespace", token.key.namespace),
        ("ID", token.token_id),
        ("Credential", token.credential),
        ("Kept by", f"workload token {token.keeper}" if token.keeper else ""),
        ("Description", token.description),
        ("Phase", phase_of(token)),
        ("Usable", usable(token)),
    ]


def phase_of(token: TokenSummary) -> str:
    """Its phase in words, whatever bars it beside that."""
    observed = token.phase or token.deleting
    return ("Deleting" if token.deleting else token.phase) if observed else "Pending (no operator has seen it yet)"


def usable(token: TokenSummary) -> str:
    """Whether a verifier accepts it, and why not; empty where nothing is minted, and nobody revoked it."""
    if not (token.minted or token.revoked):
        return ""
    answer = "yes" if token.unusable is None else f"no: {token.unusable.why}"
    return answer if agrees(token) else answer + _NOT_NOTED


def agrees(token: TokenSummary) -> bool:
    """Whether the operator has noted the same."""
    return not token.noted or (token.noted == "True") is (token.unusable is None) or not token.minted


def revocation(token: TokenSummary) -> str:
    """When it was revoked, by what program and why; empty where it was not."""
    revoked = token.revocation
    if revoked is None:
        return ""
    by = f"by {revoked.manager}" if revoked.manager else ""
    when = " ".join(part for part in (moment(revoked.at), by) if part) or "yes"
    return f"{when}: {revoked.reason}" if revoked.reason else when


def secret_state(token: TokenSummary, now: datetime) -> str:
    """What became of the one-time Secret."""
    if token.collected is not None:
        return f"collected at {moment(token.collected)}, or up to five minutes before"
    if token.delivery != "Available":
        return token.delivery.lower()
    until_then = moment(token.deadline)
    if token.deadline is not None and token.deadline <= now:
        still = f"{token.secret_name} should have been deleted at {until_then} and still exists"
        return f"{still} (see the condition Delivered)"
    return f"can be collected until {until_then}"
