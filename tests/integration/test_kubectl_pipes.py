"""Through pipes: nothing but what was asked for on standard output, and no question where nobody is there to answer."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.token import parse
from tools.control_plane.workspace import now

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubectl.plugin_runner import Plugin, Told
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

ONCE = "This is the only time it is shown: it cannot be read again.\n"


def minted(plugin: Plugin, *options: str) -> Told:
    """The answer to a new token of the name `ci`."""
    return plugin.run("token", "create", "invoice-bot", "--name=ci", "--window=30m", *options)


def proved(workspace: Workspace, secret: str) -> bool:
    """Whether that is the text of `ci`."""
    token = workspace.read("ApiToken", "ci") or {}
    return verify_hash(token["status"]["hash"], parse(secret))


def test_a_pipe_gets_the_token_alone(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = plugin.pipe("token", "create", "invoice-bot", "--name=ci", "--window=30m", env={"NO_COLOR": "1"})

    assert answer.status == 0
    assert answer.stderr.startswith(f"token ci created\n{ONCE}The token ci ends at ")
    assert answer.stdout.endswith("\n")
    assert proved(workspace, answer.stdout.removesuffix("\n"))


def test_an_end_that_is_over_is_refused_before_anything_is_made(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = minted(plugin, "--expires=2020-01-31")

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        "Error: The end 2020-01-31T00:00:00Z is in the past: no token would be minted.\n"
        "Give --expires a time in the future, or a duration such as 90d.\n"
    )
    assert workspace.list("ApiToken") == []


def test_a_line_for_an_environment_file(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    name, _, secret = minted(plugin, "-o", "env").stdout.partition("=")

    assert name == "AA_API_TOKEN"
    assert proved(workspace, secret.strip())


def test_json_holds_what_a_program_needs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    day = (now() + timedelta(days=60)).date().isoformat()

    answer = json.loads(minted(plugin, "-o", "json", f"--expires={day}").stdout)

    assert proved(workspace, answer.pop("token"))
    assert answer == {
        "name": "ci",
        "namespace": workspace.namespace,
        "tokenID": (workspace.read("ApiToken", "ci") or {})["status"]["tokenID"],
        "expiresAt": f"{day}T00:00:00Z",
    }


def test_a_file_that_only_its_owner_reads(workspace: Workspace, plugin: Plugin, tmp_path: Path) -> None:
    workspace.credential()
    path = tmp_path / "token"

    answer = minted(plugin, f"--to-file={path}")

    assert (answer.status, answer.stdout) == (0, "")
    assert answer.stderr.startswith(f"token ci created\nThe secret of ci is in {path}. {ONCE}The token ci ends at ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert proved(workspace, path.read_text().strip())


def test_a_secret_of_ones_own(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()

    answer = minted(plugin, "--to-secret=invoices/AA_API_TOKEN")

    made = workspace.read("Secret", "invoices") or {}
    assert (answer.status, answer.stdout) == (0, "")
    said = "token ci created\nThe secret of ci is in Secret invoices, under AA_API_TOKEN.\nThe token ci ends at "
    assert answer.stderr.startswith(said)
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
        "Error: Cannot ask for confirmation: not a terminal.",
        "Run the command again with --yes to confirm.",
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
    assert answer.stderr == ("Error: A credential needs a role: give one with --role.\nSee: kubectl access role list\n")


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


def test_what_was_changed_is_printed_for_programs(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued()

    answer = plugin.run("token", "revoke", "ci", "--yes", "-o", "json")

    assert json.loads(answer.stdout)["spec"]["revoked"] is True
