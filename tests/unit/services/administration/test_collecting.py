"""A secret on its way to a person: waited for, read, and deleted last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from pharia_access.domain.administration.next_steps import RevokeToken, RotateToken, Step
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import GONE, Deletion, Held
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.collecting import CollectError, Collector, NotMintedYetError
from tests.support.builders.domain_objects import NOW, TEXT, TOKEN

SECRET = OneTimeSecret(ObjectKey("finance", "ci-token"), "secret-1", NOW, True, "token-1", "ci", TEXT)  # noqa: FBT003
FOREIGN = "is not the Secret that the operator delivered"
PENDING = TokenSummary(TOKEN, "token-1", "invoice-bot", NOW, phase="Pending", message="no credential")
READY = replace(
    PENDING, phase="Active", ready="True", delivery="Available", secret_name="ci-token", secret_uid="secret-1"
)


@dataclass(slots=True)
class Deliveries:
    """One Secret, or none."""

    secret: OneTimeSecret | ForeignSecret | None = SECRET
    deleted: list[tuple[ObjectKey, str]] = field(default_factory=list)

    async def read(self, key: ObjectKey) -> OneTimeSecret | ForeignSecret | None:
        assert key == SECRET.key
        return self.secret

    async def delete(self, key: ObjectKey, uid: str) -> Deletion:
        self.deleted.append((key, uid))
        return GONE


@dataclass(slots=True)
class Clock:
    """Time passes by sleeping alone."""

    time: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


def a_collector(*seen: TokenSummary, deliveries: Deliveries | None = None, clock: Clock | None = None) -> Collector:
    """Each look at the token sees the next of these, and the last one again and again."""
    looks: Iterator[TokenSummary] = iter(seen)
    last = [seen[-1]] if seen else []

    async def read(key: ObjectKey) -> TokenSummary:
        assert key == TOKEN
        return next(looks, last[0])

    return Collector(read, deliveries or Deliveries(), clock or Clock())


async def test_it_waits_with_growing_pauses_and_tells_why() -> None:
    clock, told = Clock(), list[str]()
    collector = a_collector(PENDING, PENDING, PENDING, READY, clock=clock)

    token = await collector.wait(TOKEN, wait_timeout=timedelta(minutes=1), tell=told.append)

    assert token is READY
    assert clock.slept == [0.1, 0.2, 0.4]
    assert told == ["no credential"] * 3


async def test_patience_ends_and_the_token_may_still_come() -> None:
    clock = Clock()
    collector = a_collector(PENDING, clock=clock)

    with pytest.raises(NotMintedYetError, match="Token ci is not minted yet: no credential"):
        await collector.wait(TOKEN, wait_timeout=timedelta(seconds=5), tell=lambda _: None)

    assert max(clock.slept) == 2.0
    assert 5 <= sum(clock.slept) <= 7


async def test_what_never_comes_is_not_waited_for() -> None:
    clock = Clock()
    collector = a_collector(replace(READY, delivery="Collected"), clock=clock)

    with pytest.raises(
        CollectError, match="The secret of token ci cannot be collected: it was already collected"
    ) as raised:
        await collector.wait(TOKEN, wait_timeout=timedelta(minutes=1), tell=lambda _: None)

    assert clock.slept == []
    assert not isinstance(raised.value, NotMintedYetError)
    assert raised.value.next_steps == (RotateToken(TOKEN),)


async def test_what_the_operator_delivered_is_read_and_deleted_by_its_uid() -> None:
    deliveries = Deliveries()
    collector = a_collector(deliveries=deliveries)

    secret, text = await collector.read(READY)
    assert deliveries.deleted == []
    assert await collector.finish(secret) is None

    assert text is TEXT
    assert deliveries.deleted == [(SECRET.key, "secret-1")]


@pytest.mark.parametrize(
    ("secret", "told", "next_steps"),
    [
        pytest.param(None, "The token ci was already collected: its Secret", (RotateToken(TOKEN),), id="gone"),
        pytest.param(ForeignSecret(SECRET.key), FOREIGN, (RevokeToken(TOKEN),), id="of another type"),
        pytest.param(replace(SECRET, uid="other"), FOREIGN, (RevokeToken(TOKEN),), id="another one"),
        pytest.param(
            replace(SECRET, held=Held(("x.example/hold",))),
            "is being deleted already: .* still exists because of the finalizer x.example/hold",
            (RotateToken(TOKEN),),
            id="one that was deleted and still stands",
        ),
        pytest.param(
            replace(SECRET, text=None),
            "is not the Secret that the operator delivered",
            (RevokeToken(TOKEN),),
            id="without a token",
        ),
    ],
)
async def test_another_secret_is_not_handed_over(
    secret: OneTimeSecret | ForeignSecret | None, told: str, next_steps: tuple[Step, ...]
) -> None:
    with pytest.raises(CollectError, match=told) as raised:
        await a_collector(deliveries=Deliveries(secret)).read(READY)

    assert raised.value.next_steps == next_steps
