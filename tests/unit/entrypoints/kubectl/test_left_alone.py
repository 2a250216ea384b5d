"""What is not done, and why: tokens that a rotation of all leaves alone, and names that are nearly right."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import command_line
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from tests.support.kubectl.command_line import Access

DAY = timedelta(days=1)


@pytest.fixture
def access(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Access:
    young = an_active_token(api_token("finance", "young"), left=29 * DAY)
    brought = an_active_token(api_token("finance", "brought", expiresAt=format_time(NOW + DAY)), left=12 * DAY)
    old, new = an_active_token(api_token("finance", "old"), left=2 * DAY), an_active_token(api_token("finance", "new"))
    new["metadata"]["labels"] = {"access.pharia.ai/replaces": "old"}
    new["status"]["expiresAt"] = format_time(NOW + 90 * DAY)
    serve(mocker, FakeCluster([a_known_role(), young, brought, old, new]))
    return command_line("finance", capsys, monkeypatch)


def test_a_rotation_of_all_says_what_it_leaves_alone_and_why(access: Access) -> None:
    told = access("token", "rotate", "--all-expiring", "30d", "--yes")

    assert told.status == 0
    assert told.err.splitlines() == [
        "3 tokens end within 30 days and are left alone:",
        "  old: already replaced by new",
        "  brought: its end was brought forward",
        "  young: half of its lifetime is not over",
        "No other token to rotate expires within 30 days.",
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("role", "get", "studio-usr"), 'Error: There is no role "studio-usr"; did you mean "studio-user"?'),
        (("role", "get", "zzz"), 'Error: There is no role "zzz".'),
        (("tokens", "list"), "Error: No such command 'tokens'. Did you mean 'token'?"),
        (("token", "lst"), "Error: No such command 'lst'. Did you mean 'list'?"),
        (("zzz",), "Error: No such command 'zzz'."),
    ],
)
def test_a_name_that_is_nearly_right_is_named(access: Access, words: tuple[str, ...], sentence: str) -> None:
    told = access(*words, namespace=False)

    assert told.status in {1, 2}
    assert sentence in told.err.splitlines()
    assert "-A" not in told.err
