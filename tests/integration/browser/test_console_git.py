"""Objects that Git declares: what to commit, a second step for whoever insists, and none in a leak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.control_plane.api import APPLY
from tools.control_plane.resources import api_credential, api_token
from tools.control_plane.workspace import LONG_WINDOW, ROLE

if TYPE_CHECKING:
    from tools.browser.console_visitor import ConsoleVisitor
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("minting", "declared")

MANAGER = "argocd-controller"


@pytest.fixture
def declared(workspace: Workspace) -> None:
    """A credential and a token, applied by Argo CD; one of the roles is unknown here."""
    credential = api_credential(workspace.namespace, roles=[ROLE, "gone"], suspended=False)
    token = api_token(workspace.namespace, "ci", delivery=LONG_WINDOW, revoked=False)
    for body in (credential, token):
        assert workspace.api.patch(body, body, form=APPLY, fieldManager=MANAGER).ok
    workspace.until_outcome("ci", "Active", "Issued")


def spec(workspace: Workspace, kind: str, name: str) -> dict[str, Any]:
    """What is declared of an object now."""
    found: dict[str, Any] = workspace.known(kind, name)["spec"]
    return found


async def commit(anna: ConsoleVisitor) -> dict[str, Any]:
    """What the page says to commit."""
    found: dict[str, Any] = yaml.safe_load(await anna.page.locator("#commit").inner_text())
    return found


async def test_roles_are_changed_in_git_and_here_only_by_a_second_step(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    await anna.page.goto(anna.address("credentials", "invoice-bot", "roles"))
    await anna.page.get_by_role("checkbox", name="gone").uncheck()
    await anna.button("Save and take away 1 role").click()

    await anna.page.get_by_text(f"is declared in Git (by {MANAGER}), which may revert the change.").wait_for()
    assert (await commit(anna))["spec"] == {"roles": [ROLE]}
    assert spec(workspace, "ApiCredential", "invoice-bot")["roles"] == [ROLE, "gone"]

    await anna.button("Change it here all the same").click()
    await anna.confirm("Save and take away 1 role")
    await anna.titled("invoice-bot")
    assert spec(workspace, "ApiCredential", "invoice-bot")["roles"] == [ROLE]


async def test_a_deletion_says_what_has_to_go_from_git(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.page.goto(anna.address("credentials", "invoice-bot"))
    assert MANAGER in await anna.page.locator("#git").inner_text()
    await anna.link("Delete credential").click()

    await anna.titled("This is declared in Git")
    told = await commit(anna)
    await anna.button("Change it here all the same").click()
    await anna.titled("Delete credential")

    assert (told["kind"], told["metadata"]["name"], "spec" in told) == ("ApiCredential", "invoice-bot", False)
    assert await commit(anna) == told
    assert workspace.read("ApiCredential", "invoice-bot")


async def test_a_suspension_is_one_step_in_a_leak_and_a_resumption_is_two(
    anna: ConsoleVisitor, workspace: Workspace
) -> None:
    await anna.page.goto(anna.address("credentials", "invoice-bot", "suspend"))
    told = await anna.page.locator("main").inner_text()
    assert "Git may undo this: change it there too." in told
    assert (await commit(anna))["spec"] == {"suspended": True}
    await anna.confirm("Suspend")
    await anna.titled("invoice-bot")
    assert spec(workspace, "ApiCredential", "invoice-bot")["suspended"] is True

    credential = api_credential(workspace.namespace, roles=[ROLE, "gone"], suspended=True)
    assert workspace.api.patch(credential, credential, form=APPLY, fieldManager=MANAGER, force="true").ok
    await anna.link("Resume").click()
    await anna.titled("This is declared in Git")
    assert (await commit(anna))["spec"] == {"suspended": False}
    await anna.button("Change it here all the same").click()
    await anna.titled("Resume invoice-bot")
    await anna.confirm("Resume")
    await anna.titled("invoice-bot")
    assert spec(workspace, "ApiCredential", "invoice-bot")["suspended"] is False


async def test_a_revocation_is_one_step_in_a_leak(anna: ConsoleVisitor, workspace: Workspace) -> None:
    await anna.page.goto(anna.address("tokens", "ci", "revoke"))
    told = await anna.page.locator("main").inner_text()
    assert "Change it in Git too." in told
    assert (await commit(anna))["spec"] == {"revoked": True}
    await anna.confirm("Revoke for good")
    await anna.titled("ci")

    assert spec(workspace, "ApiToken", "ci")["revoked"] is True
