"""Each method of the Leases port: what it sends, and what it makes of the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
)
from pharia_access.kube.client import Connection
from pharia_access.kube.operator.lease import KubeLeases
from tests.support.builders.domain_objects import NOW, TOKEN
from tests.support.fakes.exchanges import asked, body, exchanged, line, status
from tests.support.fakes.hostile_api import reply

if TYPE_CHECKING:
    from pathlib import Path
LEASES = "/apis/coordination.k8s.io/v1/namespaces/system/leases"
LEASE = LeaseRecord("us", 15, acquired=NOW, renewed=NOW, transitions=2)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(LEASE, ("POST", LEASES), id="a new one is created"),
        pytest.param(replace(LEASE, resource_version="7"), ("PUT", f"{LEASES}/op"), id="one that was read is replaced"),
    ],
)
async def test_the_lease_is_written(tmp_path: Path, record: LeaseRecord, expected: tuple[str, str]) -> None:
    async def write(connection: Connection) -> LeaseRecord:
        return await KubeLeases(connection, namespace="system", name="op").write_lease(record)

    spec = {"holderIdentity": "us", "leaseDurationSeconds": 15, "leaseTransitions": 2}
    times = {"acquireTime": "2026-11-23T12:00:00.000000Z", "renewTime": "2026-11-23T12:00:00.000000Z"}
    answer = reply(200, {"metadata": {"resourceVersion": "8"}, "spec": {**spec, **times}})
    written, requests = await exchanged(tmp_path, write, answer)

    assert written == replace(LEASE, resource_version="8")
    assert line(requests[0]) == expected
    assert body(requests[0])["spec"] == {**spec, **times}
    assert body(requests[0])["metadata"].get("resourceVersion", "") == record.resource_version


@pytest.mark.parametrize(("reason", "error"), [("Conflict", ConflictError), ("AlreadyExists", AlreadyExistsError)])
async def test_a_lease_that_another_wrote_first_is_said_so(tmp_path: Path, reason: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await exchanged(
            tmp_path, lambda c: KubeLeases(c, namespace="system", name="op").write_lease(LEASE), status(409, reason)
        )


async def test_there_may_be_no_lease_yet(tmp_path: Path) -> None:
    record, _ = await exchanged(
        tmp_path, lambda c: KubeLeases(c, namespace="system", name="op").read_lease(), status(404, "NotFound")
    )

    assert record is None
    with pytest.raises(NotFoundError):
        await asked(tmp_path, lambda c: c.read_token(TOKEN), status(404, "NotFound"))
