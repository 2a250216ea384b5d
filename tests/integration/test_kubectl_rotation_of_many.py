"""`kubectl access token rotate --all-expiring` on the real API server: one failure stops no other, and each is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.domain.token import parse
from tests.support.kubectl.command_line import Access, Told
from tools.control_plane.workspace import now, others

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")


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
    assert told.err.endswith("Error: 1 of 3 tokens was not rotated.\n")
    assert (again.out, again.err.count("was not rotated:")) == ("", 1)
    assert again.err.endswith("Error: 1 of 1 token was not rotated.\n")
    (file,) = (tmp_path / "out").iterdir()
    assert rest.status == 0, rest.err
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert parse(file.read_text().strip()).token_id == made[file.name]["status"]["tokenID"]
    assert len(made) == 3


def named(kind: str, workspace: Workspace, name: str) -> dict[str, Any]:
    """Enough of an object to change it."""
    return {"kind": kind, "metadata": {"name": name, "namespace": workspace.namespace}}


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
    assert files.err.startswith(
        f"1 token ends within 50 minutes and is left alone:\n  one: already replaced by {first}\n"
    )
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
    left = "2 tokens end within 7 days and are left alone:\n" + "".join(
        f"  {name}: half of its lifetime is not over\n" for name in ("one", "two")
    )
    assert nothing == Told(0, "", f"{left}No other token to rotate expires within 7 days.\n")
