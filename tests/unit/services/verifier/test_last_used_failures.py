"""Last uses that cannot be written: given up or tried again, ever more slowly, and none stops another."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.last_used_writes import Case, a_token


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(NotFoundError("404"), "gone", id="the token is gone"),
        pytest.param(ConflictError("409"), "gone", id="another token has the name"),
        pytest.param(ForbiddenError("403"), "failed", id="no right"),
        pytest.param(InvalidError("422"), "failed", id="an older CRD"),
        pytest.param(ApiError("?"), "failed", id="any other refusal"),
        pytest.param(ValueError("?"), "failed", id="a defect"),
    ],
)
@simulated
async def test_what_will_not_succeed_is_given_up_and_ends_nothing(
    clock: FakeClock, error: Exception, outcome: str
) -> None:
    case = Case(clock, error)
    async with case.running() as uses:
        uses.used(a_token("a"))
        uses.used(a_token("b"))
        await asyncio.sleep(600)

        assert uses.waiting == 0
    assert (case.writer.keys, case.outcomes) == (["finance/b"], [outcome, "written"])


@simulated
async def test_what_got_no_answer_is_tried_again_ever_more_slowly_up_to_a_minute(clock: FakeClock) -> None:
    case = Case(clock, *[UnavailableError("503")] * 8)
    async with case.running() as uses:
        uses.used(a_token())
        await asyncio.sleep(600)

    assert case.writer.waits == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60], abs=1e-6)
    assert case.outcomes == ["unavailable"] * 8 + ["written"]
    assert case.writer.rounded == [("finance/ci", "uid-ci", Case.START)]


@simulated
async def test_verifiers_do_not_try_again_together(clock: FakeClock) -> None:
    case = Case(clock, *[UnavailableError("503")] * 4)
    case.chance = 0.0
    async with case.running() as uses:
        uses.used(a_token())
        await asyncio.sleep(60)

    assert case.writer.waits == pytest.approx([0.5, 1, 2, 4], abs=1e-6)


@simulated
async def test_the_api_server_may_ask_for_a_longer_wait_up_to_a_minute(clock: FakeClock) -> None:
    case = Case(clock, UnavailableError("429", retry_after=7), UnavailableError("429", retry_after=7000))
    async with case.running() as uses:
        uses.used(a_token())
        await asyncio.sleep(120)

    assert case.writer.waits == pytest.approx([7, 60], abs=1e-6)


@simulated
async def test_one_object_that_is_never_answered_for_stops_no_other(clock: FakeClock) -> None:
    case = Case(clock)
    case.writer.broken = "finance/a"
    async with case.running() as uses:
        for name in "abc":
            uses.used(a_token(name))
        await asyncio.sleep(60)

        assert uses.waiting == 1
    assert case.writer.keys == ["finance/b", "finance/c"]


@simulated
async def test_a_missing_right_is_told_once_until_a_write_succeeds(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    case = Case(clock, ForbiddenError("403"), ForbiddenError("403"))
    async with case.running() as uses:
        for name in "abc":
            uses.used(a_token(name))
        await asyncio.sleep(10)
        told = [record.__dict__["advice"] for record in caplog.records]
        case.writer.errors = [ForbiddenError("403")]
        uses.used(a_token("d"))
        await asyncio.sleep(10)

    assert len(told) == 1
    assert "right to patch apitokens/status" in told[0]
    assert len(caplog.records) == 2
