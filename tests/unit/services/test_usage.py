"""When tokens were last used: noted at once, written later, and never more than asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from pharia_access.errors import ApiError, ConflictError, DeniedError, NotFoundError, UnavailableError
from pharia_access.services.pacer import Pacer
from pharia_access.services.usage import NoUses, Uses
from tests.support.http_door import Door


@dataclass
class Writer:
    """Writes down what it is asked to write; raises what it is told, once each."""

    errors: list[ApiError] = field(default_factory=list)
    written: list[tuple[str, str, float]] = field(default_factory=list)

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.written.append((key, uid, at))


@dataclass
class Meter:
    outcomes: list[str] = field(default_factory=list)

    def last_used_written(self, outcome: str) -> None:
        self.outcomes.append(outcome)


@dataclass
class Time:
    """Time that passes by sleeping; ends the run after so many sleeps."""

    sleeps: int
    slept: list[float] = field(default_factory=list)
    current: float = 10_000.0

    def monotonic(self) -> float:
        return self.current

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.current += seconds
        if len(self.slept) > self.sleeps:
            raise asyncio.CancelledError


class Case:
    def __init__(self, *errors: ApiError, sleeps: int = 1) -> None:
        self.writer, self.meter, self.time = Writer(list(errors)), Meter(), Time(sleeps)
        self.uses = Uses(
            self.writer,
            interval=3600,
            pacer=Pacer(self.time, 2),  # type: ignore[arg-type] # as much of a clock as it needs
            clock=self.time,  # type: ignore[arg-type] # the same
            now=lambda: self.time.current,
            meter=self.meter,
        )

    async def run(self) -> None:
        with pytest.raises(asyncio.CancelledError):
            await self.uses.run()


def tokens(*names: str) -> list[object]:
    door = Door()
    return [door.index.find(door.issue(name).token_id) for name in names]


async def test_the_first_use_is_written_and_the_next_ones_within_the_interval_are_not() -> None:
    case = Case()
    (token,) = tokens("ci")
    for _ in range(3):
        case.uses.used(token)  # type: ignore[arg-type] # found above

    await case.run()

    assert case.writer.written == [("finance/ci", "uid-ci", 10_000.0)]
    assert case.meter.outcomes == ["written"]


async def test_what_another_verifier_has_written_is_not_written_again() -> None:
    case = Case()
    door = Door()
    token = door.index.find(door.issue(last_used=9_000.0).token_id)
    assert token is not None

    case.uses.used(token)
    await case.run()
    assert case.writer.written == []


async def test_writes_keep_their_pace() -> None:
    case = Case(sleeps=3)
    for token in tokens("a", "b", "c"):
        case.uses.used(token)  # type: ignore[arg-type] # found above

    await case.run()

    assert [key for key, _, _ in case.writer.written] == ["finance/a", "finance/b", "finance/c"]
    assert case.time.slept[1:3] == [0.5, 0.5]


@pytest.mark.parametrize("error", [NotFoundError("gone"), ConflictError("another")])
async def test_a_token_that_is_gone_is_forgotten(error: ApiError) -> None:
    case = Case(error, sleeps=2)
    (token,) = tokens("ci")
    case.uses.used(token)  # type: ignore[arg-type] # found above

    await case.run()

    assert (case.writer.written, case.meter.outcomes) == ([], ["gone"])


async def test_what_could_not_be_written_is_tried_again_ever_more_slowly() -> None:
    case = Case(UnavailableError("no"), UnavailableError("no"), sleeps=4)
    (token,) = tokens("ci")
    case.uses.used(token)  # type: ignore[arg-type] # found above

    await case.run()

    assert case.meter.outcomes == ["failed", "failed", "written"]
    assert case.time.slept[:3] == [1.0, 2.0, 4.0]


async def test_a_missing_right_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    case = Case(DeniedError("403"))
    for token in tokens("a", "b"):
        case.uses.used(token)  # type: ignore[arg-type] # found above

    await case.run()

    assert "refused" in caplog.text
    assert case.meter.outcomes[0] == "failed"


async def test_a_use_during_the_write_is_not_lost() -> None:
    case = Case(sleeps=3)
    door = Door()
    token = door.index.find(door.issue().token_id)
    assert token is not None
    original = case.writer.write_last_used

    async def write_slowly(key: str, uid: str, at: float) -> None:
        await original(key, uid, at)
        if len(case.writer.written) == 1:
            case.time.current += 4000
            case.uses.used(token)

    case.writer.write_last_used = write_slowly  # type: ignore[method-assign] # the moment of the write
    case.uses.used(token)
    await case.run()

    assert len(case.writer.written) == 2


def test_switched_off_nothing_is_noted() -> None:
    door = Door()
    token = door.index.find(door.issue().token_id)
    assert token is not None

    NoUses().used(token)

    assert token.noted == 0.0
