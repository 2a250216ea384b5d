"""The story of the PhariaOS page, at a terminal: each person with their own rights, each word as it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tools.control_plane.workspace import condition, instant

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin
    from tests.support.kubectl.rbac_users import RbacUsers
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

STUDIO, OS = "story-studio-user", "story-os-user"


@pytest.fixture
def anna(workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers) -> Plugin:
    """The namespace's administrator, who may grant one role of two."""
    workspace.role(STUDIO, description="PhariaStudio", permissions=[{"permission": "AccessStudio"}])
    workspace.role(OS, description="PhariaOS")
    return plugin.as_user(rbac_users.admin("anna", may_bind=STUDIO))


def flat(text: str) -> str:
    """Without its line breaks: a long sentence is wrapped."""
    return " ".join(text.split())


def told(plugin: Plugin, *arguments: str, answers: dict[str, str] | None = None) -> str:
    """What a terminal shows of a command that succeeds, with the answers typed when they are asked for."""
    with plugin.terminal(*arguments) as terminal:
        for question, answer in (answers or {}).items():
            terminal.reads(question)
            terminal.types(answer)
        assert terminal.status() == 0, terminal.text
        return terminal.text


def test_the_story_of_the_page(workspace: Workspace, plugin: Plugin, anna: Plugin) -> None:
    here = workspace.namespace
    assert told(anna, "credential", "list") == f"There are no credentials in namespace {here}.\n"

    shown = told(anna, "credential", "create", "invoice-bot", answers={"Which roles": STUDIO})
    offered, question = shown.split("Which roles")
    # Roles are the whole cluster's: next to one with a long name, a line may be too wide for the terminal.
    assert f" {STUDIO} PhariaStudio" in flat(offered)
    assert f" {OS} PhariaOS" in flat(offered)
    assert question == (
        f" (numbers or names, separated by commas): {STUDIO}\n"
        "credential invoice-bot created\n"
        f"Next: kubectl access token create invoice-bot --expires 90d -n {here} --as anna\n"
    )

    created, secret, once, *others, end = told(
        anna, "token", "create", "invoice-bot", "--name", "ci", "--expires", "90d", "--window", "1h"
    ).splitlines()
    assert created == "token ci created"
    assert once == "This is the only time it is shown: it cannot be read again."
    assert others == []
    assert end.startswith("The token ci ends at ")
    assert end.endswith(" (in 90d)."), end
    _proves(workspace, secret, days=90)
    workspace.until_gone("Secret", "ci-token")
    assert condition(workspace.until_delivery("ci", "Collected"), "Delivered")["reason"] == "Collected"

    # All tokens of a credential may do what its roles say: who changes them is told.
    assert flat(told(plugin, "credential", "roles", "add", "invoice-bot", OS)) == flat(
        f"Warning: This changes the permissions of all tokens of invoice-bot immediately (1 active): +{OS}\n"
        "credential invoice-bot changed\n"
    )
    assert flat(told(anna, "credential", "roles", "remove", "invoice-bot", OS, answers={"[y/N]": "y"})) == flat(
        f"Warning: This changes the permissions of all tokens of invoice-bot immediately (1 active): -{OS}\n"
        "Warning: Users of the token ci (never seen in use) are affected.\n"
        "Change the roles? [y/N]: y\n"
        "credential invoice-bot changed\n"
    )

    headings, row = told(anna, "token", "list", "invoice-bot").splitlines()
    assert headings.split() == ["NAME", "PHASE", "EXPIRES"]
    assert row.split() == ["ci", "Active", "in", "90d"]

    assert flat(told(anna, "token", "delete", "ci", answers={"[y/N]": "y"})) == flat(
        "Warning: The token ci of invoice-bot (never seen in use) will be deleted permanently.\n"
        "Delete permanently? [y/N]: y\n"
        "token ci deleted\n"
    )
    assert flat(told(anna, "credential", "delete", "invoice-bot", answers={"[y/N]": "y"})) == flat(
        "Warning: The credential invoice-bot, which has no tokens, will be deleted permanently.\n"
        "Delete permanently? [y/N]: y\n"
        "credential invoice-bot deleted\n"
    )
    assert (workspace.list("ApiToken"), workspace.list("ApiCredential")) == ([], [])


def _proves(workspace: Workspace, secret: str, *, days: int) -> None:
    """It is the token that the object is about, and lives as long as was asked for."""
    status = workspace.until_outcome("ci", "Active", "Issued")["status"]
    assert verify_hash(status["hash"], parse(secret))
    assert (instant(status["expiresAt"]) - instant(status["issuedAt"])).days == days


def test_ctrl_c_at_a_question_changes_nothing(workspace: Workspace, anna: Plugin) -> None:
    workspace.credential(roles=[STUDIO])

    with anna.terminal("credential", "suspend", "invoice-bot") as terminal:
        terminal.reads("Suspend it? [y/N]: ")
        terminal.presses_ctrl_c()
        status = terminal.status()

    assert (status, terminal.text.splitlines()[-1]) == (130, "Interrupted.")
    assert "suspended" not in (workspace.read("ApiCredential", "invoice-bot") or {})["spec"]


def test_a_token_is_typed_unseen_and_a_no_changes_nothing(workspace: Workspace, anna: Plugin) -> None:
    workspace.credential(roles=[STUDIO])
    workspace.issued()
    secret = workspace.text().reveal()

    with anna.terminal("token", "revoke", "--stdin") as terminal:
        terminal.reads("Token, or a line that holds one: ")
        terminal.types(secret)
        terminal.reads("[y/N]: ")
        terminal.types("n")
        status = terminal.status()

    assert status == 1
    assert flat(terminal.text) == flat(
        "Token, or a line that holds one:\n"
        f"Warning: You may not list tokens in all namespaces: only namespace {workspace.namespace} was searched.\n"
        "Warning: The token ci of invoice-bot (never seen in use) will be revoked permanently.\n"
        "Revoke permanently? [y/N]: n\n"
        "Error: Nothing was changed.\n"
    )


def test_a_role_that_one_may_not_grant_is_named_before_anything_is_sent(workspace: Workspace, anna: Plugin) -> None:
    workspace.credential(roles=[STUDIO])

    answer = anna.run("credential", "roles", "add", "invoice-bot", OS)

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"Error: You may not grant {OS} in namespace {workspace.namespace}.\n"
        f"This needs the verb bind on apiroles.access.pharia.ai/{OS}: ask an administrator of roles for it.\n"
    )


def test_an_editor_may_not_mint_and_is_told_whom_to_ask(
    workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers
) -> None:
    workspace.credential()
    ed = plugin.as_user(rbac_users.editor("ed"))

    answer = ed.run("token", "create", "invoice-bot")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"Error: You may not mint tokens under invoice-bot in namespace {workspace.namespace}.\n"
        "This needs the verb create on apicredentials.access.pharia.ai/token:"
        " ask an administrator of the namespace for it.\n"
    )
    assert workspace.list("ApiToken") == []


def test_a_viewer_looks_and_changes_nothing(workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers) -> None:
    workspace.credential()
    workspace.issued()
    vera = plugin.as_user(rbac_users.viewer("vera"))

    looks = [vera.run(*words) for words in (("token", "list"), ("credential", "get", "invoice-bot"))]
    touches = [
        vera.run("token", "delete", "ci", "--yes"),
        vera.run("token", "revoke", "ci", "--yes"),
        vera.run("credential", "suspend", "invoice-bot", "--yes"),
        vera.run("credential", "delete", "invoice-bot", "--yes"),
    ]

    assert [answer.status for answer in looks] == [0, 0]
    assert [answer.status for answer in touches] == [1, 1, 1, 1]
    assert [line for answer in touches for line in answer.stderr.splitlines() if line.startswith("Error:")] == [
        f"Error: You may not delete the token ci in namespace {workspace.namespace}.",
        f"Error: You may not revoke the token ci in namespace {workspace.namespace}.",
        f"Error: You may not change the credential invoice-bot in namespace {workspace.namespace}.",
        f"Error: You may not delete the credential invoice-bot in namespace {workspace.namespace}.",
    ]
    assert (workspace.read("ApiToken", "ci") or {})["status"]["phase"] == "Active"
