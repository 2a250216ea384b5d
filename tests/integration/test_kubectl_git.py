"""What Git declares is changed by `kubectl access` with --force alone, and what it leaves open is free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.api import APPLY
from tools.control_plane.resources import api_credential, api_token
from tools.control_plane.workspace import ROLE, Workspace

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin

TRACKED = {"argocd.argoproj.io/tracking-id": "finance:access.pharia.ai/ApiToken:finance/ci"}


def applied_by_argo_cd(workspace: Workspace, body: dict[str, Any]) -> None:
    """As Argo CD does with server-side apply, its mark included."""
    body["metadata"]["annotations"] = TRACKED
    reply = workspace.api.patch(body, body, form=APPLY, fieldManager="argocd-controller", force="true")
    assert reply.ok, reply.message


@pytest.fixture
def declared(workspace: Workspace) -> Workspace:
    """With a credential and a token that Git declares, the credential's roles and the token's end among the fields."""
    workspace.role("another")
    applied_by_argo_cd(workspace, api_credential(workspace.namespace, roles=[ROLE], suspended=False))
    applied_by_argo_cd(workspace, api_token(workspace.namespace, "ci", revoked=False))
    return workspace


GIT_CASES = {
    "roles": (
        ("credential", "roles", "add", "invoice-bot", "another"),
        "spec.roles of credential invoice-bot is declared in Git (by argocd-controller), which may revert the change",
    ),
    "suspended": (
        ("credential", "suspend", "invoice-bot"),
        (
            "spec.suspended of credential invoice-bot is declared in Git (by argocd-controller), "
            "which may revert the change"
        ),
    ),
    "a credential": (
        ("credential", "delete", "invoice-bot"),
        "credential invoice-bot is declared in Git (by Argo CD), which would create it again",
    ),
    "revoked": (
        ("token", "revoke", "ci"),
        "spec.revoked of token ci is declared in Git (by argocd-controller), which may revert the change",
    ),
    "a token": (
        ("token", "delete", "ci"),
        "token ci is declared in Git (by Argo CD), which would create it again",
    ),
}


@pytest.mark.parametrize(("words", "why"), GIT_CASES.values(), ids=GIT_CASES)
def test_what_git_declares_is_changed_by_force_alone(
    declared: Workspace, plugin: Plugin, words: tuple[str, ...], why: str
) -> None:
    refused = plugin.run(*words, "--yes")
    forced = plugin.run(*words, "--yes", "--force")

    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"Error: {why[:1].upper() if not why.startswith('spec') else 's'}{why[1:]}.",
        "Change it in Git, or run the command again with --force.",
    ]
    assert forced.status == 0, forced.stderr
    assert f"Warning: {why}." in forced.stderr


def test_what_git_does_not_declare_of_a_tracked_object_is_free(workspace: Workspace, plugin: Plugin) -> None:
    applied_by_argo_cd(workspace, api_credential(workspace.namespace, roles=[ROLE]))

    answer = plugin.run("credential", "edit", "invoice-bot", "--description=free")

    assert (answer.status, answer.stderr) == (0, "credential invoice-bot changed\n")
