"""`kubectl access` beside its everyday commands, on the real API server with the operator running."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.token import parse
from pharia_access.entrypoints.kubectl.main import run
from tests.support.workspace import Workspace, instant, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a command left: its exit code, and its two outputs."""

    status: int
    out: str
    err: str


Access = Callable[..., Told] if TYPE_CHECKING else object


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
        status = run([*words[:1], *words[1:], *where])
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
    assert abs(end_of(workspace, "ci") - now() - DAY) < timedelta(minutes=1)  # type: ignore[operator] # set by then
    table = [line.split() for line in told.err.splitlines()[-2:]]
    assert table[0] == ["OLD", "ENDS", "NEW", "ENDS"]
    assert (table[1][0], table[1][4]) == ("ci", new["metadata"]["name"])
    workspace.until_delivery(new["metadata"]["name"], "Collected")
