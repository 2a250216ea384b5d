"""The audit log: who was refused and why, without a flood."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from pharia_access.domain.verification import IssuedToken, Refusal
from pharia_access.services.audit import AuditLimits, AuditLog
from pharia_access.services.gate import Contract
from tests.support.http_door import Door


@dataclass
class Case:
    limits: AuditLimits = field(default_factory=AuditLimits)
    ticks: float = 100.0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.audit = AuditLog(self.limits, ticks=lambda: self.ticks, meter=self)

    def audit_line_dropped(self) -> None:
        self.dropped += 1

    def refuse(self, token: IssuedToken | None, reason: Refusal = Refusal.REVOKED, detail: str = "") -> None:
        self.audit.refused(Contract.NGINX, reason, token=token, detail=detail)


@pytest.fixture(autouse=True)
def everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pharia_access.audit")


def token(name: str = "ci") -> IssuedToken:
    door = Door()
    found = door.index.find(door.issue(name).token_id)
    assert found is not None
    return found


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int]]:
    return [(r.message, str(r.__dict__["reason"]), int(r.__dict__["suppressed"])) for r in caplog.records]


def test_a_refusal_names_the_token_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    refused = token()
    Case().refuse(refused, detail="x" * 1000)

    (record,) = caplog.records
    told = record.__dict__
    assert (told["contract"], told["reason"], told["tokenID"]) == ("nginx", "revoked", refused.token_id)
    assert (told["token"], told["credential"], len(told["detail"])) == ("finance/ci", "finance/ci-bot", 256)


def test_the_same_is_told_once_in_the_interval_and_then_how_often(caplog: pytest.LogCaptureFixture) -> None:
    case, refused = Case(), token()
    for _ in range(5):
        case.refuse(refused)
    case.refuse(refused, Refusal.EXPIRED)
    case.ticks += 60
    case.refuse(refused)

    assert lines(caplog) == [("refused", "revoked", 0), ("refused", "expired", 0), ("refused", "revoked", 4)]
    assert case.dropped == 4


def test_unknown_tokens_share_one_line(caplog: pytest.LogCaptureFixture) -> None:
    case = Case()
    for _ in range(100):
        case.refuse(None, Refusal.UNKNOWN_TOKEN)

    assert len(caplog.records) == 1
    assert "tokenID" not in caplog.records[0].__dict__


def test_there_are_so_many_lines_a_second_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    case = Case(AuditLimits(per_second=10, burst=3))
    refused = [token(f"t{number}") for number in range(8)]
    for one in refused:
        case.refuse(one)
    assert len(caplog.records) == 3

    case.ticks += 0.2
    for one in refused[3:]:
        case.refuse(one)

    assert [suppressed for _, _, suppressed in lines(caplog)] == [0, 0, 0, 1, 1]


def test_what_is_remembered_is_bounded(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.services.audit._MOST_KINDS", 1)
    case, first, second = Case(), token("a"), token("b")
    for one in (first, second, first):
        case.refuse(one)

    assert len(caplog.records) == 3


def test_acceptances_are_written_where_that_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    Case().audit.accepted(Contract.NGINX, token())
    assert caplog.records == []

    Case(AuditLimits(accepted=True)).audit.accepted(Contract.NGINX, token())
    assert lines(caplog) == [("accepted", "accepted", 0)]
