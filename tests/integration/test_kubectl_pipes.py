"""Through pipes: nothing but what was asked for on standard output, and no question where nobody is there to answer."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
import yaml

from pharia_access.domain.proof import matches
from pharia_access.domain.token import parse
from tests.support.builders import TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.plugin import Plugin, Told
    from tests.support.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

ONCE = "This is the only time it is shown: it cannot be read again.\n"


def minted(plugin: Plugin, *options: str) -> Told:
    """The answer to a new token of the name `ci`."""
    return plugin.run("token", "create", "invoice-bot", "--name=ci", "--window=30m", *options)


def proved(workspace: Workspace, secret: str) -> bool:
    """Whether that is the text of `ci`."""
    token = workspace.read("ApiToken", "ci") or {}
    return matches(token["status"]["hash"], parse(secret))


def test_a_pipe_gets_the_token_alone(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = plugin.pipe("token", "create", "invoice-bot", "--name=ci", "--window=30m", env={"NO_COLOR": "1"})

    assert (answer.status, answer.stderr) == (0, f"token ci created\n{ONCE}")
    assert answer.stdout.endswith("\n")
    assert proved(workspace, answer.stdout.removesuffix("\n"))


def test_an_end_that_is_over_is_refused_before_anything_is_made(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = minted(plugin, "--expires=2020-01-31")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        "Error: 2020-01-31T00:00:00Z is over: such a token would never be minted.\n"
        "Name an end that is to come, or a length such as 90d.\n"
    )
    assert workspace.list("ApiToken") == []


def test_a_line_for_an_environment_file(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    name, _, secret = minted(plugin, "-o", "env").stdout.partition("=")

    assert name == "AA_API_TOKEN"
    assert proved(workspace, secret.strip())


def test_json_holds_what_a_program_needs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = json.loads(minted(plugin, "-o", "json", "--expires=2027-01-31").stdout)

    assert proved(workspace, answer.pop("token"))
    assert answer == {
        "name": "ci",
        "namespace": workspace.namespace,
        "tokenID": (workspace.read("ApiToken", "ci") or {})["status"]["tokenID"],
        "expiresAt": "2027-01-31T00:00:00Z",
    }


def test_a_file_that_only_its_owner_reads(workspace: Workspace, plugin: Plugin, tmp_path: Path) -> None:
    workspace.credential()
    path = tmp_path / "token"

    answer = minted(plugin, f"--to-file={path}")

    assert (answer.status, answer.stdout) == (0, "")
    assert answer.stderr == f"token ci created\nThe secret of ci is in {path}. {ONCE}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert proved(workspace, path.read_text().strip())


def test_a_secret_of_ones_own(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = minted(plugin, "--to-secret=invoices/AA_API_TOKEN")

    made = workspace.read("Secret", "invoices") or {}
    assert (answer.status, answer.stdout) == (0, "")
    assert answer.stderr == "token ci created\nThe secret of ci is in Secret invoices, under AA_API_TOKEN.\n"
    assert (made["type"], list(made["data"])) == ("Opaque", ["AA_API_TOKEN"])


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("token", "delete", "ci"), id="delete a token"),
        pytest.param(("token", "revoke", "ci"), id="revoke a token"),
        pytest.param(("credential", "delete", "invoice-bot"), id="delete a credential"),
        pytest.param(("credential", "suspend", "invoice-bot"), id="suspend a credential"),
        pytest.param(("credential", "roles", "remove", "invoice-bot", "another"), id="remove a role"),
    ],
)
def test_where_nobody_can_be_asked_yes_must_be_said(
    workspace: Workspace, plugin: Plugin, command: tuple[str, ...]
) -> None:
    workspace.role("another")
    workspace.credential(roles=["integration-reader", "another"])
    workspace.issued()
    before = [workspace.list(kind) for kind in ("ApiCredential", "ApiToken")]

    refused = plugin.run(*command, stdin="y\n")

    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-2:] == [
        "Error: There is nobody to ask here.",
        "If you mean it, repeat the command with --yes.",
    ]
    after = [workspace.list(kind) for kind in ("ApiCredential", "ApiToken")]
    assert [_specs(objects) for objects in after] == [_specs(objects) for objects in before]
    assert plugin.run(*command, "--yes").status == 0
    changed = [workspace.list(kind) for kind in ("ApiCredential", "ApiToken")]
    assert [_specs(objects) for objects in changed] != [_specs(objects) for objects in before]


def _specs(objects: list[dict[str, object]]) -> list[object]:
    return [each["spec"] for each in objects if "deletionTimestamp" not in each["metadata"]]  # type: ignore[operator]


def test_a_question_through_a_pipe_is_not_asked(workspace: Workspace, plugin: Plugin) -> None:
    answer = plugin.pipe("credential", "create", "invoice-bot", stdin="1\n")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == ("Error: A credential needs a role: name it by --role.\nSee: kubectl access role list\n")


def test_formats_for_programs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued()

    names = plugin.run("token", "list", "-o", "name")
    listed = json.loads(plugin.run("token", "list", "invoice-bot", "-o", "json").stdout)
    shown = yaml.safe_load(plugin.run("token", "get", "ci", "-o", "yaml").stdout)
    made = plugin.run("credential", "create", "other", "--role=integration-reader", "-o", "name")

    assert names.stdout == "apitoken.access.pharia.ai/ci\n"
    assert [item["metadata"]["name"] for item in listed["items"]] == ["ci"]
    assert (shown["kind"], shown["metadata"]["name"]) == ("ApiToken", "ci")
    assert "managedFields" not in shown["metadata"]
    assert made.stdout == "apicredential.access.pharia.ai/other\n"


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
    assert answers[2].stderr == "credential invoice-bot has these roles already: integration-reader\n"
    assert spec == {
        "displayName": "Invoices",
        "roles": ["integration-reader"],
        "tokenPolicy": {"defaultTTL": "720h", "maxTTL": "2160h", "maxTokens": 2},
    } | ({"suspended": spec["suspended"]} if "suspended" in spec else {})


def test_suspended_and_resumed(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    told = [
        plugin.run("credential", word, "invoice-bot", "--yes" if word == "suspend" else "--dry-run").stderr
        for word in ("resume", "suspend", "suspend")
    ] + [plugin.run("credential", "resume", "invoice-bot").stderr]

    assert told == [
        "credential invoice-bot is not suspended\n",
        "Warning: No token of invoice-bot will be accepted until it is resumed.\ncredential invoice-bot suspended\n",
        "credential invoice-bot is suspended already\n",
        "credential invoice-bot resumed\n",
    ]


def test_a_leaked_token_is_found_and_revoked_by_its_text(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued()
    secret = workspace.text().reveal()

    found = plugin.run("token", "whois", "--stdin", "-o", "name", stdin=f"{secret}\n")
    shown = plugin.run("token", "whois", "--stdin", stdin=secret)
    revoked = plugin.run("token", "revoke", "--stdin", "--yes", stdin=secret)
    again = plugin.run("token", "revoke", "--stdin", "--yes", stdin=secret)

    assert found.stdout == "apitoken.access.pharia.ai/ci\n"
    assert shown.stdout.splitlines()[0].split() == ["Name:", "ci"]
    assert revoked.stderr == (
        "Warning: The token ci of invoice-bot (never seen in use) will be revoked for good.\ntoken ci revoked\n"
    )
    assert (again.status, again.stderr) == (0, "token ci is revoked already\n")
    workspace.until_outcome("ci", "Revoked", "Revoked")
    assert secret not in "".join(answer.everything for answer in (found, shown, revoked, again))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "it does not have the form <prefix>_<id>_<secret>", id="nothing"),
        pytest.param("pharia_short", "it does not have the form <prefix>_<id>_<secret>", id="too short"),
        pytest.param(
            TEXT.reveal()[:-1] + "x", "its checksum does not match, so a part is missing or mistyped", id="mistyped"
        ),
    ],
)
def test_what_is_no_token_is_not_looked_for(plugin: Plugin, text: str, sentence: str) -> None:
    answer = plugin.run("token", "whois", "--stdin", stdin=text)

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == f"Error: Not a token: {sentence}.\n"


def test_a_token_shows_where_it_stands_and_never_its_secret(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued(ttl="1h")
    secret = workspace.text().reveal()

    shown = plugin.run("token", "get", "ci").stdout

    fields = dict(line.split(":", 1) for line in shown.splitlines())
    assert [fields[name].strip() for name in ("Name", "Credential", "Phase", "Reason", "Last used")] == [
        "ci",
        "invoice-bot",
        "Active",
        "Issued",
        "never, as far as is known",
    ]
    assert fields["Secret"].strip().startswith("to be collected until 2")
    assert secret not in shown


def test_a_credential_without_tokens_and_for_programs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    shown = plugin.run("credential", "get", "invoice-bot").stdout
    body = json.loads(plugin.run("credential", "get", "invoice-bot", "-o", "json").stdout)

    assert shown.endswith("\nPermissions:\n  <none>\n\nTokens:\n  <none>\n")
    assert (body["kind"], body["spec"]["roles"]) == ("ApiCredential", ["integration-reader"])


def test_a_token_of_another_cluster_is_not_found(plugin: Plugin) -> None:
    answer = plugin.run("token", "revoke", "--stdin", stdin=TEXT.reveal())

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"Error: No token of this cluster has the ID {TEXT.token_id}: it was deleted, or belongs elsewhere.\n"
    )


def test_what_was_changed_is_printed_for_programs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued()

    answer = plugin.run("token", "revoke", "ci", "--yes", "-o", "json")

    assert json.loads(answer.stdout)["spec"]["revoked"] is True
