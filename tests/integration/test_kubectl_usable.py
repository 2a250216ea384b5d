"""`kubectl access` says whether a token is usable now, by the verifier's rules, whatever the operator has noted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.api import rule

if TYPE_CHECKING:
    from tests.support.kubectl.command_line import Access
    from tests.support.operators.killable_operator import KillableOperator
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

GROUP = "access.pharia.ai"


@pytest.fixture
def unseen(killable_operator: KillableOperator, workspace: Workspace, access: Access) -> str:
    """The text of a token; no operator runs any longer, so that nothing is noted from now on."""
    assert access("credential", "list").status == 0
    killable_operator.running()
    workspace.issued(ttl="100h")
    killable_operator.kill()
    return workspace.text().reveal()


def phase(access: Access, *words: str) -> str:
    """The PHASE of the only token of a list."""
    heading, row = access("token", "list", *words).out.splitlines()
    return row[heading.index("PHASE") :].split()[0]


def fields(out: str) -> dict[str, str]:
    """What stands behind each name of a list of properties."""
    pairs = (line.split(":", 1) for line in out.splitlines() if ":" in line)
    return {name: value.strip() for name, value in pairs}


def test_what_is_revoked_and_not_noted_is_not_called_active(workspace: Workspace, access: Access, unseen: str) -> None:
    workspace.revoke("ci")

    got = fields(access("token", "get", "ci").out)
    who = fields(access("token", "whois", "--stdin", stdin=unseen).out)
    audit = access("audit").out

    assert phase(access) == "Active,Revoked"
    assert got["Usable"] == who["Usable"] == "no: it is revoked (not yet recorded by the operator)"
    assert "can be used" not in str(got)
    assert "NotNoted" in audit
    assert "it is revoked, and the operator has not recorded it yet" in audit
    assert "Active,Revoked" in access("credential", "get", "invoice-bot").out


def test_the_tokens_of_a_suspended_credential_are_not_called_usable(
    workspace: Workspace, access: Access, unseen: str
) -> None:
    credential = workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"suspended": True}})

    got = fields(access("token", "get", "ci").out)
    shown, audit = access("credential", "get", "invoice-bot").out, access("audit").out
    why = "its ApiCredential invoice-bot is suspended"
    told = f"no: {why} (not yet recorded by the operator)"

    assert phase(access) == phase(access, "invoice-bot") == "Active,CredentialSuspended"
    assert got["Usable"] == fields(access("token", "whois", "--stdin", stdin=unseen).out)["Usable"] == told
    assert "Active,CredentialSuspended" in shown
    assert "is suspended; its tokens are refused until it is resumed" in audit
    workspace.change(credential, {"spec": {"suspended": False}})
    assert fields(access("token", "get", "ci").out)["Usable"] == "yes"


def test_what_the_operator_noted_is_told_where_the_credential_may_not_be_read(
    killable_operator: KillableOperator, workspace: Workspace, access: Access
) -> None:
    killable_operator.running()
    workspace.issued(ttl="100h")
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"suspended": True}})
    workspace.api.grant("teammate", workspace.namespace, rule(GROUP, "apitokens", "get", "list"))
    workspace.until("ApiToken", "ci", lambda it: it["status"]["conditions"][1]["status"] == "False", "it is noted")

    assert phase(access, "--as", "teammate") == phase(access) == "Active,CredentialSuspended"
    assert fields(access("token", "get", "ci").out)["Usable"].startswith(
        "no: its ApiCredential invoice-bot is suspended"
    )


def test_both_tables_show_the_same_end(
    killable_operator: KillableOperator, workspace: Workspace, access: Access
) -> None:
    killable_operator.running()
    token = workspace.issued(ttl="100h")
    end = workspace.end_in(token, 3600).strftime("%FT%TZ")
    noted = workspace.until("ApiToken", "ci", lambda it: it["status"]["endsAt"] == end, "the end is noted")

    heading, row = access("token", "list", "-o", "wide").out.splitlines()
    body = json.loads(access("token", "get", "ci", "-o", "json").out)

    assert row[heading.index("EXPIRES AT") :].split()[0] == end == noted["status"]["endsAt"]
    assert fields(access("token", "get", "ci").out)["Expires"].startswith(end)
    assert body["status"]["endsAt"] == end
