"""`kubectl access credential`: what it shows of a credential, and how it edits, suspends and resumes one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.api import rule

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin
    from tools.control_plane.workspace import Workspace

GROUP = "access.pharia.ai"

pytestmark = pytest.mark.usefixtures("operator")


def test_a_credential_shows_what_its_tokens_may_do(workspace: Workspace, plugin: Plugin) -> None:
    workspace.role("modeller", permissions=[{"permission": "AccessModel", "fields": {"model": "*"}}])
    workspace.credential(roles=["modeller", "gone"], displayName="Invoice bot", tokenPolicy={"maxTokens": 3})
    workspace.issued()

    shown = plugin.run("credential", "get", "invoice-bot").stdout

    fields = dict(line.split(":", 1) for line in shown.split("\n\n")[0].splitlines())
    assert fields["Roles"].strip() == "modeller"
    assert fields["Roles that grant nothing"].strip() == "gone (unknown)"
    assert fields["Display name"].strip() == "Invoice bot"
    assert fields["Token policy"].strip() == "maxTokens 3"
    assert "\nPermissions:\n  AccessModel model=*\n" in shown
    assert shown.split("\nTokens:\n")[1].splitlines()[1].split()[0] == "ci"


def test_a_credential_without_tokens_and_for_programs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    shown = plugin.run("credential", "get", "invoice-bot").stdout
    body = json.loads(plugin.run("credential", "get", "invoice-bot", "-o", "json").stdout)

    assert shown.endswith("\nPermissions:\n  <none>\n\nTokens:\n  <none>\n")
    assert (body["kind"], body["spec"]["roles"]) == ("ApiCredential", ["integration-reader"])


def test_a_credential_is_edited_and_its_fields_are_removed_by_empty_texts(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential(description="reads invoices")
    edit = ("credential", "edit", "invoice-bot")

    answers = [
        plugin.run(*edit, "--display-name=Invoices", "--default-ttl=30d", "--max-ttl=90d", "--max-tokens=2"),
        plugin.run(*edit, "--description="),
        plugin.run(*edit, "--role=integration-reader"),
        plugin.run(*edit),
    ]

    spec = (workspace.read("ApiCredential", "invoice-bot") or {})["spec"]
    assert [answer.status for answer in answers] == [0, 0, 0, 2]
    assert answers[2].stderr == "credential invoice-bot already has these roles: integration-reader\n"
    assert spec == {
        "displayName": "Invoices",
        "roles": ["integration-reader"],
        "tokenPolicy": {"defaultTTL": "720h", "maxTTL": "2160h", "maxTokens": 2},
    } | ({"suspended": spec["suspended"]} if "suspended" in spec else {})


def test_holders_are_added_shown_and_taken_away(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    for account in ("app", "job"):
        plugin.obey(f"kubectl create serviceaccount {account} -n {workspace.namespace}")

    added = plugin.run("credential", "holders", "add", "invoice-bot", "app", "job")
    shown = plugin.run("credential", "get", "invoice-bot").stdout
    asked = plugin.run("credential", "holders", "remove", "invoice-bot", "app")
    removed = plugin.run("credential", "holders", "remove", "invoice-bot", "app", "--yes")

    assert added.stderr == (
        "credential invoice-bot changed\n"
        "Next: project a token with the audience pharia-access/invoice-bot into their pods\n"
    )
    assert "Held by:\n  ServiceAccount app: never seen in use\n  ServiceAccount job: never seen in use\n" in shown
    assert (asked.status, removed.status) == (1, 0)
    assert "Pods of the ServiceAccount app (never seen in use) will be refused immediately." in removed.stderr
    assert workspace.known("ApiCredential", "invoice-bot")["spec"]["serviceAccounts"] == [{"name": "job"}]


def test_a_holder_that_is_not_there_is_told_with_the_command_that_creates_it(
    workspace: Workspace, plugin: Plugin
) -> None:
    workspace.credential()
    workspace.credential("other")
    add = ("credential", "holders", "add")

    told = plugin.run(*add, "invoice-bot", "app").stderr
    created = plugin.obey(told.splitlines()[2].partition(": ")[2])
    again = plugin.run(*add, "other", "app").stderr

    where = workspace.namespace
    warned = f"There is no ServiceAccount app in namespace {where}: its pods hold invoice-bot once somebody creates it."
    assert told.splitlines()[:2] == [f"Warning: {warned}", "credential invoice-bot changed"]
    assert told.splitlines()[2].startswith(f"To create it: kubectl create serviceaccount app -n {where} ")
    assert (created.status, again.splitlines()[0]) == (0, "credential other changed")


def test_nothing_is_said_of_service_accounts_to_whoever_may_not_read_them(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    kind, mint = rule(GROUP, "apicredentials", "get", "patch"), rule(GROUP, "apicredentials/token", "create")
    workspace.api.grant("blind", workspace.namespace, kind, mint)

    told = plugin.as_user("blind").run("credential", "holders", "add", "invoice-bot", "app")

    assert (told.status, told.stderr.splitlines()[0]) == (0, "credential invoice-bot changed")
    assert "There is no" not in told.everything


def test_suspended_and_resumed(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    told = [
        plugin.run("credential", word, "invoice-bot", "--yes" if word == "suspend" else "--dry-run").stderr
        for word in ("resume", "suspend", "suspend")
    ] + [plugin.run("credential", "resume", "invoice-bot").stderr]

    assert told == [
        "credential invoice-bot is not suspended\n",
        "Warning: All tokens of invoice-bot will be refused until it is resumed.\ncredential invoice-bot suspended\n",
        "credential invoice-bot is already suspended\n",
        "credential invoice-bot resumed\n",
    ]
