"""The verifier's one write, under the chart's ServiceAccount, and what others make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import ForbiddenError, InvalidError, NotFoundError
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Connection, connect
from pharia_access.kube.http import Request
from pharia_access.kube.verifier.last_used import KubeLastUsedWriter
from tests.support.operators.operator_requests import requests_of_the_operator
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import VERIFIER_ACCOUNT
from tools.control_plane.workspace import instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

Json = dict[str, Any]

WRITES_OF_A_MINT = 1  # to a token: its status
MOMENT = datetime(2026, 11, 24, 12, 30, 15, 900_000, tzinfo=UTC)


@pytest_asyncio.fixture
async def connection(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Connection]:
    """The verifier's way to the API server."""
    path = control_plane.service_account_kubeconfig(NAMESPACE, VERIFIER_ACCOUNT, tmp_path / "kubeconfig")
    async with connect(str(path), pool_size=1) as opened:
        yield opened


@pytest.fixture
def uses(connection: Connection) -> KubeLastUsedWriter:
    return KubeLastUsedWriter(connection, timeout_seconds=5)


@pytest.fixture
def token(workspace: Workspace) -> Json:
    """A token that the operator has minted."""
    workspace.credential()
    return workspace.issued()


def key_of(token: Json) -> str:
    return f"{token['metadata']['namespace']}/{token['metadata']['name']}"


def stored(workspace: Workspace) -> Json:
    found = workspace.read("ApiToken", "ci")
    assert found is not None
    return found


async def test_the_time_is_written_and_nothing_else_changes(
    uses: KubeLastUsedWriter, workspace: Workspace, token: Json
) -> None:
    await uses.write_last_used(key_of(token), token["metadata"]["uid"], MOMENT.timestamp())

    after = stored(workspace)
    assert after["status"] == {**token["status"], "lastUsedTime": "2026-11-24T12:30:15Z"}
    assert after["spec"] == token["spec"]
    assert after["metadata"]["generation"] == token["metadata"]["generation"]


async def test_an_inspection_is_written_beside_it(uses: KubeLastUsedWriter, workspace: Workspace, token: Json) -> None:
    await uses.write_last_inspected(key_of(token), token["metadata"]["uid"], MOMENT.timestamp())

    assert stored(workspace)["status"] == {**token["status"], "lastInspectedTime": "2026-11-24T12:30:15Z"}


async def test_it_moves_on_with_later_uses(uses: KubeLastUsedWriter, workspace: Workspace, token: Json) -> None:
    for hours in (0, 1):
        moment = MOMENT + timedelta(hours=hours)
        await uses.write_last_used(key_of(token), token["metadata"]["uid"], moment.timestamp())

    assert stored(workspace)["status"]["lastUsedTime"] == "2026-11-24T13:30:15Z"


async def test_another_token_of_the_name_is_left_alone(
    uses: KubeLastUsedWriter, workspace: Workspace, token: Json
) -> None:
    with pytest.raises(InvalidError, match="422 Invalid"):
        await uses.write_last_used(key_of(token), "00000000-0000-0000-0000-000000000000", MOMENT.timestamp())

    assert "lastUsedTime" not in stored(workspace)["status"]


async def test_a_token_that_is_gone_is_not_found(uses: KubeLastUsedWriter, workspace: Workspace) -> None:
    with pytest.raises(NotFoundError):
        await uses.write_last_used(f"{workspace.namespace}/gone", "token-1", MOMENT.timestamp())


@pytest.mark.parametrize(
    ("body", "subresource"),
    [
        pytest.param({"status": {"phase": "Expired"}}, "status", id="another field of status"),
        pytest.param({"status": {"lastUsedTime": "2026-11-24T00:00:00Z", "delivery": None}}, "status", id="one more"),
        pytest.param({"spec": {"revoked": True}}, "", id="spec"),
        pytest.param({"metadata": {"labels": {"a": "b"}}}, "", id="metadata"),
    ],
)
async def test_anything_else_is_denied(
    connection: Connection, workspace: Workspace, token: Json, body: Json, subresource: str
) -> None:
    path = paths.of_object("apitokens", ObjectKey(workspace.namespace, "ci"), subresource=subresource)

    with pytest.raises(ForbiddenError):
        await connection.send(Request("PATCH", path, 5, body, MERGE_PATCH))

    after = stored(workspace)
    assert (after["spec"], after["status"]) == (token["spec"], token["status"])
    assert "labels" not in after["metadata"]


async def test_the_operator_answers_it_with_no_write(
    control_plane: ControlPlane, uses: KubeLastUsedWriter, workspace: Workspace, token: Json
) -> None:
    def writes() -> list[Json]:
        asked = requests_of_the_operator(control_plane, namespace=workspace.namespace, resource="apitokens")
        return [request for request in asked if request["verb"] not in {"get", "list", "watch"}]

    wait_until(lambda: len(writes()) >= WRITES_OF_A_MINT, what="the audit log has its mint")
    before = len(writes())
    await uses.write_last_used(key_of(token), token["metadata"]["uid"], MOMENT.timestamp())
    # What the operator does for a token made later comes after what it did about the write.
    workspace.issued("later")
    wait_until(
        lambda: any(request["objectRef"]["name"] == "later" for request in writes()),
        what="the audit log has the later token",
    )

    assert len([request for request in writes() if request["objectRef"]["name"] == "ci"]) == before
    assert instant(stored(workspace)["status"]["lastUsedTime"]) == MOMENT.replace(microsecond=0)


async def test_people_see_it_in_the_wide_list(
    control_plane: ControlPlane, uses: KubeLastUsedWriter, workspace: Workspace, token: Json
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1, minutes=1)
    await uses.write_last_used(key_of(token), token["metadata"]["uid"], an_hour_ago.timestamp())

    wide = control_plane.kubectl("get", "apitokens", "-n", workspace.namespace, "-o", "wide").stdout

    heading, row = wide.splitlines()
    assert row[heading.index("LAST USED") :].split()[0] == "61m"
