"""`boundObjects: live`: a token counts as long as the API server says that what it is bound to is there."""

from __future__ import annotations

import asyncio
import logging

import pytest

from pharia_access.errors import ApiError, ForbiddenError, UnavailableError
from pharia_access.services.verifier.verifier import Allowed
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.verifier.reviewing_verifier import ReviewingVerifier
from tests.support.verifier.service_account_tokens import NOW, claims_of_pod


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@simulated
async def test_a_new_token_costs_one_review_and_one_in_use_one_a_minute(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)

    verdicts = set()
    for _ in range(600):
        verdicts.add(await case.verdict())
        await asyncio.sleep(0.5)

    assert verdicts == {"accepted"}
    assert case.api.asked == pytest.approx([0, 60, 120, 180, 240], abs=1)


@simulated
async def test_requests_that_come_together_share_one_review(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    case.api.takes = 1.0

    verdicts = await asyncio.gather(*(case.verdict() for _ in range(100)))

    assert set(verdicts) == {"accepted"}
    assert len(case.api.asked) == 1


@simulated
async def test_a_pod_that_is_gone_is_refused_within_the_minute_and_not_asked_about_at_once_again(
    clock: FakeClock,
) -> None:
    case = ReviewingVerifier(clock)
    assert await case.verdict() == "accepted"
    case.api.good = False

    await asyncio.sleep(61)
    assert [await case.verdict() for _ in range(50)] == ["review-refused"] * 50
    await asyncio.sleep(58)
    assert await case.verdict() == "review-refused"

    assert len(case.api.asked) == 2
    assert case.api.outcomes == ["good", "refused"]


@simulated
async def test_a_verdict_that_a_connection_keeps_ends_with_the_review(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    case.now()
    allowed = await case.server.verifier.verify(case.text)
    assert isinstance(allowed, Allowed)
    assert allowed.token.ends_text == "2001-09-09T02:36:40Z"

    await asyncio.sleep(59)
    case.now()
    assert case.server.verifier.still_holds(allowed)
    await asyncio.sleep(1)
    case.now()
    assert not case.server.verifier.still_holds(allowed)


@simulated
async def test_a_reviewed_token_stands_for_the_credential_that_there_is_now_without_another_review(
    clock: FakeClock,
) -> None:
    case = ReviewingVerifier(clock)

    for uid in ("first", "again", "first"):
        case.hold("finance", uid=uid)
        case.now()
        found = await case.server.verifier.verify(case.text)

        assert isinstance(found, Allowed)
        assert (found.token.credential_uid, found.token.ends_at) == (uid, NOW + 60)
    assert len(case.api.asked) == 1


@pytest.mark.parametrize("error", [UnavailableError("503"), ForbiddenError("403")], ids=["away", "no right"])
def test_without_an_answer_nobody_passes_and_the_api_server_is_asked_every_five_seconds(
    error: ApiError, caplog: pytest.LogCaptureFixture
) -> None:
    @simulated
    async def test(clock: FakeClock) -> None:
        case = ReviewingVerifier(clock)
        assert await case.verdict() == "accepted"
        case.api.error = error
        await asyncio.sleep(60)

        verdicts = set()
        for _ in range(200):
            verdicts.add(await case.verdict())
            await asyncio.sleep(0.1)
        assert verdicts == {"not-reviewed"}
        assert len(case.api.asked) == 1 + 4
        case.api.error = None
        await asyncio.sleep(5)
        assert await case.verdict() == "accepted"

    caplog.set_level(logging.INFO)
    test(clock=FakeClock())

    assert [record.message for record in caplog.records] == ["tokens of ServiceAccounts could not be reviewed"]


@simulated
async def test_an_api_server_that_is_slow_holds_nobody_up_who_was_reviewed(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    assert await case.verdict() == "accepted"
    case.api.takes = 30.0

    waiting = asyncio.create_task(case.verdict(case.another(1)))
    await asyncio.sleep(1)
    assert await case.verdict() == "accepted"
    assert not waiting.done()

    assert await waiting == "accepted"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": "vault"}, id="another audience"),
        pytest.param({"iss": "https://other.example"}, id="another issuer"),
        pytest.param({"exp": NOW - 1}, id="expired"),
        pytest.param({"aud": "pharia-access/other"}, id="a credential that is not there"),
    ],
)
@simulated
async def test_what_is_refused_anyway_is_not_asked_about(clock: FakeClock, changes: dict[str, object]) -> None:
    case = ReviewingVerifier(clock)

    assert await case.verdict(case.issuer.sign(claims_of_pod(**changes))) != "accepted"
    assert await case.verdict(case.text[:-8] + b"AAAAAAAA") == "wrong-signature"

    assert case.api.asked == []


@simulated
async def test_nobody_asks_about_an_account_that_does_not_hold_the_credential(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    case.hold("finance", "another")

    assert await case.verdict() == "not-a-holder"

    assert case.api.asked == []


@simulated
async def test_a_change_of_the_credential_counts_at_once_without_a_review(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    assert await case.verdict() == "accepted"

    case.hold("finance", "another")
    assert await case.verdict() == "not-a-holder"
    case.hold("finance")
    assert await case.verdict() == "accepted"

    assert len(case.api.asked) == 1


@simulated
async def test_a_request_that_is_given_up_leaves_the_review_to_the_others(clock: FakeClock) -> None:
    case = ReviewingVerifier(clock)
    case.api.takes = 1.0
    given_up, waiting = asyncio.create_task(case.verdict()), asyncio.create_task(case.verdict())
    await asyncio.sleep(0.5)

    given_up.cancel()

    assert await waiting == "accepted"
    assert len(case.api.asked) == 1
