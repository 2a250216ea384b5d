"""What a WorkloadToken had made goes with it, however it is deleted, and nobody keeps a token of it by another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.rights import Right, may
from tests.support.security.unminted_tokens import MARK, OURS, mints
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import WORKLOAD_LABEL, api_token, child_token, kept_secret, workload_token
from tools.control_plane.workspace import outcome

if TYPE_CHECKING:
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

Json = dict[str, Any]


@pytest.fixture
def account(admin: Api, workspace: Workspace) -> Api:
    """The operator's, where a namespace lets it mint."""
    admin.grant(OPERATOR, workspace.namespace, rule(OURS, "apitokens", "create"), mints())
    wait_until(
        lambda: may(admin, OPERATOR, Right("create", OURS, "apicredentials/token", workspace.namespace, "invoice-bot")),
        what="the operator may mint there",
        timeout=20,
    )
    return admin.as_user(OPERATOR)


@pytest.fixture
def workload(workspace: Workspace, account: Api) -> Json:
    """A suspended one, so that nothing more is minted for it, with two tokens and a Secret."""
    workspace.credential()
    assert workspace.api.create(workload_token(workspace.namespace, suspended=True)).message == ""
    stored = workspace.known("WorkloadToken", "invoice-bot-app")
    for revision in (1, 2):
        assert account.create(child_token(stored, revision)).message == ""
        workspace.until_outcome(f"invoice-bot-app-{revision}", "Active", "Issued")
    assert account.create(kept_secret(stored, 2)).message == ""
    return stored


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
def test_its_tokens_and_its_secret_go_with_it(workspace: Workspace, workload: Json, policy: str) -> None:
    workspace.delete(workload, policy=policy)

    for revision in (1, 2):
        workspace.until_gone("ApiToken", f"invoice-bot-app-{revision}")
        workspace.until_gone("Secret", f"invoice-bot-app-{revision}-token")
    workspace.until_gone("Secret", "invoice-bot")


def test_deleted_so_that_they_are_to_stay_its_tokens_go_all_the_same(workspace: Workspace, workload: Json) -> None:
    """The Secret stays, without a good token in it: the operator may not delete it."""
    workspace.delete(workload, policy="Orphan")

    for revision in (1, 2):
        workspace.until_gone("ApiToken", f"invoice-bot-app-{revision}")
        workspace.until_gone("Secret", f"invoice-bot-app-{revision}-token")
    assert "ownerReferences" not in workspace.known("Secret", "invoice-bot")["metadata"]


@pytest.mark.parametrize("labels", [{}, {MARK: "nightly"}], ids=["by kubectl", "with a mark"])
def test_one_that_a_backup_brings_back_without_its_owner_is_not_minted(workspace: Workspace, labels: Json) -> None:
    workspace.credential()

    workspace.token("app-7", labels={WORKLOAD_LABEL: "app", **labels})

    workspace.until_gone("ApiToken", "app-7")
    assert workspace.read("Secret", "app-7-token") is None


def test_one_that_git_declares_with_that_label_is_gits(workspace: Workspace) -> None:
    """Deleted, it would come back, again and again."""
    workspace.credential()

    workspace.token("app-7", labels={WORKLOAD_LABEL: "app"}, annotations={"argocd.argoproj.io/tracking-id": "x"})

    workspace.until_outcome("app-7", "Active", "Issued")


def test_all_of_them_take_one_place(workspace: Workspace, account: Api) -> None:
    workspace.credential(tokenPolicy={"maxTokens": 1})
    assert workspace.api.create(workload_token(workspace.namespace, suspended=True)).message == ""
    stored = workspace.known("WorkloadToken", "invoice-bot-app")
    for revision in (1, 2, 3):
        assert account.create(child_token(stored, revision)).message == ""
        workspace.until_outcome(f"invoice-bot-app-{revision}", "Active", "Issued")

    workspace.token("another")
    workspace.until_outcome("another", "Pending", "TokenLimitReached")

    workspace.delete(stored)
    workspace.until_outcome("another", "Active", "Issued")


def test_one_of_another_controller_is_left_alone(workspace: Workspace) -> None:
    """A second owner would keep it when its controller's object is gone."""
    workspace.credential()
    app = workspace.api.create({"kind": "Secret", "metadata": {"name": "app", "namespace": workspace.namespace}}).body
    token = api_token(workspace.namespace, "theirs")
    owner = {"apiVersion": "v1", "kind": "Secret", "name": "app", "uid": app["metadata"]["uid"], "controller": True}
    token["metadata"] |= {"ownerReferences": [owner], "labels": {WORKLOAD_LABEL: "app"}}
    assert workspace.api.create(token).message == ""
    issued = workspace.until_outcome("theirs", "Active", "Issued")

    assert issued["metadata"]["ownerReferences"] == [owner]
    workspace.delete({"kind": "Secret", "metadata": {"name": "app", "namespace": workspace.namespace}})
    workspace.until_gone("ApiToken", "theirs")
    assert outcome(workspace.read("ApiToken", "theirs") or {}) == (None, None)
