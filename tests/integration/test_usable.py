"""`Active` says what a verifier says: a credential's tokens follow it, in the stored condition and in `kubectl get`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.unguarded import OFF, ON
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, instant, now

if TYPE_CHECKING:
    from tests.support.operators.killable_operator import KillableOperator
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

SUSPEND, RESUME = {"spec": {"suspended": True}}, {"spec": {"suspended": False}}


def until_active(workspace: Workspace, status: str, reason: str, name: str = "ci") -> Json:
    """The token, once its condition Active says this."""

    def says(token: Json) -> bool:
        active = condition(token, "Active")
        return (active.get("status"), active.get("reason")) == (status, reason)

    return workspace.until("ApiToken", name, says, f"Active={status}, {reason}")


def columns(control_plane: ControlPlane, workspace: Workspace, *headings: str) -> list[str]:
    """What `kubectl get` shows of token ci under these headings."""
    told = control_plane.kubectl("get", "apitoken", "ci", f"--namespace={workspace.namespace}").stdout
    heading, row = told.splitlines()
    return [row[heading.index(each) :].split()[0] for each in headings]


@pytest.mark.usefixtures("operator")
def test_the_tokens_of_a_suspended_credential_say_so_until_it_is_resumed(
    control_plane: ControlPlane, workspace: Workspace, verifier: RunningVerifier
) -> None:
    credential = workspace.credential()
    token = workspace.issued(ttl="1h")
    text = workspace.text().reveal()
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 200, what="the token is accepted")

    workspace.change(credential, SUSPEND)
    barred = until_active(workspace, "False", "CredentialSuspended")
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 401, what="the token is refused")

    message = condition(barred, "Active")["message"]
    assert "ApiCredential invoice-bot is suspended" in message
    assert condition(barred, "Ready")["status"] == "True"
    assert "can be used" not in condition(barred, "Ready")["message"]
    assert barred["status"]["phase"] == "Active"
    assert barred["status"]["delivery"]["state"] == "Available"
    assert columns(control_plane, workspace, "PHASE", "USABLE") == ["Active", "False"]
    tokens = workspace.until("ApiCredential", "invoice-bot", lambda it: "tokens" in it["status"], "it is counted")
    assert tokens["status"]["tokens"]["active"] == 1

    workspace.change(credential, RESUME)
    usable = until_active(workspace, "True", "Issued")
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 200, what="the token is accepted again")

    assert condition(usable, "Active")["message"] == condition(token, "Active")["message"]
    assert columns(control_plane, workspace, "USABLE") == ["True"]
    assert set(workspace.events("ci")) <= {"Issued", "Delivered"}


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("last", [SUSPEND, RESUME], ids=["suspended", "resumed"])
def test_after_quick_changes_of_mind_the_last_one_holds(workspace: Workspace, last: Json) -> None:
    credential = workspace.credential()
    names = [f"ci-{number}" for number in range(5)]
    for name in names:
        workspace.issued(name, ttl="1h")

    for change in (SUSPEND, RESUME, SUSPEND, RESUME, last):
        workspace.change(credential, change)

    ended = ("False", "CredentialSuspended") if last is SUSPEND else ("True", "Issued")
    seen = workspace.until(
        "ApiCredential",
        "invoice-bot",
        lambda it: it["status"]["observedGeneration"] == it["metadata"]["generation"],
        "the operator has seen it",
    )
    for name in names:
        until_active(workspace, *ended, name)
    assert bool(seen["spec"].get("suspended")) is (last is SUSPEND)


@pytest.mark.usefixtures("operator")
def test_the_tokens_of_a_credential_that_a_finalizer_holds_say_that_it_is_being_deleted(workspace: Workspace) -> None:
    credential = workspace.change(workspace.credential(), ON)
    workspace.issued(ttl="1h")

    workspace.delete(credential)
    barred = until_active(workspace, "False", "CredentialDeleting")

    assert "ApiCredential invoice-bot is being deleted" in condition(barred, "Active")["message"]
    workspace.change(credential, OFF)
    workspace.until_gone("ApiToken", "ci")


@pytest.mark.usefixtures("operator")
def test_a_token_that_a_finalizer_holds_is_not_active_and_its_secret_goes(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(ttl="1h", delivery={"window": "1m"})
    workspace.change(token, ON)

    workspace.delete(token)
    barred = until_active(workspace, "False", "Deleting")

    workspace.until_gone("Secret", "ci-token")
    assert now() < instant(token["status"]["delivery"]["deadline"]) + timedelta(seconds=1)
    assert barred["status"]["phase"] == "Revoked"
    workspace.change(token, OFF)
    workspace.until_gone("ApiToken", "ci")


@pytest.mark.usefixtures("operator")
def test_the_column_shows_the_end_that_counts(control_plane: ControlPlane, workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(ttl="100h")
    fixed = token["status"]["expiresAt"]
    assert columns(control_plane, workspace, "EXPIRES") == [fixed]

    workspace.change(token, {"spec": {"expiresAt": "2026-12-31T01:00:00+01:00"}})
    later = workspace.until("ApiToken", "ci", lambda it: it["status"]["observedGeneration"] == 2, "the edit is seen")
    end = workspace.end_in(token, 3600).strftime("%FT%TZ")
    workspace.until("ApiToken", "ci", lambda it: it["status"]["endsAt"] == end, "it ends earlier")

    assert later["status"]["endsAt"] == min(fixed, "2026-12-31T00:00:00Z")
    assert columns(control_plane, workspace, "EXPIRES") == [end]
    assert workspace.known("ApiToken", "ci")["status"]["expiresAt"] == fixed


@pytest.mark.usefixtures("operator")
def test_the_end_of_what_is_never_minted_is_shown_too(control_plane: ControlPlane, workspace: Workspace) -> None:
    workspace.credential()
    workspace.token(expiresAt="2026-01-01T00:00:00Z")

    workspace.until_outcome("ci", "Expired", "Expired")

    assert columns(control_plane, workspace, "EXPIRES") == ["2026-01-01T00:00:00Z"]


def test_what_was_suspended_or_resumed_while_no_operator_ran_is_told_after_it(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    killable_operator.running()
    credential = workspace.credential()
    workspace.issued(ttl="1h")
    killable_operator.kill()
    workspace.change(credential, SUSPEND)

    killable_operator.running()
    until_active(workspace, "False", "CredentialSuspended")
    killable_operator.kill()
    workspace.change(credential, RESUME)
    killable_operator.running()

    until_active(workspace, "True", "Issued")
