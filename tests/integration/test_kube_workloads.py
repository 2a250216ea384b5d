"""The Secret that a WorkloadToken keeps, on a real API server with the chart's policies: written blind, never older."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain import token as token_format
from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AlreadyExistsError, ConflictError, NotFoundError
from pharia_access.kube.operator.workloads import KubeWorkloads
from tests.support.operators.workload_places import APP, WorkloadPlace
from tools.control_plane.resources import secret

if TYPE_CHECKING:
    from pharia_access.domain.workload import WorkloadToken
    from pharia_access.kube.client import Connection
    from tools.control_plane.workspace import Workspace


@pytest.fixture
def workloads(connection: Connection) -> KubeWorkloads:
    """The port, under the operator's account."""
    return KubeWorkloads(connection, default_window=timedelta(hours=1))


async def a_workload(workspace: Workspace, workloads: KubeWorkloads, name: str = APP) -> WorkloadToken:
    """One that no operator has seen."""
    WorkloadPlace(workspace).create(name, secret={"name": "kept"})
    return await workloads.read_workload(ObjectKey(workspace.namespace, name))


async def test_a_look_tells_what_the_secret_holds_and_shows_nothing(
    workspace: Workspace, workloads: KubeWorkloads
) -> None:
    workload = await a_workload(workspace, workloads)
    gone = await workloads.look(workload, 2)
    await workloads.create_kept(workload, 2, token_format.mint("pharia", os.urandom))

    sights = [await workloads.look(workload, revision) for revision in (1, 2, 3)]

    assert (gone, sights) == (Sight.GONE, [Sight.HELD, Sight.HELD, Sight.OLDER])


async def test_a_text_that_comes_too_late_is_refused_and_the_later_one_stays(
    workspace: Workspace, workloads: KubeWorkloads
) -> None:
    """As from a leader that stood still for an hour right before its write."""
    workload, place = await a_workload(workspace, workloads), WorkloadPlace(workspace)
    old, new = (token_format.mint("pharia", os.urandom) for _ in range(2))
    await workloads.create_kept(workload, 1, token_format.mint("pharia", os.urandom))
    await workloads.replace_kept(workload, 3, new)

    for revision in (1, 2, 3):
        with pytest.raises(ConflictError):
            await workloads.replace_kept(workload, revision, old)
    with pytest.raises(AlreadyExistsError):
        await workloads.create_kept(workload, 4, old)

    assert (place.held("kept"), place.text("kept")) == (3, new)


@pytest.mark.parametrize("immutable", [False, True], ids=["mutable", "immutable"])
async def test_a_secret_of_somebody_else_is_told_from_an_earlier_one_of_ours(
    workspace: Workspace,
    workloads: KubeWorkloads,
    immutable: bool,  # noqa: FBT001 - a row
) -> None:
    workload = await a_workload(workspace, workloads)
    assert workspace.api.create({**secret(workspace.namespace, "kept"), "immutable": immutable}).ok

    assert await workloads.look(workload, 1) is Sight.FOREIGN


async def test_the_secret_of_another_workload_token_is_somebody_elses(
    workspace: Workspace, workloads: KubeWorkloads
) -> None:
    first = await a_workload(workspace, workloads)
    second = await a_workload(workspace, workloads, "second")
    await workloads.create_kept(first, 1, token_format.mint("pharia", os.urandom))

    assert await workloads.look(second, 2) is Sight.FOREIGN


async def test_a_secret_that_is_gone_is_not_written_by_a_replacement(
    workspace: Workspace, workloads: KubeWorkloads
) -> None:
    workload = await a_workload(workspace, workloads)

    with pytest.raises(NotFoundError):
        await workloads.replace_kept(workload, 1, token_format.mint("pharia", os.urandom))


async def test_whether_the_operator_may_mint_is_told_by_a_dry_run(
    workspace: Workspace, workloads: KubeWorkloads
) -> None:
    workspace.credential()
    workload = await a_workload(workspace, workloads)
    refused = await workloads.try_child(workload, "app-1")
    place = WorkloadPlace(workspace)
    place.delegate()

    allowed = await workloads.try_child(workload, "app-1")

    assert "apitokens" in refused
    assert (allowed, place.children()) == ("", [])
