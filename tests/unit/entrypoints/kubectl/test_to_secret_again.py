"""`--to-secret` a second time: what is told of the token before, and of what must restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.domain.api_values import OneTimeSecret
from pharia_access.domain.model import ObjectKey
from tests.support.administration.stored_bodies import an_active_token, minted_status
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import command_line
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

APP = ObjectKey("finance", "app")
NEW = {**api_token("finance", "new"), "status": minted_status(NOW, "new-token", "s")}
RESTART = "To use the new token: kubectl rollout restart deployment/bot -n finance"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        pytest.param(
            [an_active_token(api_token("finance", "ci"))],
            [
                "The token ci, which the Secret held before, ends at 2026-12-03T12:00:00Z (in 10d).",
                RESTART,
                "To end ci: kubectl access token expire ci --in 24h -n finance",
            ],
            id="goes on",
        ),
        pytest.param(
            [{**api_token("finance", "ci"), "status": {"phase": "Revoked"}}],
            ["The token ci, which the Secret held before, is revoked.", RESTART],
            id="ended",
        ),
        pytest.param([], [RESTART], id="gone"),
    ],
)
def test_the_token_before_and_what_to_restart_are_told(
    before: list[dict[str, object]],
    told: list[str],
    mocker: MockerFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = FakeCluster(
        [a_known_role(), api_credential("finance"), *before, NEW],
        own_secrets={"app": OwnSecret(APP, "u", "1", mark=SecretMark("invoice-bot", "ci", "token"))},
        readers=SecretWorkloads(("deployment/bot",), certain=True),
        one_time=OneTimeSecret(
            ObjectKey("finance", "new-token"), "s", NOW, immutable=True, token_uid="", token_name="new", text=TEXT
        ),
    )
    serve(mocker, cluster)

    answer = command_line("finance", capsys, monkeypatch)("token", "collect", "new", "--to-secret", "app")

    assert answer.status == 0, answer.err
    assert answer.err.splitlines() == [
        "The secret of new is in Secret app, under token in place of ci.",
        "The token new ends at 2027-02-21T12:00:00Z (in 90d).",
        *told,
    ]
    assert cluster.written == [{"kind": "Secret", "name": "app", "token": "new"}]
