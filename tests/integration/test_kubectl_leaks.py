"""A token's text, found where it should not be: whose it is, and how it is revoked; no answer shows it once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.builders.domain_objects import TEXT

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin
    from tests.support.kubectl.rbac_users import RbacUsers
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")


def test_a_leaked_token_is_found_and_revoked_by_its_text(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    workspace.issued()
    secret = workspace.text().reveal()

    found = plugin.run("token", "whois", "--stdin", "-o", "name", stdin=f'AA_API_TOKEN="{secret[:-9]}\n')
    shown = plugin.run("token", "whois", "--stdin", stdin=secret)
    revoked = plugin.run("token", "revoke", "--stdin", "--yes", "--reason", "in a public log", stdin=secret)
    again = plugin.run("token", "revoke", "--stdin", "--yes", stdin=secret)

    assert found.stdout == "apitoken.access.pharia.ai/ci\n"
    assert shown.stdout.splitlines()[0].split() == ["Name:", "ci"]
    assert "To revoke the token: kubectl access token revoke ci -n " in shown.stderr
    assert revoked.stderr == (
        "Warning: The token ci of invoice-bot (never seen in use) will be revoked permanently.\ntoken ci revoked\n"
    )
    assert (again.status, again.stderr) == (0, "token ci is already revoked\n")
    workspace.until_outcome("ci", "Revoked", "Revoked")
    after = plugin.run("token", "whois", secret.split("_")[1])
    assert "by kubectl-access: in a public log\n" in after.stdout
    assert "token revoke" not in after.stderr
    assert secret not in "".join(answer.everything for answer in (found, shown, revoked, again, after))


def test_whoever_manages_a_namespace_is_told_who_may_read_there_and_what_is_unseen(
    workspace: Workspace, plugin: Plugin, rbac_users: RbacUsers
) -> None:
    """Bindings of the cluster are not theirs to list, nor what a ClusterRole allows."""
    ada, ed = rbac_users.admin("ada"), rbac_users.editor("ed")
    workspace.credential()
    token_id = workspace.issued()["status"]["tokenID"]

    everything = plugin.run("token", "whois", token_id)
    hers = plugin.as_user(ada).run("token", "whois", token_id)

    assert f"  User {ed} (ClusterRole edit by RoleBinding {ed})\n" in everything.stdout
    assert "Group system:masters" in everything.stdout
    assert f"  User {ed} (ClusterRole edit by RoleBinding {ed}, which you may not read)\n" in hers.stdout
    assert "  Perhaps others: you may not list clusterroles, clusterrolebindings\n" in hers.stdout
    assert "only namespace" in hers.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "There is no token's text and no token's ID in the input", id="nothing"),
        pytest.param("pharia_short", "There is no token's text and no token's ID in the input", id="too short"),
        pytest.param(
            TEXT.reveal()[:-1] + "x",
            f"No token of this cluster has the ID {TEXT.token_id}: it was deleted, or belongs elsewhere",
            id="mistyped",
        ),
    ],
)
def test_what_no_token_fits_is_not_found(plugin: Plugin, text: str, sentence: str) -> None:
    answer = plugin.run("token", "whois", "--stdin", stdin=text)

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == f"Error: {sentence}.\n"


def test_a_token_of_another_cluster_is_not_found(plugin: Plugin) -> None:
    answer = plugin.run("token", "revoke", "--stdin", stdin=TEXT.reveal())

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"Error: No token of this cluster has the ID {TEXT.token_id}: it was deleted, or belongs elsewhere.\n"
    )


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
        "never seen in use",
    ]
    assert fields["Secret"].strip().startswith("can be collected until 2")
    assert secret not in shown
