"""When a token ends, how long it may live, when its end is near."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.lifetime import end_of_life, expiring_soon_at, expiry, longest_life, overlong_by
from pharia_access.domain.model import Policy, TokenPolicy
from tests.support.builders.domain_objects import NOW, a_minted_token, a_token

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLICY = Policy()


@pytest.mark.parametrize(
    ("ttl", "expires_at", "token_policy", "end"),
    [
        pytest.param(HOUR, None, TokenPolicy(), NOW + HOUR, id="ttl counts from the mint"),
        pytest.param(None, NOW + DAY, TokenPolicy(), NOW + DAY, id="expiresAt is absolute"),
        pytest.param(2 * DAY, NOW + DAY, TokenPolicy(), NOW + DAY, id="the earlier of both counts"),
        pytest.param(HOUR, NOW + DAY, TokenPolicy(), NOW + HOUR, id="whichever that is"),
        pytest.param(None, None, TokenPolicy(), NOW + 90 * DAY, id="with neither the cluster's default"),
        pytest.param(None, None, TokenPolicy(default_ttl=DAY), NOW + DAY, id="or the credential's"),
        pytest.param(None, None, TokenPolicy(max_ttl=HOUR), NOW + HOUR, id="a default is never above the maximum"),
        pytest.param(HOUR, None, TokenPolicy(default_ttl=DAY), NOW + HOUR, id="what was asked for beats a default"),
    ],
)
def test_the_end_of_a_life(
    ttl: timedelta | None, expires_at: datetime | None, token_policy: TokenPolicy, end: datetime
) -> None:
    spec = a_token(ttl=ttl, expires_at=expires_at).spec

    assert end_of_life(spec, policy=POLICY, token_policy=token_policy, issued_at=NOW) == end


@pytest.mark.parametrize(
    ("ttl", "token_policy", "excess"),
    [
        pytest.param(8784 * HOUR, TokenPolicy(), None, id="the maximum itself is allowed"),
        pytest.param(8785 * HOUR, TokenPolicy(), HOUR, id="an hour more is not"),
        pytest.param(2 * HOUR, TokenPolicy(max_ttl=HOUR), HOUR, id="the credential may allow less"),
        pytest.param(8785 * HOUR, TokenPolicy(max_ttl=10_000 * HOUR), HOUR, id="but not more than the cluster"),
    ],
)
def test_what_is_too_long(ttl: timedelta, token_policy: TokenPolicy, excess: timedelta | None) -> None:
    moment = NOW + timedelta(milliseconds=700)

    assert overlong_by(a_token(ttl=ttl).spec, policy=POLICY, token_policy=token_policy, now=moment) == excess


def test_the_longest_life_is_the_shorter_of_both_maximums() -> None:
    assert longest_life(POLICY, TokenPolicy(max_ttl=HOUR)) == HOUR
    assert longest_life(POLICY, TokenPolicy()) == 8784 * HOUR


def test_an_end_that_was_brought_forward_counts() -> None:
    token = a_minted_token()

    assert expiry(token) == NOW + 30 * DAY
    assert expiry(replace(token, spec=replace(token.spec, expires_at=NOW + DAY))) == NOW + DAY
    assert expiry(a_token()) is None


@pytest.mark.parametrize(
    ("life", "moment"),
    [
        pytest.param(30 * DAY, NOW + 23 * DAY, id="a week before"),
        pytest.param(14 * DAY, None, id="a life of twice the lead gets no warning"),
        pytest.param(14 * DAY + HOUR, NOW + 7 * DAY + HOUR, id="a little more does"),
    ],
)
def test_when_to_warn(life: timedelta, moment: datetime | None) -> None:
    assert expiring_soon_at(a_minted_token(life=life), POLICY) == moment


def test_an_end_that_was_brought_forward_is_not_warned_of() -> None:
    token = a_minted_token(a_token(expires_at=NOW + 20 * DAY), life=30 * DAY)

    assert expiry(token) == NOW + 20 * DAY
    assert expiring_soon_at(token, POLICY) is None
