"""`token prune` and `token list --phase` at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.times import format_time
from tests.support.builders.domain_objects import NOW
from tests.support.kubectl.cli_sessions import FakeCluster, serve
from tests.support.kubectl.command_line import command_line
from tests.unit.services.administration.test_pruning import DAY, ended
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from tests.support.kubectl.command_line import Access

LATER = {"phase": "Active", "issuedAt": format_time(NOW), "expiresAt": format_time(NOW + DAY)}


@pytest.fixture
def cluster(mocker: MockerFixture) -> FakeCluster:
    live = {**api_token("finance", "live"), "status": LATER}
    return serve(mocker, FakeCluster([api_credential("finance"), ended("dead"), live, api_token("finance", "new")]))


@pytest.fixture
def access(cluster: FakeCluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Access:
    return command_line("finance", capsys, monkeypatch)


def test_they_are_listed_and_asked_about_first(access: Access, cluster: FakeCluster) -> None:
    told = access("token", "prune", "--ended-before", "30d")

    assert [line.split() for line in told.out.splitlines()] == [
        ["NAME", "CREDENTIAL", "PHASE", "ENDED"],
        ["dead", "invoice-bot", "Expired", "40d", "ago"],
    ]
    assert told.status == 1
    assert "1 token will be deleted permanently, and with it the record of what it was." in told.err
    assert "Run the command again with --yes to confirm." in told.err
    assert cluster.written == []


@pytest.mark.parametrize(("option", "end"), [("--yes", ""), ("--dry-run", " (dry run)")])
def test_what_was_done_is_counted(access: Access, cluster: FakeCluster, option: str, end: str) -> None:
    told = access("token", "prune", "--ended-before", "30d", option)

    assert told.status == 0, told.err
    assert told.err.splitlines()[-1] == f"1 of 1 deleted{end}"
    assert cluster.written == [{"deleted": "dead"}]


@pytest.mark.parametrize(
    ("phase", "names"), [("Expired", ["dead"]), ("active", ["live"]), ("pending", ["new"]), ("Revoked", [])]
)
def test_a_list_of_one_phase(access: Access, phase: str, names: list[str]) -> None:
    told = access("token", "list", "--phase", phase)

    assert [line.split()[0] for line in told.out.splitlines()[1:]] == names
    assert told.err == ("" if names else "There are no tokens in phase Revoked in namespace finance.\n")
