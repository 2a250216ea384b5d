"""`kubectl access workload` beside a real operator: from the first word to the last, as a person of the namespace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from pharia_access.domain.administration.delegation import USUAL_OPERATOR, named_operator
from tools.control_plane.workspace import ROLE, condition

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin
    from tests.support.kubectl.rbac_users import RbacUsers
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

CREATE = ("workload", "create", "app", "--credential", "invoice-bot", "--secret", "bot/PHARIA_TOKEN", "--ttl", "2h")


@pytest.fixture
def anna(plugin: Plugin, workspace: Workspace, rbac_users: RbacUsers) -> Plugin:
    """Who administrates the namespace: Kubernetes' own role, which the chart extends."""
    workspace.credential()
    return plugin.as_user(rbac_users.admin(f"anna-{workspace.namespace}", may_bind=ROLE))


@pytest.fixture
def app(anna: Plugin) -> Plugin:
    """The same, once a workload token was made."""
    assert anna.run("workload", "allow", "--credential", "invoice-bot").status == 0
    created = anna.run(*CREATE)
    assert created.status == 0, created.stderr
    return anna


def test_a_missing_delegation_ends_the_wait_with_the_command_that_mends_it(anna: Plugin, workspace: Workspace) -> None:
    refused = anna.run(*CREATE)
    *_, last = refused.stderr.splitlines()

    assert refused.status == 1
    command = last.partition(": kubectl access ")[2].split()
    assert command[:3] == ["workload", "allow", "app"]
    assert workspace.list("ApiToken") == []
    said = condition(workspace.known("WorkloadToken", "app"), "Ready")["message"]
    assert named_operator(said) == USUAL_OPERATOR
    assert anna.run(*command).status == 0
    workspace.until("Secret", "bot", lambda secret: "PHARIA_TOKEN" in secret["data"], "holds a token")


def test_a_rotation_waits_until_the_next_token_is_in_the_secret(app: Plugin, workspace: Workspace) -> None:
    before = workspace.known("Secret", "bot")["data"]

    told = app.run("workload", "rotate", "app")

    assert told.status == 0, told.stderr
    first, second, third = told.stderr.splitlines()
    assert first == "workload token app asked for a new token"
    assert second.startswith("app-2 is in the Secret bot, good until ")
    assert third.startswith("app-1 stays good until ")
    assert workspace.known("Secret", "bot")["data"] != before


def test_it_is_listed_and_shown_with_its_tokens(app: Plugin) -> None:
    assert app.run("workload", "rotate", "app").status == 0

    listed = [line.split() for line in app.run("workload", "list").stdout.splitlines()]
    shown = app.run("workload", "get", "app").stdout
    body = json.loads(app.run("workload", "get", "app", "-o", "json").stdout)

    assert listed[0] == ["NAME", "STATE", "CURRENT", "RENEWS", "SECRET"]
    assert (listed[1][:3], listed[1][-1]) == (["app", "Current", "app-2"], "bot")
    rows = [line.split()[:2] for line in shown.split("\nTokens:\n")[1].splitlines()]
    assert rows == [["NAME", "PLACE"], ["app-2", "current"], ["app-1", "replaced"]]
    assert body["status"]["current"]["revision"] == 2


def test_its_tokens_are_left_to_it(app: Plugin) -> None:
    rotated = app.run("token", "rotate", "app-1", "--yes")
    named = app.run("token", "get", "app-1").stdout
    warned = app.run("token", "revoke", "app-1", "--dry-run", "--yes")

    assert rotated.status == 1
    assert "belongs to the workload token app, which replaces it by itself" in rotated.stderr
    assert "kubectl access workload rotate app " in rotated.stderr
    assert "workload token app" in next(line for line in named.splitlines() if line.startswith("Kept by:"))
    assert "makes another if this one is in its Secret" in warned.stderr


def test_suspended_resumed_and_deleted(app: Plugin, workspace: Workspace) -> None:
    told = [app.run("workload", word, "app", *options) for word, *options in (("suspend", "--yes"), ("resume",))]
    assert [each.stderr.splitlines()[-1] for each in told] == [
        "workload token app suspended",
        "workload token app resumed",
    ]

    deleted = app.run("workload", "delete", "app", "--yes")

    assert deleted.stderr.splitlines()[-1] == "workload token app deleted"
    workspace.until_gone("Secret", "bot")
    workspace.until_gone("ApiToken", "app-1")


def test_a_suspended_one_is_not_rotated(app: Plugin) -> None:
    assert app.run("workload", "suspend", "app", "--yes").status == 0

    told = app.run("workload", "rotate", "app")

    assert told.status == 1
    assert "is suspended: it makes no new token." in told.stderr
    assert "kubectl access workload resume app " in told.stderr


def test_what_allow_prints_for_git_is_what_it_writes(anna: Plugin, workspace: Workspace) -> None:
    allow = ("workload", "allow", "--credential=invoice-bot")
    printed = list(yaml.safe_load_all(anna.run(*allow, "--dry-run", "-o", "yaml").stdout))
    nothing = workspace.read("Role", "pharia-access-rotation-invoice-bot")
    assert anna.run(*allow).status == 0
    again = anna.run(*allow)

    assert nothing is None
    written = [workspace.known(body["kind"], body["metadata"]["name"]) for body in printed]
    for shown, stored in zip(printed, written, strict=True):
        assert {name: stored[name] for name in ("rules", "roleRef", "subjects") if name in stored} == {
            name: part for name, part in shown.items() if name in {"rules", "roleRef", "subjects"}
        }
    assert [line.rpartition(" is ")[2] for line in again.stderr.splitlines()[1:]] == ["there already"] * 2


def test_who_may_not_mint_passes_no_right_on(
    anna: Plugin, plugin: Plugin, workspace: Workspace, rbac_users: RbacUsers
) -> None:
    editor = rbac_users.editor(f"ed-{workspace.namespace}")
    anna.control_plane.kubectl(
        *("create", "role", "binder", "--verb=create,get", "--resource=roles,rolebindings"),
        f"--namespace={workspace.namespace}",
    )
    anna.control_plane.kubectl(
        *("create", "rolebinding", "binder", "--role=binder", f"--user={editor}", f"--namespace={workspace.namespace}")
    )

    told = plugin.as_user(editor).run("workload", "allow", "--credential=invoice-bot")

    assert told.status == 1
    assert f"You may not pass on the right to mint in namespace {workspace.namespace}" in told.stderr
    assert workspace.read("Role", "pharia-access-rotation-invoice-bot") is None


def test_the_audit_says_which_nobody_declared(app: Plugin) -> None:
    found = json.loads(app.run("audit", "-o", "json").stdout)

    assert found["lookedAt"]["workloadTokens"] == 1
    assert ("workload", "app", "NoAuthor") in {
        (each["kind"], each["name"], each["fault"]) for each in found["findings"]
    }
