"""The expiry of a token, its longest lifetime, and the time of the warning. All bounds are policy."""

from datetime import datetime, timedelta

from pharia_access.domain.model import DeliveryState, Phase, Policy, Token, TokenPolicy, TokenSpec
from pharia_access.domain.times import whole_seconds

__all__ = ["end_of_life", "expiring_soon_at", "expiry", "longest_life", "next_end", "noted_end", "overlong_by"]


def longest_life(policy: Policy, token_policy: TokenPolicy) -> timedelta:
    """Return the longest lifetime of a token: the cluster's maximum, or the credential's if that is shorter."""
    return policy.max_ttl if token_policy.max_ttl is None else min(policy.max_ttl, token_policy.max_ttl)


def end_of_life(spec: TokenSpec, *, policy: Policy, token_policy: TokenPolicy, issued_at: datetime) -> datetime:
    """Return the expiry of a token that was issued at that moment.

    `ttl` counts from the mint, `expiresAt` is absolute, the earlier of the two counts. A spec with neither gets the
    credential's default, else the cluster's; a default is never longer than the maximum.
    """
    ends = [] if spec.expires_at is None else [spec.expires_at]
    if spec.ttl is not None:
        ends.append(issued_at + spec.ttl)
    if not ends:
        default = policy.default_ttl if token_policy.default_ttl is None else token_policy.default_ttl
        ends.append(issued_at + min(default, longest_life(policy, token_policy)))
    return whole_seconds(min(ends))


def overlong_by(spec: TokenSpec, *, policy: Policy, token_policy: TokenPolicy, now: datetime) -> timedelta | None:
    """Return by how much a lifetime that starts now exceeds the longest one, or None."""
    now = whole_seconds(now)
    end = end_of_life(spec, policy=policy, token_policy=token_policy, issued_at=now)
    excess = end - now - longest_life(policy, token_policy)
    return excess if excess > timedelta(0) else None


def expiry(token: Token) -> datetime | None:
    """Return the expiry in whole seconds: the mint's, or the spec's `expiresAt` if that is earlier."""
    ends = [whole_seconds(end) for end in (token.status.expires_at, token.spec.expires_at) if end is not None]
    return min(ends, default=None)


def noted_end(token: Token, phase: Phase, now: datetime) -> datetime | None:
    """Return `status.endsAt`: the expiry, or for a token that ended earlier the time at which that was noted, once."""
    end = expiry(token)
    if phase in {Phase.PENDING, Phase.ACTIVE}:
        return end
    if token.status.phase in {Phase.EXPIRED, Phase.REVOKED, Phase.FAILED}:
        return token.status.ends_at or end
    noted = whole_seconds(now)
    return noted if end is None else min(end, noted)


def next_end(token: Token) -> datetime | None:
    """Return the earlier of the token's expiry and the end of an open window."""
    delivery = token.status.delivery
    available = delivery is not None and delivery.state is DeliveryState.AVAILABLE
    ends = (expiry(token), delivery.deadline if available and delivery is not None else None)
    return min((end for end in ends if end is not None), default=None)


def expiring_soon_at(token: Token, policy: Policy) -> datetime | None:
    """Return when to warn of the expiry. A lifetime of at most twice the lead gets no warning.

    Nor does an end that was brought forward, as by a rotation: whoever did so knows of it.
    """
    issued_at, fixed, end = token.status.issued_at, token.status.expires_at, expiry(token)
    if issued_at is None or fixed is None or end is None or end < whole_seconds(fixed):
        return None
    if fixed - issued_at <= 2 * policy.warn_before:
        return None
    return end - policy.warn_before
