"""Who may edit, and may not mint any more or never could, lets no mint go and holds none up: with an operator."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.rights import Right, may
from tests.support.security.unguarded import unguarded
from tools.control_plane.api import Api, rule
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_token
from tools.control_plane.workspace import Workspace, condition, now, outcome

if TYPE_CHECKING:
    from tests.support.kubectl.rbac_users import RbacUsers

pytestmark = pytest.mark.usefixtures("operator")

OURS = "access.pharia.ai"
MARK = "velero.io/restore-name"

Json = dict[str, Any]


@pytest.fixture
def mallory(admin: Api, rbac_users: RbacUsers) -> Api:
    """An editor, by Kubernetes' own role with what the chart adds to it."""
    return admin.as_user(rbac_users.editor("mallory"))


@pytest.fixture
def former(admin: Api, mallory: Api, namespace: str) -> Api:
    """The same, who may mint for now; `take_the_right_away` ends that."""
    admin.grant("mallory", namespace, rule(OURS, "apicredentials/token", "create"))
    return mallory


def take_the_right_away(admin: Api, namespace: str) -> None:
    (binding,) = (
        found
        for found in admin.find("RoleBinding", namespace).body["items"]
        if found["metadata"]["name"].startswith("test-mallory")
    )
    assert admin.delete({**binding, "kind": "RoleBinding"}).ok
    right = Right("create", OURS, "apicredentials/token", namespace, "invoice-bot")
    wait_until(lambda: not may(admin, "mallory", right), what="the right to mint is gone", timeout=20)


def seen(workspace: Workspace, token: Json) -> None:
    """Wait until the operator has looked at all that was written before: it mints for an administrator."""
    workspace.issued(f"barrier-{token['metadata']['name']}")


def test_a_token_that_asked_for_too_long_a_life_is_no_store_of_a_right_that_is_gone(
    admin: Api, former: Api, workspace: Workspace
) -> None:
    workspace.credential(tokenPolicy={"maxTTL": "1h"})
    bomb = api_token(workspace.namespace, "bomb", expiresAt="2199-01-01T00:00:00Z")
    assert former.create(bomb).ok
    workspace.until_outcome("bomb", "Failed", "TTLTooLong")
    take_the_right_away(admin, workspace.namespace)
    sooner = {"spec": {"expiresAt": (now() + timedelta(minutes=20)).strftime("%FT%TZ")}}

    reply = former.patch(bomb, sooner)
    assert reply.status == 403
    workspace.change(bomb, sooner)  # an administrator does it for them

    seen(workspace, bomb)
    assert outcome(workspace.known("ApiToken", "bomb")) == ("Failed", "TTLTooLong")
    assert workspace.read("Secret", "bomb-token") is None


def test_an_editor_lets_no_restored_token_go(mallory: Api, workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.token("restored", labels={MARK: "nightly"}, annotations={"note": "a"})
    workspace.until_outcome("restored", "Pending", "Restored")

    unmarked: Json = {"labels": {MARK: None}}
    changes = [unmarked, {"labels": None}, {**unmarked, "annotations": {"note": "b"}}]
    answers = [mallory.patch(token, {"metadata": change}).status for change in changes]

    assert answers == [403] * 3
    seen(workspace, token)
    assert outcome(workspace.known("ApiToken", "restored")) == ("Pending", "Restored")
    assert workspace.read("Secret", "restored-token") is None


def test_an_editor_holds_no_mint_up(mallory: Api, workspace: Workspace) -> None:
    credential = workspace.credential(suspended=True)
    token = workspace.token("waiting")
    workspace.until_outcome("waiting", "Pending", "CredentialSuspended")

    assert mallory.patch(token, {"metadata": {"labels": {MARK: "x"}}}).status == 403

    workspace.change(credential, {"spec": {"suspended": False}})
    workspace.until_outcome("waiting", "Active", "Issued")


def test_an_editor_revokes_what_waits_and_nothing_is_minted(mallory: Api, workspace: Workspace) -> None:
    credential = workspace.credential(suspended=True)
    token = workspace.token("waiting")
    workspace.until_outcome("waiting", "Pending", "CredentialSuspended")

    assert mallory.patch(token, {"spec": {"revoked": True}}).ok

    workspace.until_outcome("waiting", "Revoked", "Revoked")
    workspace.change(credential, {"spec": {"suspended": False}})
    seen(workspace, token)
    assert workspace.read("Secret", "waiting-token") is None


def test_what_an_edit_of_a_credential_lets_go_was_asked_for_within_the_bound(
    admin: Api, former: Api, workspace: Workspace
) -> None:
    """The threat model says so: who resumes a credential lets go what somebody with the right asked for."""
    credential = workspace.credential(suspended=True)
    asked, late = (api_token(workspace.namespace, name) for name in ("asked", "late"))
    assert former.create(late).ok
    workspace.until_outcome("late", "Failed", "PendingTooLong", timeout=90)
    assert former.create(asked).ok
    workspace.until_outcome("asked", "Pending", "CredentialSuspended")
    take_the_right_away(admin, workspace.namespace)

    assert former.patch(credential, {"spec": {"suspended": False}}).ok

    minted = workspace.until_outcome("asked", "Active", "Issued")
    assert condition(minted, "Ready")["status"] == "True"
    assert outcome(workspace.known("ApiToken", "late")) == ("Failed", "PendingTooLong")


def test_a_secret_that_a_finalizer_holds_stores_no_mint(admin: Api, mallory: Api, workspace: Workspace) -> None:
    """Who edits Secrets can keep the name of an earlier token's taken: for as long as any obstacle, and no longer."""
    workspace.credential()
    first = workspace.issued("ci")
    held = {**workspace.known("Secret", "ci-token"), "kind": "Secret"}
    by_finalizer = {"metadata": {"finalizers": ["example.com/hold"]}}

    def passes() -> bool:
        return mallory.patch(held, {"metadata": {"finalizers": ["example.com/try"]}}, dryRun="All").ok

    with unguarded(admin, "reserve-one-time-secrets", passes=passes):
        assert mallory.patch(held, by_finalizer).ok
    workspace.delete(first)
    workspace.until("Secret", "ci-token", lambda it: "deletionTimestamp" in it["metadata"], "being deleted")

    workspace.token("ci")
    waiting = workspace.until_outcome("ci", "Pending", "SecretConflict")
    assert "still stands, held by" in condition(waiting, "Ready")["message"]
    failed = workspace.until_outcome("ci", "Failed", "PendingTooLong", timeout=90)
    assert mallory.patch(held, {"metadata": {"finalizers": None}}).ok
    workspace.until_gone("Secret", "ci-token")

    seen(workspace, failed)
    assert outcome(workspace.known("ApiToken", "ci")) == ("Failed", "PendingTooLong")
    assert workspace.read("Secret", "ci-token") is None
