"""What Argo CD's health checks and actions make of real objects, as the API server and the operator write them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.argocd.lua_scripts import CUSTOMIZATIONS, health, run
from tests.support.security.workload_steps import let_the_operator_mint
from tools.control_plane.resources import workload_token
from tools.control_plane.workspace import ROLE, condition, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")


def issued(workspace: Workspace) -> Json:
    workspace.credential()
    return workspace.issued(ttl="1h")


def new(workspace: Workspace) -> Json:
    return workspace.token()


def edited(workspace: Workspace) -> Json:
    return workspace.change(issued(workspace), {"spec": {"description": "for the CI"}})


def waiting(workspace: Workspace) -> Json:
    workspace.token()
    return workspace.until_outcome("ci", "Pending", "CredentialNotFound")


def revoked(workspace: Workspace) -> Json:
    workspace.change(issued(workspace), {"spec": {"revoked": True}})
    return workspace.until_outcome("ci", "Revoked", "Revoked")


def expired(workspace: Workspace) -> Json:
    end = now() + timedelta(seconds=2)
    workspace.change(issued(workspace), {"spec": {"expiresAt": end.strftime("%FT%TZ")}})
    return workspace.until_outcome("ci", "Expired", "Expired")


def failed(workspace: Workspace) -> Json:
    workspace.credential(tokenPolicy={"maxTTL": "1h"})
    workspace.token(ttl="2h")
    return workspace.until_outcome("ci", "Failed", "TTLTooLong")


def conflict(workspace: Workspace) -> Json:
    workspace.credential()
    taken = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": workspace.namespace, "name": "ci-token"}}
    assert workspace.api.create(taken).ok
    workspace.token()
    return workspace.until_outcome("ci", "Pending", "SecretConflict")


def _credential(workspace: Workspace, reason: str, **spec: Any) -> Json:  # noqa: ANN401 - handed on
    workspace.credential(**spec)

    def arrived(credential: Json) -> bool:
        conditions = credential["status"].get("conditions", [])
        return any((item["type"], item["reason"]) == ("Ready", reason) for item in conditions)

    return workspace.until("ApiCredential", "invoice-bot", arrived, reason)


def new_credential(workspace: Workspace) -> Json:
    return workspace.credential()


def ready_credential(workspace: Workspace) -> Json:
    return _credential(workspace, "AllRolesResolve")


def suspended(workspace: Workspace) -> Json:
    return _credential(workspace, "Suspended", suspended=True)


def unknown_role(workspace: Workspace) -> Json:
    return _credential(workspace, "UnknownRoles", roles=[ROLE, "not-there-yet"])


def not_allowed(workspace: Workspace) -> Json:
    workspace.role("elsewhere-only", allowedNamespaces=["elsewhere"])
    return _credential(workspace, "RolesNotAllowed", roles=[ROLE, "elsewhere-only"])


def _workload(workspace: Workspace, reason: str, *, delegated: bool = True, **spec: Any) -> Json:  # noqa: ANN401 - handed on
    workspace.credential()
    if delegated:
        let_the_operator_mint(workspace)
    assert workspace.api.create(workload_token(workspace.namespace, "app", **spec)).message == ""

    def arrived(workload: Json) -> bool:
        return condition(workload, "Ready").get("reason") == reason

    return workspace.until("WorkloadToken", "app", arrived, reason)


def new_workload(workspace: Workspace) -> Json:
    made = workspace.api.create(workload_token(workspace.namespace, "app"))
    assert made.ok
    return made.body


def kept(workspace: Workspace) -> Json:
    return _workload(workspace, "Current")


def paused(workspace: Workspace) -> Json:
    return _workload(workspace, "Suspended", suspended=True)


def not_delegated(workspace: Workspace) -> Json:
    return _workload(workspace, "NotDelegated", delegated=False)


@pytest.mark.parametrize(
    ("situation", "status", "message"),
    [
        (new, "Progressing", "Waiting for the operator to look at it"),
        (edited, "Progressing", "Waiting for the operator to look at it"),
        (waiting, "Progressing", "CredentialNotFound: "),
        (issued, "Healthy", "The token can be used until "),
        (revoked, "Healthy", "The token was revoked."),
        (expired, "Healthy", "The token expired at "),
        (failed, "Degraded", "TTLTooLong: "),
        (conflict, "Degraded", "SecretConflict: "),
        (new_credential, "Progressing", "Waiting for the operator to look at it"),
        (ready_credential, "Healthy", "All roles resolve: "),
        (suspended, "Suspended", "The ApiCredential is suspended: its tokens are refused"),
        (unknown_role, "Progressing", "UnknownRoles: ApiRole not found: not-there-yet."),
        (not_allowed, "Degraded", "RolesNotAllowed: "),
        (new_workload, "Progressing", "Waiting for the operator to look at it"),
        (kept, "Healthy", "Secret app holds the token "),
        (paused, "Suspended", ""),
        (not_delegated, "Degraded", "NotDelegated: The operator may not mint here"),
    ],
)
def test_health_follows_the_conditions(
    workspace: Workspace, *, situation: Callable[[Workspace], Json], status: str, message: str
) -> None:
    obj = situation(workspace)

    found = health(obj)

    assert (found["status"], found["message"].startswith(message)) == (status, True), found


def act(workspace: Workspace, obj: Json, action: str) -> Json:
    """Run an action as Argo CD does: it sends what the script changed, as a merge patch."""
    script = (CUSTOMIZATIONS / obj["kind"] / "actions" / action / "action.lua").read_text(encoding="utf-8")
    changed = run(script, obj)
    return workspace.change(obj, {"spec": changed["spec"]})


def test_the_action_revoke_ends_a_token(workspace: Workspace) -> None:
    act(workspace, issued(workspace), "revoke")

    workspace.until_outcome("ci", "Revoked", "Revoked")


def test_the_actions_suspend_and_resume_change_what_the_credential_says(workspace: Workspace) -> None:
    credential = ready_credential(workspace)

    stopped = act(workspace, credential, "suspend")
    resumed = act(workspace, stopped, "resume")

    assert [obj["spec"]["suspended"] for obj in (stopped, resumed)] == [True, False]


def test_the_action_rotate_makes_one_token_though_it_is_asked_twice(workspace: Workspace) -> None:
    workload = kept(workspace)

    for _ in range(2):
        act(workspace, workload, "rotate")

    def rotated(it: Json) -> bool:
        return bool(it["status"]["current"]["revision"] == workload["status"]["revision"] + 1)

    workspace.until("WorkloadToken", "app", rotated, "rotated")
    assert workspace.known("WorkloadToken", "app")["status"]["revision"] == workload["status"]["revision"] + 1


def test_the_actions_suspend_and_resume_change_what_a_workload_token_says(workspace: Workspace) -> None:
    workload = kept(workspace)

    stopped = act(workspace, workload, "suspend")
    resumed = act(workspace, stopped, "resume")

    assert [obj["spec"]["suspended"] for obj in (stopped, resumed)] == [True, False]
