"""Objects that cannot be understood stop nothing else, and what the operator says of itself is true."""

from __future__ import annotations

import copy
import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.support.operators.operator_requests import requests_of_the_operator
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_token
from tools.control_plane.workspace import Json, Workspace, condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane

CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/apitokens.access.pharia.ai"


@pytest.fixture
def loose_schema(control_plane: ControlPlane, workspace: Workspace) -> Iterator[None]:
    """An older schema of ApiToken, that lets every text through as a ttl; put right again afterwards."""
    strict = workspace.api.request("GET", CRD).body
    loose = copy.deepcopy(strict)
    spec = loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    spec["ttl"] = {"type": "string"}
    replace_schema(workspace, loose)
    wait_until(lambda: nonsense(workspace, "canary", dryRun="All"), what="the loose schema is in force", timeout=20)
    yield
    replace_schema(workspace, strict)
    wait_until(
        lambda: not nonsense(workspace, "canary", dryRun="All"), what="the strict schema is in force", timeout=20
    )


def replace_schema(workspace: Workspace, wanted: Json) -> None:
    """Replace the CRD's spec."""
    live = workspace.api.request("GET", CRD).body
    reply = workspace.api.request("PUT", CRD, body={**live, "spec": wanted["spec"]})
    assert reply.ok, reply.message


def nonsense(workspace: Workspace, name: str, **query: str) -> bool:
    """Whether a token with a ttl that nobody understands is accepted."""
    return workspace.api.create(api_token(workspace.namespace, name, ttl="banana"), **query).ok


def malformed_count(operator: RunningOperator) -> float:
    """How often an ApiToken was not understood."""
    found = re.search(
        r'^pharia_access_malformed_objects_total\{kind="ApiToken"\} (\S+)$', metrics(operator), re.MULTILINE
    )
    return float(found.group(1)) if found else 0.0


def metrics(operator: RunningOperator) -> str:
    """All metrics."""
    status, text = operator.get("/metrics")
    assert status == HTTPStatus.OK
    return text


def test_a_token_that_cannot_be_understood_says_so_and_others_go_on(
    control_plane: ControlPlane, operator: RunningOperator, workspace: Workspace, loose_schema: None
) -> None:
    before = malformed_count(operator)
    workspace.credential()

    assert nonsense(workspace, "broken")
    broken = workspace.until(
        "ApiToken", "broken", lambda it: condition(it, "Ready").get("reason") == "InvalidSpec", "InvalidSpec"
    )
    workspace.issued()

    assert condition(broken, "Ready")["status"] == "False"
    assert condition(broken, "Stalled")["status"] == "True"
    assert "ttl" in condition(broken, "Ready")["message"]
    assert "hash" not in broken["status"]
    assert malformed_count(operator) > before
    assert status_writes(control_plane, workspace, "broken") <= 2


def status_writes(control_plane: ControlPlane, workspace: Workspace, name: str) -> int:
    """How often the operator wrote a token's status."""
    wanted = {"verb": "patch", "resource": "apitokens", "subresource": "status", "name": name}
    return len(requests_of_the_operator(control_plane, namespace=workspace.namespace, **wanted))


def test_health_and_readiness_are_told(operator: RunningOperator) -> None:
    assert operator.get("/healthz") == (HTTPStatus.OK, "ok\n")
    assert operator.get("/readyz") == (HTTPStatus.OK, "ok\n")


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r'pharia_access_tokens\{phase="Active"\} [1-9]', id="tokens by phase"),
        pytest.param(r"pharia_access_mint_duration_seconds_count [1-9]", id="duration of mints"),
        pytest.param(r"pharia_access_argon2_hash_seconds_count [1-9]", id="time of hashes"),
        pytest.param(r"pharia_access_queue_depth \d", id="depth of the queue"),
        pytest.param(r"pharia_access_queue_oldest_seconds \d", id="age of the queue"),
        pytest.param(r"pharia_access_leader 1\.0", id="the leader"),
        pytest.param(r"pharia_access_last_full_list_seconds \d", id="seconds since the last full list"),
        pytest.param(r"pharia_access_next_due_timestamp_seconds [1-9]", id="what is due next"),
        pytest.param(r'pharia_access_reconcile_duration_seconds_count\{kind="ApiToken"\} [1-9]', id="reconciles"),
    ],
)
def test_metrics_tell(operator: RunningOperator, workspace: Workspace, pattern: str) -> None:
    workspace.credential()
    workspace.issued(ttl="1h")

    wait_until(lambda: re.search(f"^{pattern}", metrics(operator), re.MULTILINE) is not None, what=pattern, timeout=5)


def test_metrics_name_no_object(operator: RunningOperator, workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()

    shown = metrics(operator)

    assert workspace.namespace not in shown
    assert token["status"]["tokenID"] not in shown


def test_each_line_of_the_log_is_json(operator: RunningOperator, workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()

    for line in operator.process.log_text().splitlines():
        assert {"timestamp", "level", "logger", "message"} <= json.loads(line).keys()


def test_the_operator_ends_in_order_when_it_is_asked_to(operator: RunningOperator) -> None:
    assert operator.process.stop(grace=30) == 0
