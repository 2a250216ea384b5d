"""When ServiceAccounts last used a credential: one time for all pods of each, written as a token's is."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.domain.holders import MOST_HOLDERS
from pharia_access.domain.verdict import CredentialRecord
from pharia_access.errors import UnavailableError
from pharia_access.services.verifier.seen_tokens import ServiceAccountToken
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.last_used_writes import HOUR, PER_SECOND, Case

FULL = {f"former-{number:02}": 1.0 + number for number in range(MOST_HOLDERS)}
WRITTEN = "finance/bot by worker"


def a_pods_token(holder: str = "worker", *, uid: str = "bot-1") -> ServiceAccountToken:
    """Each call returns another text's."""
    return ServiceAccountToken(
        key=f"finance/{holder}",
        uid="account-1",
        token_id="jti",
        credential_key="finance/bot",
        credential_uid=uid,
        issued_at=0.0,
        ends_at=2_000_000.0,
        ends_text="1970-01-24T03:33:20Z",
        revoked=False,
        deleting=False,
        hash="",
    )


def a_case(clock: FakeClock, *errors: Exception, last_used: dict[str, float] | None = None, uid: str = "bot-1") -> Case:
    """The watch has finance/bot, held by `worker`."""
    case = Case(clock, *errors)
    record = CredentialRecord(
        "finance", "bot", uid, ("reader",), service_accounts={"worker": ""}, last_used=last_used or {}
    )
    case.credentials[record.key] = record
    return case


@simulated
async def test_of_all_pods_and_all_their_tokens_one_use_in_an_interval_is_written(clock: FakeClock) -> None:
    case = a_case(clock)
    async with case.running() as uses:
        for _ in range(60):
            uses.used(a_pods_token())
            await asyncio.sleep(HOUR / 60 - 0.001)
        assert case.writer.rounded == [(WRITTEN, "bot-1", Case.START)]

        await asyncio.sleep(1)
        uses.used(a_pods_token())
        await asyncio.sleep(1)

    assert case.writer.keys == [WRITTEN] * 2
    assert case.outcomes == ["written"] * 2


@pytest.mark.parametrize(
    ("ago", "noted"),
    [
        pytest.param(HOUR - 60, False, id="within the interval: another verifier has written it"),
        pytest.param(HOUR + 60, True, id="before the interval"),
        pytest.param(-60, False, id="by a clock a little ahead"),
        pytest.param(-10 * HOUR, True, id="by a clock that is wrong: corrected"),
    ],
)
@simulated
async def test_what_the_credential_says_counts(clock: FakeClock, ago: float, noted: bool) -> None:  # noqa: FBT001
    case = a_case(clock, last_used={"worker": Case.START - ago, "other": Case.START})
    async with case.running() as uses:
        uses.used(a_pods_token())

        assert uses.waiting == noted


@simulated
async def test_holders_keep_the_pace_of_tokens(clock: FakeClock) -> None:
    case = a_case(clock)
    async with case.running() as uses:
        for number in range(9):
            uses.used(a_pods_token(f"worker-{number}"))
        await asyncio.sleep(60)

    assert case.writer.keys == [f"finance/bot by worker-{number}" for number in range(9)]
    assert case.writer.waits == pytest.approx([1 / PER_SECOND] * 8, abs=1e-6)


@pytest.mark.parametrize("uid", ["bot-2", ""])
@simulated
async def test_a_credential_that_was_made_again_or_is_gone_gets_no_earlier_use(clock: FakeClock, uid: str) -> None:
    case = a_case(clock)
    async with case.running() as uses:
        uses.used(a_pods_token())
        case.credentials.clear()
        if uid:
            case.credentials["finance/bot"] = CredentialRecord("finance", "bot", uid, ("reader",))
        await asyncio.sleep(1)

        assert uses.waiting == 0
    assert case.writer.keys == []


@simulated
async def test_where_sixteen_are_kept_the_oldest_former_holder_goes(clock: FakeClock) -> None:
    case = a_case(clock, last_used=FULL)
    async with case.running() as uses:
        uses.used(a_pods_token())
        await asyncio.sleep(1)

    assert case.writer.keys == [f"{WRITTEN} instead of former-00"]


@simulated
async def test_an_api_server_that_is_away_loses_no_use(clock: FakeClock) -> None:
    case = a_case(clock, UnavailableError("503"), UnavailableError("503"))
    async with case.running() as uses:
        uses.used(a_pods_token())
        await asyncio.sleep(60)

    assert case.writer.rounded == [(WRITTEN, "bot-1", Case.START)]


@simulated
async def test_an_inspection_is_written_nowhere(clock: FakeClock) -> None:
    case = a_case(clock)
    async with case.running() as uses:
        uses.inspected(a_pods_token())

        assert uses.waiting == 0
