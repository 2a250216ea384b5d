"""When tokens were last used: noted at once, written later, and never more than asked."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.verification import IssuedToken
from pharia_access.errors import (
    ApiError,
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    UnavailableError,
)
from pharia_access.services.pacer import Pacer
from pharia_access.services.usage import NoUses, Uses
from tests.support.virtual_time import FakeClock, simulated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

HOUR = 3600.0
PER_SECOND = 2


@dataclass(slots=True)
class Writer:
    """Keeps what it writes and when; first raises what it was given, once each, also for one token alone."""

    clock: FakeClock
    errors: list[Exception] = field(default_factory=list)
    broken: str = ""
    written: list[tuple[str, str, float]] = field(default_factory=list)
    tried_at: list[float] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        self.tried_at.append(self.clock.monotonic())
        self.begun.set()
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        if key == self.broken:
            message = "503"
            raise UnavailableError(message)
        self.written.append((key, uid, at))

    @property
    def rounded(self) -> list[tuple[str, str, float]]:
        """What was written, with times to the second."""
        return [(key, uid, round(at)) for key, uid, at in self.written]

    @property
    def keys(self) -> list[str]:
        """Whose times were written, in order."""
        return [key for key, _, _ in self.written]

    @property
    def waits(self) -> list[float]:
        """Seconds from each attempt to the next."""
        return [later - earlier for earlier, later in zip(self.tried_at, self.tried_at[1:], strict=False)]


class Case:
    """Uses on fakes; the wall clock starts at START."""

    START = 1_000_000.0

    def __init__(self, clock: FakeClock, *errors: Exception) -> None:
        self.clock = clock
        self.writer = Writer(clock, list(errors))
        self.outcomes: list[str] = []
        self.watched: dict[str, IssuedToken] | None = None
        self.spread = 1.0

    def last_used_written(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def now(self) -> float:
        return self.START + self.clock.monotonic()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Uses]:
        """They run; at the end they still do, whatever a write raised."""
        watched = self.watched
        known: Callable[[str], IssuedToken | None] | None = None if watched is None else watched.get
        uses = Uses(
            self.writer,
            interval=HOUR,
            pacer=Pacer(self.clock, PER_SECOND),
            clock=self.clock,
            now=self.now,
            meter=self,
            known=known,
            spread=lambda: self.spread,
        )
        task = asyncio.create_task(uses.run())
        yield uses
        assert not task.done()
        task.cancel()


def a_token(name: str = "ci", *, last_used: float = 0.0, uid: str = "") -> IssuedToken:
    return IssuedToken(
        key=f"finance/{name}",
        uid=uid or f"uid-{name}",
        token_id=f"id-{name}",
        credential="finance/bot",
        credential_uid="bot-1",
        issued_at=0.0,
        ends_at=2_000_000.0,
        ends_text="1970-01-24T03:33:20Z",
        revoked=False,
        deleting=False,
        proof="$argon2id$",
        last_used=last_used,
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@simulated
async def test_the_first_use_is_written_and_the_next_ones_within_the_interval_are_not(clock: FakeClock) -> None:
    case, token = Case(clock), a_token()
    async with case.running() as uses:
        for _ in range(60):
            uses.used(token)
            await asyncio.sleep(HOUR / 60 - 0.001)
        assert case.writer.rounded == [("finance/ci", "uid-ci", Case.START)]
        assert case.outcomes == ["written"]

        await asyncio.sleep(1)
        uses.used(token)
        await asyncio.sleep(1)

    assert case.writer.keys == ["finance/ci"] * 2


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
async def test_what_the_object_says_counts(clock: FakeClock, ago: float, noted: bool) -> None:  # noqa: FBT001
    case = Case(clock)
    async with case.running() as uses:
        uses.used(a_token(last_used=Case.START - ago))

        assert uses.waiting == noted


@simulated
async def test_writes_keep_their_pace_and_the_oldest_is_the_first(clock: FakeClock) -> None:
    case = Case(clock)
    async with case.running() as uses:
        for number in range(9):
            uses.used(a_token(f"t{number}"))
        await asyncio.sleep(60)

    assert case.writer.keys == [f"finance/t{number}" for number in range(9)]
    assert case.writer.waits == pytest.approx([1 / PER_SECOND] * 8, abs=1e-6)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        pytest.param(NotFoundError("404"), "gone", id="the token is gone"),
        pytest.param(ConflictError("409"), "gone", id="another token has the name"),
        pytest.param(DeniedError("403"), "failed", id="no right"),
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
    case.spread = 0.0
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
    case = Case(clock, DeniedError("403"), DeniedError("403"))
    async with case.running() as uses:
        for name in "abc":
            uses.used(a_token(name))
        await asyncio.sleep(10)
        told = [record.__dict__["advice"] for record in caplog.records]
        case.writer.errors = [DeniedError("403")]
        uses.used(a_token("d"))
        await asyncio.sleep(10)

    assert len(told) == 1
    assert "right to patch apitokens/status" in told[0]
    assert len(caplog.records) == 2


@simulated
async def test_a_use_during_the_write_is_not_lost(clock: FakeClock) -> None:
    case, token = Case(clock), a_token()
    async with case.running() as uses:
        uses.used(token)
        await case.writer.begun.wait()
        token.noted = 0.0
        uses.used(token)
        await asyncio.sleep(1)

    assert case.writer.keys == ["finance/ci"] * 2


@simulated
async def test_of_two_uses_that_wait_the_later_is_written(clock: FakeClock) -> None:
    case, token = Case(clock, UnavailableError("503")), a_token()
    async with case.running() as uses:
        uses.used(token)
        await case.writer.begun.wait()
        token.noted = 0.0
        clock.advance(100)
        uses.used(token)
        await asyncio.sleep(10)

    assert case.writer.rounded == [("finance/ci", "uid-ci", Case.START + 100)]


@pytest.mark.parametrize(
    ("watched", "written"),
    [
        pytest.param(a_token(), True, id="as it was"),
        pytest.param(a_token(last_used=Case.START + 1), False, id="written by another verifier meanwhile"),
        pytest.param(a_token(last_used=Case.START - 2 * HOUR), True, id="written long ago"),
        pytest.param(a_token(uid="another"), False, id="another token of that ID"),
        pytest.param(None, False, id="gone"),
    ],
)
@simulated
async def test_before_a_write_the_watch_has_its_say(
    clock: FakeClock,
    watched: IssuedToken | None,
    written: bool,  # noqa: FBT001
) -> None:
    case = Case(clock)
    case.watched = {} if watched is None else {"id-ci": watched}
    async with case.running() as uses:
        uses.used(a_token())
        await asyncio.sleep(1)

        assert uses.waiting == 0
    assert bool(case.writer.written) is written


def test_switched_off_nothing_is_noted() -> None:
    token = a_token()

    NoUses().used(token)

    assert token.noted == 0.0
