"""`kubectl access` beside its everyday commands, on the real API server with the operator running."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.domain.token import parse
from pharia_access.entrypoints.kubectl.main import run
from pharia_access.entrypoints.kubectl.work import token_rotation
from pharia_access.errors import UnavailableError
from tests.support.api import APPLY, rule
from tests.support.installation import NAMESPACE
from tests.support.processes import wait_until
from tests.support.workspace import ROLE, instant, now

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.support.control_plane import ControlPlane
    from tests.support.verifiers import RunningVerifier
    from tests.support.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

DAY = timedelta(days=1)
GROUP = "access.pharia.ai"


@dataclass(frozen=True, slots=True)
class Told:
    """What a command left: its exit code, and its two outputs."""

    status: int
    out: str
    err: str


Access = Callable[..., Told]


@pytest.fixture
def access(
    control_plane: ControlPlane,
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Access:
    """Runs a command line in this process, in the test's namespace; `stdin` is piped."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))
    workspace.credential()

    def told(*words: str, stdin: str = "", namespace: bool = True) -> Told:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        where = ("-n", workspace.namespace) if namespace else ()
        status = run([*words, *where])
        captured = capsys.readouterr()
        return Told(status, captured.out, captured.err)

    return told


def end_of(workspace: Workspace, name: str) -> datetime | None:
    """What `spec.expiresAt` says."""
    token = workspace.read("ApiToken", name)
    assert token is not None
    end = token["spec"].get("expiresAt")
    return instant(end) if end else None


def others(workspace: Workspace, *known: str) -> list[dict[str, Any]]:
    """The tokens that the test did not make itself."""
    return [token for token in workspace.list("ApiToken") if token["metadata"]["name"] not in known]


def test_rotation_leaves_two_good_tokens_and_an_end_for_the_old_one(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h", description="the pipeline", delivery={"window": "20m"})

    told = access("token", "rotate", "ci", "--overlap", "24h", "--yes")

    (new,) = others(workspace, "ci")
    assert told.status == 0, told.err
    assert parse(told.out.strip()).token_id == new["status"]["tokenID"]
    spec = {"credentialRef": {"name": "invoice-bot"}, "description": "the pipeline", "ttl": "100h"}
    assert new["spec"] == {**spec, "delivery": {"window": "20m"}}
    assert end_of(workspace, "ci") == pytest.approx(now() + DAY, abs=timedelta(minutes=1))
    table = [line.split() for line in told.err.splitlines()[-2:]]
    assert table[0] == ["OLD", "ENDS", "NEW", "ENDS"]
    assert (table[1][0], table[1][4]) == ("ci", new["metadata"]["name"])
    workspace.until_delivery(new["metadata"]["name"], "Collected")


def test_an_old_token_that_ends_sooner_is_left_alone_and_nothing_is_asked(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="1h")

    told = access("token", "rotate", "ci", "--expires", "48h", "-o", "json")

    (new,) = others(workspace, "ci")
    assert told.status == 0, told.err
    assert json.loads(told.out)["name"] == new["metadata"]["name"]
    assert new["spec"]["ttl"] == "48h"
    assert end_of(workspace, "ci") is None


def test_without_a_terminal_and_yes_nothing_is_made(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")

    told = access("token", "rotate", "ci")

    assert (told.status, told.out, others(workspace, "ci")) == (1, "", [])
    assert "Whoever uses the token ci (never seen in use) is affected." in told.err
    assert "repeat the command with --yes" in told.err


def test_a_dry_run_makes_nothing(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")

    told = access("token", "rotate", "ci", "--name", "ci-next", "--dry-run")

    assert (told.status, told.out) == (0, ""), told.err
    assert "ci-next" in told.err
    assert told.err.endswith("(dry run: nothing was changed)\n")
    assert others(workspace, "ci") == []
    assert end_of(workspace, "ci") is None


def test_an_end_that_git_declares_is_refused_before_anything_is_minted(access: Access, workspace: Workspace) -> None:
    until = (now() + 9 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = workspace.issued("ci", expiresAt=until)
    declared = {name: token[name] for name in ("apiVersion", "kind")} | {
        "metadata": {"name": "ci"},
        "spec": {"credentialRef": {"name": "invoice-bot"}, "expiresAt": until},
    }
    reply = workspace.api.patch(token, declared, form=APPLY, fieldManager="argocd-controller", force="true")
    assert reply.ok, reply.message

    refused = access("token", "rotate", "ci", "--yes")
    kept = others(workspace, "ci")
    forced = access("token", "rotate", "ci", "--yes", "--force")

    assert (refused.status, refused.out, kept) == (1, "", [])
    assert "spec.expiresAt of token ci is declared in Git (by argocd-controller), which may put it back" in refused.err
    assert forced.status == 0, forced.err
    assert len(others(workspace, "ci")) == 1


def test_whoever_may_not_end_the_old_one_makes_no_new_one(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")
    may = [rule(GROUP, "apitokens", "get", "list", "create"), rule(GROUP, "apicredentials", "get")]
    workspace.api.grant("minter", workspace.namespace, *may, rule(GROUP, "apicredentials/token", "create"))

    told = access("token", "rotate", "ci", "--yes", "--as", "minter")

    assert (told.status, others(workspace, "ci")) == (1, [])
    assert f"You may not end the token ci in namespace {workspace.namespace}." in told.err
    assert "This needs the verb patch on apitokens.access.pharia.ai" in told.err


def test_what_breaks_off_after_the_mint_says_how_to_finish(
    access: Access, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.issued("ci", ttl="100h")
    with monkeypatch.context() as broken:
        broken.setattr(token_rotation, "bring_forward", unreachable)
        told = access("token", "rotate", "ci", "--yes", "--overlap", "2h")
    again = access("token", "rotate", "ci", "--yes")
    before = end_of(workspace, "ci")
    command = told.err[told.err.index("kubectl access ") :].splitlines()[0].split()[2:]
    finished = access(*command, "--yes")

    (new,) = others(workspace, "ci")
    assert told.status == again.status == 1
    assert parse(told.out.strip()).token_id == new["status"]["tokenID"]
    assert f"The token ci is replaced by {new['metadata']['name']} already." in again.err
    assert before is None
    assert command[:2] == ["token", "expire"]
    assert finished.status == 0, finished.err
    assert end_of(workspace, "ci") == pytest.approx(now() + timedelta(hours=2), abs=timedelta(minutes=1))


async def unreachable(*_: object) -> None:
    message = "the cable was pulled"
    raise UnavailableError(message)


@pytest.fixture
def after(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Puts the clock of the command line forward: tokens are older for it than they are."""

    def shift(by: timedelta) -> None:
        monkeypatch.setattr(SystemClock, "now", lambda _: now() + by)

    return shift


def test_all_that_expire_are_rotated_and_one_failure_stops_no_other(
    access: Access, after: Callable[[timedelta], None], workspace: Workspace, tmp_path: Path
) -> None:
    for name, ttl in {"soon": "100h", "sooner": "90h", "later": "2000h"}.items():
        workspace.issued(name, ttl=ttl)
    workspace.credential("idle")
    workspace.issued("stopped", ttl="80h", credentialRef={"name": "idle"})
    workspace.change(named("ApiCredential", workspace, "idle"), {"spec": {"suspended": True}})
    after(timedelta(hours=60))
    rotate = ("token", "rotate", "--all-expiring", "7d", "--expires", "2000h", "--yes")

    told = access(*rotate)
    again = access(*rotate)
    workspace.change(named("ApiCredential", workspace, "idle"), {"spec": {"suspended": False}})
    rest = access(*rotate, "--to-dir", str(tmp_path / "out"))

    made = {token["metadata"]["name"]: token for token in others(workspace, "soon", "sooner", "later", "stopped")}
    rows = dict(line.split("\t") for line in told.out.splitlines())
    assert [name.rsplit("-", 1)[0] for name in rows] == ["sooner", "soon"]
    assert {name: parse(text).token_id for name, text in rows.items()} == {
        name: made[name]["status"]["tokenID"] for name in rows
    }
    assert told.status == again.status == 1
    assert f"{workspace.namespace}/stopped was not rotated: The credential idle is suspended" in told.err
    assert told.err.endswith("Error: 1 of 3 tokens were not rotated.\n")
    assert (again.out, again.err.count("was not rotated:")) == ("", 1)
    assert again.err.endswith("Error: 1 of 1 tokens were not rotated.\n")
    (file,) = (tmp_path / "out").iterdir()
    assert rest.status == 0, rest.err
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert parse(file.read_text().strip()).token_id == made[file.name]["status"]["tokenID"]
    assert len(made) == 3


def test_in_all_namespaces_lines_and_files_say_which(
    access: Access, after: Callable[[timedelta], None], workspace: Workspace, tmp_path: Path
) -> None:
    workspace.issued("one", ttl="3h")
    workspace.issued("two", ttl="3h10m")
    after(timedelta(minutes=150))

    rotate = ("token", "rotate", "-A", "--yes", "--expires", "100h", "--all-expiring")
    lines = access(*rotate, "35m")
    files = access(*rotate, "50m", "--to-dir", str(tmp_path))

    first, second = sorted(token["metadata"]["name"] for token in others(workspace, "one", "two"))
    assert [tuple(line.split("\t")[:2]) for line in lines.out.splitlines()] == [(workspace.namespace, first)]
    assert (tmp_path / workspace.namespace / second).exists()
    assert (first[:4], second[:4]) == ("one-", "two-")
    assert files.err.startswith(f"Replaced already: one (by {first})\n")
    assert files.out == ""


def test_json_of_many_is_an_object_a_line(
    access: Access, after: Callable[[timedelta], None], workspace: Workspace
) -> None:
    workspace.issued("one", ttl="100h")
    workspace.issued("two", ttl="110h")
    nothing = access("token", "rotate", "--all-expiring", "7d", "-o", "json", "--yes")
    after(timedelta(hours=90))

    told = access("token", "rotate", "--all-expiring", "7d", "-o", "json", "--yes")

    answers = [json.loads(line) for line in told.out.splitlines()]
    assert told.status == 0, told.err
    assert [answer["name"][:4] for answer in answers] == ["one-", "two-"]
    assert all(parse(answer["token"]).token_id == answer["tokenID"] for answer in answers)
    assert nothing == Told(0, "", "There is no token to rotate that ends within 7 days.\n")


def test_an_end_is_brought_forward_and_never_postponed(access: Access, workspace: Workspace) -> None:
    workspace.issued("long", ttl="100h")
    workspace.issued("short", ttl="1h")

    unasked = access("token", "expire", "long", "short", "--in", "2h")
    told = access("token", "expire", "long", "short", "--in", "2h", "--yes")

    assert unasked.status == 1
    assert told.status == 0, told.err
    assert told.err.startswith("token short ends at 20")
    assert end_of(workspace, "long") == pytest.approx(now() + timedelta(hours=2), abs=timedelta(minutes=1))
    assert end_of(workspace, "short") is None


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
    assert ["more-reader", "More", "reader", "AccessModel", "*"] in [row.split() for row in rows]
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
    assert failing.err == "Error: There is something to look at: 5 findings.\n"


def test_an_audit_of_what_is_in_order_finds_nothing(access: Access, workspace: Workspace) -> None:
    workspace.issued("fine", ttl="100h")

    assert access("audit", "--fail") == Told(0, "", "There is nothing to look at.\n")
    assert json.loads(access("audit", "-o", "json").out) == {"findings": []}


def test_an_administrator_of_the_keyring_needs_no_more_than_the_help_says(access: Access, workspace: Workspace) -> None:
    user = "key-keeper"
    secrets = rule("", "secrets", "patch", names=["pharia-access-keyring"])
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
    states = [tuple(line.split()) for line in rotated.out.splitlines()]
    assert states[0] == ("KEY", "STATE")
    assert states[1][1] == "current"
    assert (old, "kept") in states
    heading, *rows = after.out.splitlines()
    assert heading.split() == ["KEY", "STATE", "ACTIVE", "TOKENS"]
    assert [row.split()[:2] for row in rows[:2]] == [[states[1][0], "current"], [old, "kept"]]
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
    assert "nobody may not patch Secrets in namespace pharia-access-system." in other.err
    assert elsewhere.err.startswith("Error: There is no keyring in namespace default.\nName the release's namespace")


def named(kind: str, workspace: Workspace, name: str) -> dict[str, Any]:
    """Enough of an object to change it."""
    return {"kind": kind, "metadata": {"name": name, "namespace": workspace.namespace}}
