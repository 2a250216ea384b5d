"""An alert comes before the harm that it warns of: the times of the chart's rules beside the bounds of the settings."""

from __future__ import annotations

import asyncio
import math
import re
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from pharia_access.domain.durations import parse_duration
from pharia_access.domain.verdict import Refusal
from pharia_access.entrypoints.verifier.answers import refusal_answer
from pharia_access.errors import UnavailableError
from pharia_access.services.verifier.issuer_keys import FollowedIssuer
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.verifier import VerifierSettings
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.verifier.service_account_tokens import PlayedIssuer

if TYPE_CHECKING:
    from pharia_access.domain.verification.signatures import Issuer

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "pharia-access"
RULES: Final[dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
}
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())

EVALUATED = timedelta(minutes=1)
"""How often a Prometheus looks at its rules, unless it is told to look more often."""
VIEW_BOUND = VerifierSettings().view_bound
PENDING_BOUND = OperatorSettings().pending_bound
WARN_BEFORE = OperatorSettings().warn_before
SHORTEST_CERTIFICATE = timedelta(hours=1)
"""The shortest life that cert-manager gives a certificate."""
LEAST_OVERLAP = timedelta(minutes=9)
"""The runbook of PhariaAccessRotationOverdue names it."""

AHEAD: Final = {
    "PhariaAccessViewAging": VIEW_BOUND,
    "PhariaAccessNamespaceLost": VIEW_BOUND,
    "PhariaAccessCertificateEnding": SHORTEST_CERTIFICATE / 5,
    "PhariaAccessNoLeader": PENDING_BOUND,
    "PhariaAccessGuardsDown": PENDING_BOUND,
    "PhariaAccessQueueStuck": PENDING_BOUND,
    "PhariaAccessTokensExpiring": WARN_BEFORE,
    "PhariaAccessRotationOverdue": LEAST_OVERLAP * 0.9,
}
"""How long after what the alert sees the harm comes."""
THERE: Final = {
    "PhariaAccessNoVerifier",
    "PhariaAccessVerifierNotReady",
    "PhariaAccessChecksUnanswered",
    "PhariaAccessChecksSlow",
    "PhariaAccessNoKeyring",
    "PhariaAccessEndedTokensUsed",
    "PhariaAccessMostRefused",
    "PhariaAccessSeveralLeaders",
    "PhariaAccessDeadlinesMissed",
    "PhariaAccessListOverdue",
    "PhariaAccessTokensFailed",
    "PhariaAccessWorkloadTokenEnded",
    "PhariaAccessReloadFailing",
    "PhariaAccessClockOff",
}
"""What these see is the harm itself, or that something is at risk at an unknown moment; they wait for it to last."""


def fires_after(alert: str) -> timedelta:
    """The longest from what the alert sees until it fires: a threshold of seconds, a scrape, evaluations."""
    rule = RULES[alert]
    threshold = re.fullmatch(r"pharia_access_\w+_seconds > (\d+)", rule["expr"])
    waits = parse_duration(rule["for"])
    scraped = parse_duration(VALUES["metrics"]["serviceMonitor"]["interval"])
    evaluations = 1 + math.ceil(waits / EVALUATED)
    return timedelta(seconds=int(threshold[1]) if threshold else 0) + scraped + evaluations * EVALUATED


def test_of_each_alert_that_waits_it_is_said_what_it_comes_before() -> None:
    waiting = {name for name, rule in RULES.items() if "for" in rule}

    assert waiting == {*AHEAD, *THERE, "PhariaAccessIssuerKeysUnread"}
    assert not AHEAD.keys() & THERE


@pytest.mark.parametrize("alert", AHEAD)
def test_it_fires_before_the_harm(alert: str) -> None:
    assert fires_after(alert) < AHEAD[alert]


class SilentAfterOne:
    """An API server that answers once, and then lets each request wait for its timeout."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.changed_at: list[float] = []
        self.failed_at: list[float] = []

    def changed(self) -> None:
        self.changed_at.append(self._clock.monotonic())

    def issuer_keys_read(self, outcome: str) -> None:
        if outcome == "failed":
            self.failed_at.append(self._clock.monotonic())

    async def read_issuer(self, known: Issuer | None) -> Issuer:
        if known is not None:
            await self._clock.sleep(VerifierSettings().request_timeout.total_seconds())
            message = "no answer"
            raise UnavailableError(message)
        issuer = PlayedIssuer().issuer
        assert issuer is not None
        return issuer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@simulated
async def test_unread_keys_are_told_before_they_end_however_long_their_reading_takes_to_fail(clock: FakeClock) -> None:
    server = SilentAfterOne(clock)
    issuer = FollowedIssuer(
        server,
        clock=clock,
        bound=VIEW_BOUND.total_seconds(),
        changed=server.changed,
        metrics=server,
        chance=lambda: 1.0,
    )

    with suppress(TimeoutError):
        await asyncio.wait_for(issuer.run(), VIEW_BOUND.total_seconds() + 1)

    began, ended, *_ = server.changed_at
    told = timedelta(seconds=server.failed_at[0]) + fires_after("PhariaAccessIssuerKeysUnread")
    assert began < 1
    assert told + timedelta(seconds=25) < timedelta(seconds=ended)


def test_the_alert_of_unanswered_checks_counts_every_refusal_that_is_answered_503() -> None:
    unavailable = {each for each in Refusal if refusal_answer(each).status == HTTPStatus.SERVICE_UNAVAILABLE}
    (counted,) = re.findall(r'reason=~"([^"]+)"', RULES["PhariaAccessChecksUnanswered"]["expr"])
    page = (ROOT / "docs" / "runbooks" / "PhariaAccessChecksUnanswered.md").read_text()

    assert set(counted.split("|")) == unavailable
    assert [each for each in unavailable if f"`{each}`:" not in page] == []


def test_the_runbook_says_for_which_overlap_the_alert_is_too_late() -> None:
    page = (ROOT / "docs" / "runbooks" / "PhariaAccessRotationOverdue.md").read_text()
    (minutes,) = re.findall(r"`renewBefore` of less than (\d+) minutes", page)

    assert timedelta(minutes=int(minutes)) == LEAST_OVERLAP
