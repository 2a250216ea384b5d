"""The keys of ServiceAccount tokens: read at start, by the clock, and when a token asks, but not for each token."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from pharia_access.errors import ApiError, ForbiddenError, IssuerKeysError, UnavailableError
from pharia_access.services.verifier.issuer_keys import FollowedIssuer
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.verifier.service_account_tokens import PlayedIssuer

if TYPE_CHECKING:
    from pharia_access.domain.verification.signatures import Issuer


BOUND = 300.0


class PlayedReader:
    """An API server that answers after a second, or fails."""

    def __init__(self) -> None:
        self.readings: list[float] = []
        self.error: ApiError | IssuerKeysError | None = None
        self.issuer: Issuer | None = PlayedIssuer().issuer
        self.outcomes: list[str] = []

    def issuer_keys_read(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    async def read_issuer(self, known: Issuer | None) -> Issuer:
        self.readings.append(round(asyncio.get_running_loop().time()))
        await asyncio.sleep(1)
        if self.error is not None:
            raise self.error
        assert self.issuer is not None
        return self.issuer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def followed(reader: PlayedReader, clock: FakeClock, changes: list[str] | None = None) -> FollowedIssuer:
    noted: list[str] = [] if changes is None else changes
    return FollowedIssuer(
        reader,
        clock=clock,
        bound=BOUND,
        changed=lambda: noted.append("changed"),
        metrics=reader,
        chance=lambda: 0.0,
    )


@simulated
async def test_the_keys_are_read_at_start_and_three_times_within_their_bound(clock: FakeClock) -> None:
    reader, changes = PlayedReader(), list[str]()
    issuer = followed(reader, clock, changes)
    running = asyncio.create_task(issuer.run())

    await asyncio.sleep(250)
    running.cancel()

    assert reader.readings == [0, 101, 202]
    assert reader.outcomes == ["changed", "unchanged", "unchanged"]
    assert issuer.issuer is reader.issuer
    assert changes == ["changed"]


@simulated
async def test_a_thousand_tokens_of_unknown_keys_cost_one_reading_in_five_seconds(clock: FakeClock) -> None:
    reader = PlayedReader()
    issuer = followed(reader, clock)

    first = await asyncio.gather(*(issuer.read_again() for _ in range(1000)))
    then = await asyncio.gather(*(issuer.read_again() for _ in range(1000)))
    await asyncio.sleep(5)
    last = await issuer.read_again()

    assert (set(first), set(then), last) == ({True}, {False}, True)
    assert reader.readings == [0, 6]


@simulated
async def test_a_request_that_is_given_up_leaves_the_reading_to_the_others(clock: FakeClock) -> None:
    reader = PlayedReader()
    issuer = followed(reader, clock)
    given_up, waiting = asyncio.create_task(issuer.read_again()), asyncio.create_task(issuer.read_again())
    await asyncio.sleep(0.5)

    given_up.cancel()

    assert await waiting
    assert reader.readings == [0]


@pytest.mark.parametrize("error", [UnavailableError("gone"), ForbiddenError("no"), IssuerKeysError("no keys")])
def test_the_last_keys_stay_in_use_for_the_bound_while_they_cannot_be_read_and_not_longer(
    error: ApiError | IssuerKeysError,
) -> None:
    @simulated
    async def test(clock: FakeClock) -> None:
        reader, changes = PlayedReader(), list[str]()
        issuer = followed(reader, clock, changes)
        running = asyncio.create_task(issuer.run())
        await asyncio.sleep(10)
        before, reader.error = issuer.issuer, error

        await asyncio.sleep(BOUND - 11)
        assert issuer.issuer is before
        await asyncio.sleep(3)
        assert issuer.issuer is None
        assert changes == ["changed"] * 2

        await asyncio.sleep(600)
        assert not running.done()
        assert 5 < len(reader.readings) < 40
        assert reader.outcomes == ["changed"] + ["failed"] * (len(reader.outcomes) - 1)
        running.cancel()

    test(clock=FakeClock())


@simulated
async def test_keys_that_can_be_read_again_count_again(clock: FakeClock) -> None:
    reader = PlayedReader()
    issuer = followed(reader, clock)
    running = asyncio.create_task(issuer.run())
    await asyncio.sleep(10)
    reader.error = UnavailableError("gone")
    await asyncio.sleep(BOUND + 100)
    assert issuer.issuer is None

    reader.error = None
    await asyncio.sleep(100)

    assert issuer.issuer is reader.issuer
    running.cancel()


@simulated
async def test_a_reading_by_the_clock_and_one_that_a_token_asks_for_are_one(clock: FakeClock) -> None:
    reader = PlayedReader()
    issuer = followed(reader, clock)
    running = asyncio.create_task(issuer.run())
    await asyncio.sleep(0.5)

    assert await issuer.read_again()
    assert reader.readings == [0]
    running.cancel()


@simulated
async def test_another_key_is_a_change_and_the_same_is_none(clock: FakeClock) -> None:
    reader, changes = PlayedReader(), list[str]()
    issuer = followed(reader, clock, changes)
    await issuer.read_again()
    await asyncio.sleep(5)
    await issuer.read_again()
    assert changes == ["changed"]

    reader.issuer = PlayedIssuer(elliptic=True).issuer
    await asyncio.sleep(5)
    await issuer.read_again()

    assert changes == ["changed", "changed"]
    assert issuer.issuer is reader.issuer
