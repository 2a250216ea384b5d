"""The composition root: settings reach their parts, the parts reach the API server, and what was opened is closed."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.bootstrap.operator import open_application
from pharia_access.domain.backoff import Backoff
from pharia_access.errors import SettingsError
from pharia_access.services.operator.leadership import LeaseTimings
from pharia_access.services.operator.operator import OperatorIntervals
from pharia_access.settings.operator import OperatorSettings
from tests.support.builders.domain_objects import CREDENTIAL, TEXT, TOKEN
from tests.support.builders.stored_objects import stored_credential, stored_role, stored_token
from tests.support.builders.stored_workloads import stored_workload
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path

LISTS = {
    "apitokens": stored_token(),
    "apicredentials": stored_credential(),
    "apiroles": stored_role(),
    "workloadtokens": stored_workload(),
}


def a_list(request: ReceivedRequest) -> bytes:
    """One object of each kind."""
    kind = request.path.rpartition("/")[2]
    return reply(200, {"metadata": {"resourceVersion": "9"}, "items": [LISTS[kind]]})


async def test_every_setting_reaches_its_part(tmp_path: Path) -> None:
    settings = OperatorSettings(
        kubeconfig=plain_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1"),
        identity="pod-7",
        token_prefix="acme",
        pending_bound=timedelta(minutes=7),
        workers=3,
        resync_interval=timedelta(minutes=11),
        probe_first=timedelta(seconds=20),
        probe_max=timedelta(seconds=90),
        probe_budget_per_second=5,
        deletes_per_second=4,
        delete_ended_after=timedelta(days=30),
        lease_duration=timedelta(seconds=20),
        lease_renew_deadline=timedelta(seconds=12),
        lease_retry_period=timedelta(seconds=3),
    )
    async with open_application(settings) as application:
        operator, elector = application.operator, application.elector
        tokens = operator._parts.tokens

        assert operator._intervals == OperatorIntervals(3, timedelta(minutes=11))
        assert operator._parts.probes._backoff == Backoff(first=20, longest=90)
        assert operator._parts.probes._bucket.per_second == 5
        assert elector._timings == LeaseTimings(timedelta(seconds=20), timedelta(seconds=12), timedelta(seconds=3))
        assert elector._identity == "pod-7"
        assert tokens._lookup._policy == operator._parts.handlers._policy == settings.policy()
        assert settings.policy().delete_ended_after == timedelta(days=30)
        assert tokens._minting._prefix == "acme"
        assert tokens._deletes._bucket.per_second == 4


async def test_the_parts_share_one_view_that_a_list_fills(tmp_path: Path) -> None:
    async with hostile_api(a_list) as api:
        settings = OperatorSettings(
            kubeconfig=plain_kubeconfig(tmp_path / "kubeconfig", api.url), watch_namespaces=("finance",)
        )
        async with open_application(settings) as application:
            await asyncio.wait_for(application.operator.sync_cache(), 10)

            assert application.operator.cache.tokens.keys == (TOKEN,)
            assert tuple(application.operator.cache.credentials) == (CREDENTIAL,)
            assert list(application.operator.cache.catalog) == ["studio-user"]
            assert application.operator.has_synced
            assert b"pharia_access_leader 0.0" in application.metrics.render()

    base = "/apis/access.pharia.ai/v1alpha1"
    assert [(request.method, request.path) for request in api.requests][:5] == [
        ("GET", f"{base}/apiroles"),
        ("GET", f"{base}/namespaces/finance/apicredentials"),
        ("GET", f"{base}/namespaces/finance/workloadtokens"),
        ("GET", f"{base}/namespaces/finance/apitokens"),
        ("GET", "/version"),
    ]


async def test_what_was_opened_is_closed(tmp_path: Path) -> None:
    settings = OperatorSettings(kubeconfig=plain_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1"))
    async with open_application(settings) as application:
        hasher = application.hasher

    with pytest.raises(RuntimeError):
        await hasher.hash_token(TEXT, namespace="finance")


async def test_without_an_api_server_there_is_no_application(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot use"):
        async with open_application(OperatorSettings(kubeconfig=str(tmp_path / "missing"))):
            pass


async def test_the_systems_clock_knows_the_time_in_utc_and_waits() -> None:
    clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(0.01)

    assert abs(clock.now() - datetime.fromtimestamp(time.time(), UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    assert 0.005 < clock.monotonic() - before < 5
