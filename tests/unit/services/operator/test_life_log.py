"""The operator's log of its work: a line for each thing that happens to a token, once, with its ID and no secret."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.model import Phase
from pharia_access.services.operator.life_log import log_deletion
from pharia_access.services.operator.token_index import TokenRecord
from tests.support.builders.domain_objects import TOKEN, a_minted_token
from tests.support.fakes.virtual_time import simulated

if TYPE_CHECKING:
    from tests.support.harness.operator_harness import OperatorHarness

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pharia_access.audit")


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.message, fields(record)["reason"]) for record in caplog.records if record.name.endswith("audit")]


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return vars(record)


@simulated
async def test_a_mint_is_one_line_with_whose_token_it_is_and_its_end(
    harness: OperatorHarness, caplog: pytest.LogCaptureFixture
) -> None:
    minted = await harness.mint(ttl=HOUR)
    await harness.reconcile()

    assert told(caplog) == [("token minted", "Issued")]
    line = fields(caplog.records[-1])
    assert (line["token"], line["credential"]) == (str(TOKEN), "finance/invoice-bot")
    assert (line["tokenID"], line["uid"]) == (minted.status.token_id, minted.uid)
    assert line["endsAt"] == "2026-11-23T13:00:00Z"


@pytest.mark.parametrize("how", ["revoked", "expired"])
@simulated
async def test_an_end_is_one_line_each_with_the_reason(
    harness: OperatorHarness, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    await harness.mint(ttl=HOUR / 2)
    caplog.clear()
    if how == "revoked":
        harness.revoke()
    else:
        harness.clock.advance(1800)

    await harness.reconcile()
    await harness.reconcile()

    reason = "Revoked" if how == "revoked" else "Expired"
    assert told(caplog) == [("token's Secret withdrawn", reason), (f"token {how}", reason)]


@simulated
async def test_a_collection_is_one_line(harness: OperatorHarness, caplog: pytest.LogCaptureFixture) -> None:
    await harness.mint(ttl=30 * HOUR)
    caplog.clear()
    recorded = harness.token().status.delivery
    assert recorded is not None
    harness.store.secrets.clear()
    harness.replica.probes._missing.add(recorded.secret_uid)
    await harness.reconcile()

    assert told(caplog) == [("token collected", "Issued")]


@simulated
async def test_no_line_holds_the_text(harness: OperatorHarness, caplog: pytest.LogCaptureFixture) -> None:
    await harness.mint(ttl=HOUR)
    (secret,) = harness.store.secrets.values()
    assert secret.text is not None
    text = secret.text.reveal()

    assert caplog.records
    assert all(text[-40:] not in str(vars(record)) for record in caplog.records)


def test_the_deletion_of_a_live_token_is_a_line_and_that_of_an_ended_one_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    active = TokenRecord.of(a_minted_token())

    log_deletion(TOKEN, active)
    log_deletion(TOKEN, replace(active, phase=Phase.EXPIRED))

    assert told(caplog) == [("token deleted", "Deleted")]


@pytest.mark.parametrize("leads", [True, False])
@simulated
async def test_a_deletion_is_logged_by_the_leader_alone(
    harness: OperatorHarness, caplog: pytest.LogCaptureFixture, *, leads: bool
) -> None:
    await harness.mint(ttl=HOUR)
    caplog.clear()
    harness.replica.leader_queue.is_leader = leads

    harness.replica.cache.remove_token(TOKEN)
    harness.replica.cache.remove_token(TOKEN)

    assert told(caplog) == [("token deleted", "Deleted")] * leads
