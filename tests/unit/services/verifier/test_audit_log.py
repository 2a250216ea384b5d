"""The audit log: who was refused and why, without a flood."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pharia_access.domain.verdict import IssuedToken, Refusal
from pharia_access.services.verifier.audit_log import AuditLimits, AuditLog
from pharia_access.services.verifier.authorizer import Contract
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Case:
    limits: AuditLimits = field(default_factory=AuditLimits)
    boottime: float = 100.0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.audit = AuditLog(self.limits, boottime=lambda: self.boottime, metrics=self)

    def audit_line_dropped(self) -> None:
        self.dropped += 1

    def refuse(self, token: IssuedToken | None, reason: Refusal = Refusal.REVOKED, detail: str = "") -> None:
        self.audit.refused(Contract.NGINX, reason, token=token, detail=detail)


@pytest.fixture(autouse=True)
def everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pharia_access.audit")


def token(name: str = "ci") -> IssuedToken:
    server = VerifierServer()
    found = server.index.find(server.issue(name).token_id)
    assert found is not None
    return found


def test_an_inspection_is_logged_whether_or_not_accepted_requests_are(caplog: pytest.LogCaptureFixture) -> None:
    case, inspected = Case(), token()

    for _ in range(3):
        case.audit.inspected(Contract.WHOAMI, inspected)
    case.boottime += 60
    case.audit.inspected(Contract.WHOAMI, inspected)

    told = [(record.message, record.__dict__["tokenID"], record.__dict__["suppressed"]) for record in caplog.records]
    assert told == [("inspected", inspected.token_id, 0), ("inspected", inspected.token_id, 2)]


SOME = [token(f"some{number}") for number in range(6)]


@contextmanager
def lines_written() -> Iterator[list[logging.LogRecord]]:
    """What the audit log writes meanwhile."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[assignment, method-assign] # the least that keeps them
    log = logging.getLogger("pharia_access.audit")
    log.addHandler(handler)
    try:
        yield records
    finally:
        log.removeHandler(handler)


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
    case.boottime += 60
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

    case.boottime += 0.2
    for one in refused[3:]:
        case.refuse(one)

    assert [suppressed for _, _, suppressed in lines(caplog)] == [0, 0, 0, 1, 1]


def test_what_is_remembered_is_bounded(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pharia_access.services.verifier.audit_log._MOST_KINDS", 1)
    case, first, second = Case(), token("a"), token("b")
    for one in (first, second, first):
        case.refuse(one)

    assert len(caplog.records) == 3


def test_acceptances_are_written_where_that_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    Case().audit.accepted(Contract.NGINX, token())
    assert caplog.records == []

    Case(AuditLimits(accepted=True)).audit.accepted(Contract.NGINX, token())
    assert lines(caplog) == [("accepted", "accepted", 0)]


def test_what_is_told_often_is_remembered_longer(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pharia_access.services.verifier.audit_log._MOST_KINDS", 2)
    case, known = Case(), token("known")
    for number in range(5):
        case.refuse(known)
        case.refuse(token(f"t{number}"))

    told = [record.__dict__["token"] for record in caplog.records]
    assert told == ["finance/known", *[f"finance/t{number}" for number in range(5)]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the level of the log, the same for all
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.01, 0.5, 70.0])), max_size=60))
def test_every_refusal_is_a_line_or_told_by_a_later_one_or_still_to_be_told(refusals: list[tuple[int, float]]) -> None:
    with pytest.MonkeyPatch.context() as patch, lines_written() as records:
        patch.setattr("pharia_access.services.verifier.audit_log._MOST_KINDS", 3)
        case = Case(AuditLimits(per_second=2, burst=2))
        for number, pause in refusals:
            case.refuse(SOME[number])
            case.boottime += pause

    told = sum(1 + r.__dict__["suppressed"] + r.__dict__.get("suppressedOthers", 0) for r in records)
    to_be_told = case.audit._forgotten + sum(kind.suppressed for kind in case.audit._kinds.values())
    assert told + to_be_told == len(refusals)
    assert len(records) + case.dropped == len(refusals)


def test_a_line_carries_the_gateways_word_for_the_client(caplog: pytest.LogCaptureFixture) -> None:
    clients = iter(["192.0.2.1", "192.0.2.1", "192.0.2.2", ""])
    audit = AuditLog(AuditLimits(), boottime=lambda: 100.0, metrics=Case(), client=lambda: next(clients))

    for _ in range(4):
        audit.refused(Contract.NGINX, Refusal.REVOKED, token=SOME[0])

    assert [record.__dict__.get("client") for record in caplog.records] == ["192.0.2.1", "192.0.2.2", None]


def test_who_has_no_token_makes_no_more_lines_by_other_clients(caplog: pytest.LogCaptureFixture) -> None:
    clients = iter(map(str, range(9)))
    audit = AuditLog(AuditLimits(), boottime=lambda: 100.0, metrics=Case(), client=lambda: next(clients))

    for _ in range(9):
        audit.refused(Contract.NGINX, Refusal.UNKNOWN_TOKEN, token=None)

    assert len(caplog.records) == 1
