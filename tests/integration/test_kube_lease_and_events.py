"""What the Kubernetes edge needs beside our kinds, on a real API server: the Lease, Events and the time of day."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.api_values import EventMessage, LeaseRecord
from pharia_access.errors import AlreadyExistsError, ConflictError
from pharia_access.kube import paths
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.operator.events import EventRecorder
from pharia_access.kube.operator.lease import KubeLeases
from tests.support.fakes.virtual_time import FakeClock
from tests.support.operators.live_tokens import a_live_token
from tools.control_plane.workspace import Workspace, now

if TYPE_CHECKING:
    from pharia_access.kube.gateway import KubeCluster
    from tools.control_plane.plane import ControlPlane


async def test_a_lease_is_taken_by_one(namespace: str, control_plane: ControlPlane) -> None:
    record = LeaseRecord("me", 15, datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC), 0)
    async with connect(str(control_plane.kubeconfig), pool_size=2) as admin:
        leases = KubeLeases(admin, namespace=namespace, name="operator")
        assert await leases.read_lease() is None
        taken = await leases.write_lease(record)
        with pytest.raises(AlreadyExistsError):
            await leases.write_lease(record)
        assert await leases.read_lease() == taken
        released = await leases.write_lease(replace(taken, holder="", transitions=1))
        with pytest.raises(ConflictError):
            await leases.write_lease(taken)

    assert replace(taken, resource_version="") == record
    assert (released.holder, released.transitions) == ("", 1)


async def test_an_event_tells_a_person(workspace: Workspace, cluster: KubeCluster, connection: Connection) -> None:
    token = await a_live_token(workspace, cluster)
    recorder = EventRecorder(connection, instance="replica-1", clock=FakeClock(now()))
    notice = EventMessage("ApiToken", token.key, token.uid, "SecretConflict", "Delete the Secret.", warning=True)
    recorder.record(notice)
    recorder.record(notice)
    recorder.record(replace(notice, reason="Issued"))
    writing = asyncio.create_task(recorder.run())
    await recorder.drain(10)
    writing.cancel()
    events = workspace.api.request("GET", paths.of_event(workspace.namespace)).body["items"]

    assert sorted(event["reason"] for event in events) == ["Issued", "SecretConflict"]
    assert {event["involvedObject"]["uid"] for event in events} == {token.uid}
    assert recorder.dropped == 0


async def test_the_api_servers_clock_is_ours(connection: Connection) -> None:
    assert abs(await connection.server_time_offset(now)) < timedelta(seconds=2)
