"""While a guard does not hold, a running operator mints nothing, says so, and goes on ending tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.operators.watchful import WATCHFUL
from tests.support.security.guards import BINDING, KIND, POLICIES, Json, Tampering, tampered, until_guards_hold
from tools.control_plane.workspace import Workspace, condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.api import Api
    from tools.control_plane.operators import RunningOperator

PATIENT = {"PHARIA_ACCESS_PENDING_BOUND": "10m", "PHARIA_ACCESS_DEFAULT_WINDOW": "10m"}


# These have an operator of their own each, so they come before the one that the others share.


def test_an_operator_that_starts_without_guards_mints_nothing(
    pool: OperatorPool, admin: Api, workspace: Workspace
) -> None:
    workspace.credential()
    with tampered(admin, Tampering(BINDING, "bind-roles", None)):
        pool.stop()
        operator = pool.start(PATIENT, program=WATCHFUL)
        try:
            until_guards_hold(operator, holds=False)
            workspace.token()
            workspace.until_outcome("ci", "Pending", "GuardsDown")
            assert operator.get("/readyz")[0] == 503
        finally:
            operator.process.stop()


def test_whoever_does_without_guards_says_so_and_is_obeyed(
    pool: OperatorPool, admin: Api, workspace: Workspace
) -> None:
    workspace.credential()
    with (
        tampered(admin, Tampering(BINDING, "bind-roles", None)),
        pool.alone({"PHARIA_ACCESS_REQUIRE_GUARDS": "false"}) as operator,
    ):
        workspace.issued()
        assert "pharia_access_guard_holds{" not in operator.get("/metrics")[1]


@pytest.fixture(scope="module")
def watchful(pool: OperatorPool) -> Iterator[RunningOperator]:
    with pool.alone(PATIENT, program=WATCHFUL) as running:
        yield running


def without_rules(obj: Json) -> None:
    (version,) = obj["spec"]["versions"]
    version["schema"]["openAPIV3Schema"]["properties"]["spec"].pop("x-kubernetes-validations")


TAMPERINGS = [
    *(Tampering(BINDING, guard, None) for guard in POLICIES),
    Tampering(KIND, "apitokens", without_rules),
]


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda it: it.guard)
def test_nothing_is_minted_while_a_guard_is_down_and_tokens_go_on_ending(
    watchful: RunningOperator, admin: Api, workspace: Workspace, tampering: Tampering
) -> None:
    until_guards_hold(watchful)
    workspace.credential()
    ending, revoked = workspace.issued("ending"), workspace.issued("revoked")

    with tampered(admin, tampering):
        until_guards_hold(watchful, holds=False)
        workspace.token("asked-for")
        waiting = workspace.until_outcome("asked-for", "Pending", "GuardsDown")
        workspace.end_in(ending, 1)
        workspace.revoke("revoked")
        workspace.until_outcome("ending", "Expired", "Expired")
        workspace.until_outcome("revoked", "Revoked", "Revoked")
        workspace.until_gone("Secret", "revoked-token", "ending-token")
        ready, metrics = watchful.get("/readyz"), watchful.get("/metrics")[1]
        assert "hash" not in workspace.known("ApiToken", "asked-for")["status"]

    workspace.until_outcome("asked-for", "Active", "Issued")
    until_guards_hold(watchful)
    assert ready[0] == 503
    assert f"{tampering.guard}: " in ready[1]
    assert f"{tampering.guard}: " in condition(waiting, "Ready")["message"]
    assert f'pharia_access_guard_holds{{guard="{tampering.guard}"}} 0.0' in metrics
    assert "pharia_access_guards_held_timestamp_seconds NaN" not in metrics
    assert revoked["status"]["phase"] == "Active"
