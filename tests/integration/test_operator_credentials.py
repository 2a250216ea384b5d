"""Credentials: what their status says, and what becomes of their tokens when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.operators.earlier_owners import give_earlier_owner, reference_to
from tests.support.operators.operator_requests import requests_of_the_operator
from tools.control_plane.resources import api_token, secret
from tools.control_plane.workspace import ROLE, Json, Workspace, condition

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")

ARGO = {"argocd.argoproj.io/tracking-id": "apps:access.pharia.ai/ApiToken:finance/ci"}
FLUX = {"kustomize.toolkit.fluxcd.io/name": "apps"}


def owners(token: Json | None) -> list[Json]:
    """Whom a token belongs to."""
    found: list[Json] = (token or {})["metadata"].get("ownerReferences", [])
    return found


def until_reason(workspace: Workspace, reason: str) -> Json:
    """Wait until the credential's Ready has this reason."""
    return workspace.until(
        "ApiCredential", "invoice-bot", lambda it: condition(it, "Ready").get("reason") == reason, reason
    )


def test_a_credential_whose_roles_resolve_is_ready(workspace: Workspace) -> None:
    credential = workspace.credential()

    ready = until_reason(workspace, "AllRolesResolve")

    assert condition(ready, "Ready")["status"] == "True"
    assert condition(ready, "Stalled") == {}
    assert ready["status"]["observedGeneration"] == credential["metadata"]["generation"]


def test_unknown_roles_are_named_until_they_come(workspace: Workspace) -> None:
    missing = f"late-{workspace.namespace}"[:60].rstrip("-")
    workspace.credential(roles=[ROLE, missing])
    workspace.issued()  # the other roles hold, and its minting goes on

    waiting = until_reason(workspace, "UnknownRoles")
    assert condition(waiting, "Ready")["status"] == "False"
    assert missing in condition(waiting, "Ready")["message"]
    assert "UnknownRoles" in workspace.until_events("invoice-bot", "UnknownRoles")

    workspace.role(missing)
    until_reason(workspace, "AllRolesResolve")


def test_a_role_that_this_namespace_may_not_hold_is_named(workspace: Workspace) -> None:
    name = f"elsewhere-{workspace.namespace}"[:60].rstrip("-")
    workspace.role(name, allowedNamespaces=["kube-system"])
    workspace.credential(roles=[name])

    refused = until_reason(workspace, "RolesNotAllowed")

    assert name in condition(refused, "Ready")["message"]
    assert condition(refused, "Stalled")["status"] == "True"


def test_counts_are_right_and_written_seldom(control_plane: ControlPlane, workspace: Workspace) -> None:
    workspace.credential()
    for number in range(10):
        workspace.token(f"ci-{number}")
    workspace.token("revoked", revoked=True)

    expected = {"active": 10, "expired": 0, "revoked": 1, "pending": 0, "failed": 0}
    workspace.until("ApiCredential", "invoice-bot", lambda it: it["status"].get("tokens") == expected, str(expected))

    wanted = {"verb": "patch", "namespace": workspace.namespace, "resource": "apicredentials"}
    writes = requests_of_the_operator(control_plane, **wanted)
    assert 1 <= len(writes) <= 4


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"annotations": ARGO}, id="Argo CD's annotation"),
        pytest.param({"labels": FLUX}, id="Flux's label"),
    ],
)
@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
def test_a_token_has_no_owner_and_goes_with_its_credential_however_that_is_deleted(
    workspace: Workspace, marks: dict[str, Json], policy: str
) -> None:
    credential = workspace.credential()
    token = workspace.issued("ci", **marks)

    workspace.delete(credential, policy=policy)

    assert owners(token) == []
    workspace.until_gone("ApiToken", "ci")
    workspace.until_gone("Secret", "ci-token")


def test_a_token_is_left_to_its_controller_and_goes_with_it(workspace: Workspace) -> None:
    """As of Crossplane or kro. With a second owner of ours garbage collection would keep it alive."""
    workspace.credential()
    app = workspace.api.create(secret(workspace.namespace, "app")).body
    token = api_token(workspace.namespace, "ci")
    controller = {"apiVersion": "v1", "kind": "Secret", "name": "app", "uid": app["metadata"]["uid"]}
    token["metadata"]["ownerReferences"] = [{**controller, "controller": True}]
    assert workspace.api.create(token).ok
    minted = workspace.until_outcome("ci", "Active", "Issued")

    workspace.delete(app)

    assert [owner["name"] for owner in owners(minted)] == ["app"]
    workspace.until_gone("ApiToken", "ci")
    workspace.until_gone("Secret", "ci-token")


def test_the_references_of_an_earlier_version_go_and_their_tokens_stay(
    control_plane: ControlPlane, workspace: Workspace
) -> None:
    credential = workspace.credential()
    tokens = [workspace.issued(f"ci-{number}") for number in range(3)]

    for token in tokens:
        give_earlier_owner(control_plane, token, reference_to(credential))

    for token in tokens:
        name = token["metadata"]["name"]
        after = workspace.until("ApiToken", name, lambda it: not owners(it), "it has no owner")
        assert (after["metadata"]["uid"], after["status"]) == (token["metadata"]["uid"], token["status"])


def test_a_credential_created_again_meanwhile_keeps_no_token(workspace: Workspace) -> None:
    credential = workspace.credential()
    workspace.issued("unmarked")
    workspace.issued("marked", annotations=ARGO)

    workspace.delete(credential)
    workspace.credential()

    workspace.until_gone("ApiToken", "unmarked")
    left = workspace.read("ApiToken", "marked")
    if left is not None:  # else the operator was quicker than the new credential
        workspace.until_outcome("marked", "Failed", "CredentialReplaced")
