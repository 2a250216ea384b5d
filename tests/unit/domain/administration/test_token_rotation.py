"""Which tokens are rotated, what stands in the way, how long what replaces one lives."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.next_steps import (
    CollectIfUntaken,
    CreateToken,
    EndToken,
    NameShorterLife,
    RaiseMaxTokens,
    RestartRotation,
    ResumeCredential,
    Step,
)
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.administration.token_rotation import (
    MintBlocker,
    TokenRotation,
    expiring,
    is_later,
    original_lifetime,
    replacement_name,
    replacements,
    rotation_blocker,
)
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

OLD = TokenSummary(
    ObjectKey("finance", "ci"),
    "uid-ci",
    "invoice-bot",
    NOW - 20 * DAY,
    phase="Active",
    issued=NOW - 20 * DAY,
    minted_until=NOW + 10 * DAY,
    ends=NOW + 10 * DAY,
)
NEW = replace(OLD, key=ObjectKey("finance", "ci-a1b2c"), uid="uid-new", created=NOW - DAY, replaces="ci")
KEPT = tuple(
    replace(OLD, key=ObjectKey("finance", name), uid=f"uid-{name}", keeper="app") for name in ("app-1", "app-2")
)
CREDENTIAL = CredentialSummary(ObjectKey("finance", "invoice-bot"), "uid-c", NOW - 30 * DAY, roles=("studio-user",))


@pytest.mark.parametrize(
    ("token", "lifetime"),
    [
        pytest.param(OLD, Lifetime(ttl=30 * DAY), id="as long as from its mint to its end"),
        pytest.param(replace(OLD, ends=NOW + DAY), Lifetime(ttl=30 * DAY), id="also if the end was brought forward"),
        pytest.param(replace(OLD, minted_until=None), Lifetime(), id="unknown: the credential's default"),
        pytest.param(replace(OLD, issued=None), Lifetime(), id="the same without a mint"),
    ],
)
def test_what_replaces_a_token_lives_as_long(token: TokenSummary, lifetime: Lifetime) -> None:
    assert original_lifetime(token) == lifetime


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("ci", "ci-e4f5a", id="the old name goes on"),
        pytest.param("ci-a1b2c", "ci-e4f5a", id="rotated again, it does not grow"),
        pytest.param("ci-prod1", "ci-prod1-e4f5a", id="other letters are a part of the name"),
        pytest.param("a" * 63, f"{'a' * 57}-e4f5a", id="cut to 63 characters"),
        pytest.param(f"{'a' * 56}.b", f"{'a' * 56}-e4f5a", id="not cut after a dot"),
    ],
)
def test_a_name_for_what_replaces_it(name: str, expected: str) -> None:
    assert replacement_name(name, "e4f5a") == expected


@pytest.mark.parametrize(
    ("ends", "later"),
    [
        pytest.param(NOW + DAY + HOUR, True, id="after it"),
        pytest.param(NOW + DAY, False, id="at it"),
        pytest.param(NOW + HOUR, False, id="before it"),
        pytest.param(None, True, id="no end is known"),
    ],
)
def test_whether_a_token_ends_later(ends: datetime | None, *, later: bool) -> None:
    assert is_later(replace(OLD, ends=ends), NOW + DAY) is later


def ending(name: str, left: timedelta, **changed: object) -> TokenSummary:
    """A token of 30 days with so much left."""
    end = NOW + left
    token = replace(OLD, key=ObjectKey("finance", name), issued=end - 30 * DAY, minted_until=end, ends=end)
    return replace(token, **changed)  # type: ignore[arg-type] # a field each


def test_what_expires_comes_in_the_order_of_the_ends() -> None:
    first, second, third = ending("z", HOUR), ending("a", 7 * DAY), ending("b", 7 * DAY)

    assert expiring([third, second, ending("later", 8 * DAY), first], 7 * DAY, NOW) == [first, second, third]


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(ending("ci", DAY, phase="Revoked"), id="one that was revoked"),
        pytest.param(ending("ci", timedelta()), id="one whose end has come"),
        pytest.param(ending("ci", 20 * DAY, ends=NOW + DAY), id="one that somebody wants to end"),
        pytest.param(ending("ci", 15 * DAY + HOUR), id="one in the first half of its life"),
        pytest.param(ending("ci", DAY, issued=None), id="one that was not minted"),
        pytest.param(ending("ci", DAY, ends=None, minted_until=None), id="one without an end"),
    ],
)
def test_what_does_not_count_as_expiring(token: TokenSummary) -> None:
    assert expiring([token], 90 * DAY, NOW) == []


@pytest.mark.parametrize(
    ("new", "counts"),
    [
        pytest.param(NEW, True, id="an active one"),
        pytest.param(replace(NEW, phase=""), True, id="one that is not minted yet"),
        pytest.param(replace(NEW, phase="Failed"), False, id="not one that failed"),
        pytest.param(replace(NEW, phase="Revoked"), False, id="not one that was revoked"),
        pytest.param(replace(NEW, key=ObjectKey("hr", "ci-a1b2c")), False, id="not one of another namespace"),
        pytest.param(replace(NEW, created=NOW - 21 * DAY), False, id="not of an earlier token of the name"),
        pytest.param(replace(NEW, replaces=""), False, id="not one that replaces nothing"),
    ],
)
def test_by_what_a_token_is_replaced(new: TokenSummary, *, counts: bool) -> None:
    assert replacements([OLD, new]) == ({OLD.key: new} if counts else {})


def asked(
    old: TokenSummary = OLD,
    lifetime: Lifetime = Lifetime(ttl=30 * DAY),  # noqa: B008 - frozen
    credential: CredentialSummary = CREDENTIAL,
    siblings: tuple[TokenSummary, ...] = (OLD,),
) -> TokenRotation:
    return TokenRotation(old, lifetime, credential, siblings)


@pytest.mark.parametrize(
    ("rotation", "why", "next_steps"),
    [
        pytest.param(
            asked(old=replace(OLD, phase="Expired")),
            "The token ci is expired: only active tokens can be rotated",
            (CreateToken(CREDENTIAL.key),),
            id="it has ended",
        ),
        pytest.param(
            asked(old=replace(OLD, phase="")),
            "The token ci is pending: only active tokens can be rotated",
            (CreateToken(CREDENTIAL.key),),
            id="it is not minted",
        ),
        pytest.param(
            asked(siblings=(OLD, NEW)),
            "The token ci was already replaced by ci-a1b2c",
            (CollectIfUntaken(NEW.key), EndToken(OLD.key, DAY), RestartRotation(NEW.key)),
            id="it was rotated",
        ),
        pytest.param(
            asked(credential=replace(CREDENTIAL, suspended=True)),
            "The credential invoice-bot is suspended and mints no tokens",
            (ResumeCredential(CREDENTIAL.key),),
            id="its credential is suspended",
        ),
        pytest.param(
            asked(credential=replace(CREDENTIAL, policy={"maxTokens": 1})),
            "The credential invoice-bot already has 1 of 1 active tokens",
            (RaiseMaxTokens(CREDENTIAL.key, 2),),
            id="its credential has all it may have",
        ),
        pytest.param(
            asked(credential=replace(CREDENTIAL, policy={"maxTokens": 2}), siblings=(OLD, *KEPT)),
            "The credential invoice-bot already has 2 of 2 active tokens",
            (RaiseMaxTokens(CREDENTIAL.key, 3),),
            id="all it may have, of which a WorkloadToken has one",
        ),
        pytest.param(
            asked(credential=replace(CREDENTIAL, longest_life=10 * DAY)),
            "A lifetime of 30 days is longer than the 10 days that the credential invoice-bot allows",
            (NameShorterLife(),),
            id="its credential allows less than when it was minted",
        ),
        pytest.param(
            asked(lifetime=Lifetime(ends=NOW + 11 * DAY), credential=replace(CREDENTIAL, longest_life=10 * DAY)),
            "A lifetime of 11 days is longer than the 10 days that the credential invoice-bot allows",
            (NameShorterLife(),),
            id="an end that is too far away",
        ),
    ],
)
def test_what_stands_in_the_way(rotation: TokenRotation, why: str, next_steps: tuple[Step, ...]) -> None:
    assert rotation_blocker(rotation, NOW) == MintBlocker(why, next_steps)


@pytest.mark.parametrize(
    "rotation",
    [
        pytest.param(asked(), id="an active token"),
        pytest.param(asked(credential=replace(CREDENTIAL, policy={"maxTokens": 2})), id="one more is allowed"),
        pytest.param(
            asked(credential=replace(CREDENTIAL, policy={"maxTokens": 3}), siblings=(OLD, *KEPT)),
            id="one more is allowed, beside two of one WorkloadToken",
        ),
        pytest.param(asked(credential=replace(CREDENTIAL, longest_life=30 * DAY)), id="the longest life"),
        pytest.param(
            asked(lifetime=Lifetime(), credential=replace(CREDENTIAL, longest_life=10 * DAY)), id="the default life"
        ),
    ],
)
def test_what_can_be_rotated(rotation: TokenRotation) -> None:
    assert rotation_blocker(rotation, NOW) is None
