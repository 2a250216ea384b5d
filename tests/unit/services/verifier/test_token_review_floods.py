"""Floods of good tokens that differ: how many reviews they ask for at most, and who gets through beside them."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.services.verifier.token_reviews import MOST_AT_ONCE
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.verifier.reviewing_verifier import PER_SECOND, ReviewingVerifier

MOST_OF_A_NAMESPACE = 64
MOST_WAITING = 256


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@simulated
async def test_a_flood_of_good_tokens_asks_for_few_reviews_at_once_and_lets_other_namespaces_through(
    clock: FakeClock,
) -> None:
    case = ReviewingVerifier(clock)
    case.hold("other")
    case.api.takes = 1.0

    flood = [asyncio.create_task(case.verdict(case.another(number))) for number in range(200)]
    await asyncio.sleep(0)
    other = asyncio.create_task(case.verdict(case.another(0, "other")))
    verdicts = await asyncio.gather(*flood)

    assert verdicts.count("accepted") == MOST_OF_A_NAMESPACE
    assert verdicts.count("overloaded") == 200 - MOST_OF_A_NAMESPACE
    assert await other == "accepted"
    assert case.api.most_at_once == MOST_AT_ONCE


@simulated
async def test_floods_of_many_namespaces_wait_in_a_bounded_queue_and_keep_the_pace(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    texts = []
    for number in range(10):
        case.hold(f"ns-{number}")
        texts += [case.another(count, f"ns-{number}") for count in range(60)]

    verdicts = await asyncio.gather(*(case.verdict(text) for text in texts))

    assert verdicts.count("accepted") == MOST_WAITING
    assert case.api.asked[-1] - case.api.asked[0] == pytest.approx((MOST_WAITING - 1) / PER_SECOND, abs=0.5)
    assert case.api.outcomes.count("overloaded") == 600 - MOST_WAITING
