"""`kubectl access` for those who look after others' access, on the real API server: roles, whoami, audit, keyring."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.kubectl.command_line import Access, Told
from tools.control_plane.api import rule
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

GROUP = "access.pharia.ai"


def test_roles_are_listed_and_shown_with_who_uses_them(access: Access, workspace: Workspace) -> None:
    workspace.role(
        "more-reader", displayName="More reader", permissions=[{"permission": "AccessModel", "fields": {"model": "m"}}]
    )
    workspace.credential("reader", roles=["more-reader"], suspended=True)

    table = access("role", "list")
    shown = access("role", "get", "more-reader")
    name = access("role", "list", "-o", "name")
    missing = access("role", "get", "more-redder")

    heading, *rows = table.out.splitlines()
    assert heading.split() == ["NAME", "DISPLAY", "NAME", "PERMISSIONS", "NAMESPACES"]
    assert ["more-reader", "More", "reader", "1", "*"] in [row.split() for row in rows]
    assert "Permissions:\n  AccessModel model=m\n\nCredentials that name it:\n" in shown.out
    assert [workspace.namespace, "reader", "0", "no", "(suspended)"] in [row.split() for row in shown.out.splitlines()]
    assert "apirole.access.pharia.ai/more-reader\n" in name.out
    assert (missing.status, missing.out) == (1, "")


def test_who_uses_a_role_is_told_as_far_as_one_may_look(access: Access, workspace: Workspace) -> None:
    workspace.api.grant("teammate", workspace.namespace, rule(GROUP, "apicredentials", "list"))

    here = access("role", "get", ROLE, "--as", "teammate")
    nowhere = access("role", "get", ROLE, "--as", "nobody")

    assert here.status == nowhere.status == 0
    said = f"Credentials that name it in namespace {workspace.namespace} (you may not list credentials elsewhere):"
    assert said in here.out
    assert "invoice-bot" in here.out
    assert "Credentials that name it (you may not list credentials):\n  <none>\n" in nowhere.out


def test_whoami_says_what_a_verifier_says(access: Access, workspace: Workspace, verifier: RunningVerifier) -> None:
    workspace.issued("ci", ttl="1h")
    text = workspace.text().reveal()
    wait_until(lambda: verifier.ask("/whoami", text).status == 200, what="the verifier knows the token", timeout=10)

    good = access("whoami", "--token-stdin", "--verifier", verifier.url, stdin=text, namespace=False)
    json_ = access("whoami", "--token-stdin", "--verifier", verifier.url, "-o", "json", stdin=text, namespace=False)
    forged = f"{text[:-7]}{'0' if text[-7] != '0' else '1'}{text[-6:]}"
    mistyped = access("whoami", "--token-stdin", "--verifier", verifier.url, stdin=forged, namespace=False)
    access("token", "revoke", "ci", "--yes")
    wait_until(lambda: verifier.ask("/whoami", text).status == 401, what="the token is refused", timeout=10)
    revoked = access("whoami", "--token-stdin", "--verifier", verifier.url, stdin=text, namespace=False)

    assert good.status == 0, good.err
    fields = dict(line.split(maxsplit=1) for line in good.out.splitlines()[:5])
    assert (fields["Credential:"], fields["Namespace:"], fields["Roles:"]) == ("invoice-bot", workspace.namespace, ROLE)
    assert json.loads(json_.out)["credential"]["name"] == "invoice-bot"
    assert (mistyped.status, revoked.status) == (1, 1)
    assert "its checksum does not match" in mistyped.err
    assert "The verifier does not accept this token" in revoked.err
    assert text not in good.out + good.err + json_.out + revoked.err


def test_an_audit_finds_what_somebody_should_look_at(access: Access, workspace: Workspace) -> None:
    workspace.token("old", expiresAt="2026-01-01T00:00:00Z")
    workspace.credential("strict", roles=[ROLE, "integration-reeder"], tokenPolicy={"maxTTL": "1h"})
    workspace.token("greedy", credentialRef={"name": "strict"}, ttl="2h")
    workspace.issued("fine", ttl="100h")
    workspace.until_outcome("old", "Expired", "Expired")
    workspace.until_outcome("greedy", "Failed", "TTLTooLong")

    told = access("audit")
    failing = access("audit", "--max-ttl", "99h", "--fail", "-o", "json")

    assert told.status == 0, told.err
    heading, *rows = told.out.splitlines()
    assert heading.split() == ["NAMESPACE", "KIND", "NAME", "FAULT", "MESSAGE"]
    faults = [tuple(row.split()[1:4]) for row in rows]
    assert faults == [
        ("token", "greedy", "Failed"),
        ("token", "old", "Expired"),
        ("credential", "strict", "NoTokens"),
        ("credential", "strict", "UnknownRole"),
    ]
    found = [(each["name"], each["fault"]) for each in json.loads(failing.out)["findings"]]
    assert ("fine", "TooLong") in found
    assert failing.status == 1
    assert failing.err == "Error: Something was found: 5 findings.\n"


def test_an_audit_of_what_is_in_order_finds_nothing(access: Access, workspace: Workspace) -> None:
    workspace.issued("fine", ttl="100h")

    assert access("audit", "--fail") == Told(0, "", "Nothing found in 1 credential and 1 token.\n")
    assert json.loads(access("audit", "-o", "json").out) == {
        "findings": [],
        "lookedAt": {"credentials": 1, "tokens": 1, "workloadTokens": 0},
    }


def test_an_administrator_of_the_keyring_needs_no_more_than_the_help_says(access: Access, workspace: Workspace) -> None:
    user = "key-keeper"
    secrets = rule("", "secrets", "get", "update", names=["pharia-access-keyring"])
    workspace.api.grant(user, NAMESPACE, secrets)
    workspace.api.grant_everywhere(user, user, rule(GROUP, "apitokens", "list"))
    workspace.issued("ci", ttl="1h")

    before = access("keyring", "status", "-o", "json", "--as", user, namespace=False)
    unasked = access("keyring", "rotate", "--as", user, namespace=False)
    rotated = access("keyring", "rotate", "--yes", "--as", user, namespace=False)
    after = access("keyring", "status", "--as", user, namespace=False)
    workspace.api.revoke_everywhere(user)

    keys = {key["state"]: key for key in json.loads(before.out)["keys"]}
    old = keys["current"]["keyID"]
    assert keys["current"]["activeTokens"] >= 1
    assert (unasked.status, unasked.out) == (1, "")
    assert rotated.status == 0, rotated.err
    title, (new, state), *states = [tuple(line.split()) for line in rotated.out.splitlines()]
    assert (title, state) == (("KEY", "STATE"), "current")
    assert (old, "kept") in states
    heading, *rows = after.out.splitlines()
    assert heading.split() == ["KEY", "STATE", "ACTIVE", "TOKENS"]
    assert rows[0].split()[:2] == [new, "current"]
    assert [old, "kept"] in [row.split()[:2] for row in rows]  # besides those of before that a live token uses
    everything = before.out + rotated.out + rotated.err + after.out
    stored = workspace.api.request("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/pharia-access-keyring").body
    assert not any(value in everything for name, value in stored["data"].items() if name != "current")


def test_a_cluster_administrator_may_rotate_and_others_are_told_what_is_missing(access: Access) -> None:
    admin = access("keyring", "rotate", "--yes", namespace=False)
    other = access("keyring", "status", "--as", "nobody", namespace=False)
    elsewhere = access("keyring", "status", "--release-namespace", "default", namespace=False)

    assert admin.status == 0, admin.err
    assert "rollout restart deployment/pharia-access-operator --namespace pharia-access-system" in admin.err
    assert (other.status, other.out) == (1, "")
    assert "nobody may not get Secrets in namespace pharia-access-system." in other.err
    assert elsewhere.err.startswith("Error: There is no keyring in namespace default.\nGive the release's namespace")
