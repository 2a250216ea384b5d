"""Credentials: what their status says, and what becomes of their tokens when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.audit import requests_of_the_operator
from tests.support.workspace import ROLE, Json, Workspace, condition

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

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


def test_a_token_belongs_to_its_credential(workspace: Workspace) -> None:
    credential = workspace.credential()
    workspace.issued()

    token = workspace.until("ApiToken", "ci", lambda it: bool(owners(it)), "it has an owner")

    assert owners(token) == [
        {
            "apiVersion": "access.pharia.ai/v1alpha1",
            "kind": "ApiCredential",
            "name": "invoice-bot",
            "uid": credential["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": False,
        }
    ]


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param({"annotations": ARGO}, id="Argo CD's annotation"),
        pytest.param({"labels": FLUX}, id="Flux's label"),
    ],
)
def test_a_token_that_git_declares_gets_no_owner_and_goes_with_its_credential(
    workspace: Workspace, marks: dict[str, Json]
) -> None:
    credential = workspace.credential()
    workspace.issued("unmarked")
    workspace.issued("marked", **marks)
    workspace.until("ApiToken", "unmarked", lambda it: bool(owners(it)), "it has an owner")
    assert owners(workspace.read("ApiToken", "marked")) == []

    workspace.delete(credential)

    workspace.until_gone("ApiToken", "unmarked", "marked")
    workspace.until_gone("Secret", "unmarked-token", "marked-token")


def test_a_mark_that_appears_later_removes_the_owner(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()
    owned = workspace.until("ApiToken", "ci", lambda it: bool(owners(it)), "it has an owner")

    workspace.change(owned, {"metadata": {"annotations": ARGO}})

    workspace.until("ApiToken", "ci", lambda it: not owners(it), "it has no owner")


def test_an_owner_that_somebody_else_set_stays(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()
    other = workspace.credential("other")
    reference = {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiCredential",
        "name": "other",
        "uid": other["metadata"]["uid"],
    }
    owned = workspace.until("ApiToken", "ci", lambda it: bool(owners(it)), "it has an owner")

    workspace.change(token, {"metadata": {"annotations": ARGO, "ownerReferences": [*owners(owned), reference]}})

    kept = workspace.until("ApiToken", "ci", lambda it: len(owners(it)) == 1, "one owner")
    assert owners(kept)[0]["name"] == "other"


def test_the_tokens_of_a_credential_deleted_with_orphans_are_deleted_by_the_operator(workspace: Workspace) -> None:
    credential = workspace.credential()
    workspace.issued("unmarked")
    workspace.issued("marked", annotations=ARGO)
    workspace.until("ApiToken", "unmarked", lambda it: bool(owners(it)), "it has an owner")

    workspace.delete(credential, policy="Orphan")

    workspace.until_gone("ApiToken", "unmarked", "marked")
