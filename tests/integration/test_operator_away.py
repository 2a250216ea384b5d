"""What becomes of tokens while no operator runs or no API server answers: all is put right when it is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace, condition, now

if TYPE_CHECKING:
    from tests.support.operators.killable_operator import KillableOperator
    from tools.control_plane.plane import ControlPlane

NOTICED_SECONDS = 10
"""Within which an operator does what is due, even on a machine that is busy with other tests."""

ARGO = {"argocd.argoproj.io/tracking-id": "apps:access.pharia.ai/ApiToken:finance/ci"}


def test_a_credential_made_again_does_not_revive_the_tokens_of_the_first(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    killable_operator.running()
    credential = workspace.credential()
    workspace.issued("unmarked")
    workspace.issued("marked", annotations=ARGO)

    killable_operator.kill()
    workspace.delete(credential, policy="Orphan")
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.credential()
    killable_operator.running()

    workspace.until_gone("ApiToken", "unmarked")
    failed = workspace.until_outcome("marked", "Failed", "CredentialReplaced")
    assert condition(failed, "Active")["status"] == "False"
    assert condition(failed, "Stalled")["status"] == "True"
    workspace.until_gone("Secret", "unmarked-token", "marked-token")


def test_a_token_expires_on_time_after_a_restart(killable_operator: KillableOperator, workspace: Workspace) -> None:
    killable_operator.running()
    workspace.credential()
    token = workspace.issued()

    killable_operator.kill()
    ends = workspace.end_in(token, 15)
    killable_operator.running()
    assert now() < ends, "the operator took too long to start"
    workspace.until_outcome("ci", "Expired", "Expired", timeout=40)

    assert 0 <= (now() - ends).total_seconds() < NOTICED_SECONDS


def test_a_token_that_ended_while_no_operator_ran_is_marked_at_once(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    killable_operator.running()
    workspace.credential()
    token = workspace.issued()
    killable_operator.kill()
    ends = workspace.end_in(token, 1)
    wait_until(lambda: now() > ends, what="its end has come")

    killable_operator.running()

    workspace.until_outcome("ci", "Expired", "Expired", timeout=NOTICED_SECONDS)
    assert workspace.list("Secret") == []


def test_an_operator_that_can_watch_nothing_says_so_and_watches_again_by_itself(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    killable_operator.kill()
    killable_operator.proxy.refused["/api"] = 400  # what Kopf asks first
    try:
        operator = killable_operator.start()
        wait_until(
            lambda: "no namespace can be watched" in operator.get("/readyz")[1], what="it is not ready", timeout=30
        )
    finally:
        killable_operator.proxy.refused.clear()

    workspace.credential()
    workspace.issued()  # by an event: the next list is a quarter of an hour away


def test_an_operator_goes_on_when_the_api_server_comes_back(
    control_plane: ControlPlane, killable_operator: KillableOperator, workspace: Workspace
) -> None:
    process = killable_operator.running().process
    workspace.credential()
    ends = workspace.end_in(workspace.issued("short"), 8)

    control_plane.restart_api_server()
    control_plane.restart_controllers()  # its watches would wait up to a minute
    workspace.token("late")

    workspace.until_outcome("late", "Active", "Issued", timeout=60)
    workspace.until_outcome("short", "Expired", "Expired", timeout=30)
    assert process.running
    assert now() > ends
