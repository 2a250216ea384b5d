"""docs/tutorial/kubectl-access.md, played again: what it shows is what the commands say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools import list_pictures, recording
from tools.transcript import PAGE, environment, masked, play

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier

_AS_INSTALLED = {"PHARIA_ACCESS_DEFAULT_WINDOW": "1h", "PHARIA_ACCESS_PENDING_BOUND": "1h"}


def test_the_tutorial_shows_what_the_commands_say(
    control_plane: ControlPlane, pool: OperatorPool, verifier: RunningVerifier, tmp_path: Path
) -> None:
    control_plane.kubectl("delete", "apiroles", "--all")  # it shows the whole catalog
    page = PAGE.read_text(encoding="utf-8")

    with pool.alone(_AS_INSTALLED):
        played = play(page, environment(control_plane, tmp_path / "home", verifier.url))

    control_plane.kubectl("delete", "namespace", "reports", "--wait=false")
    control_plane.kubectl("delete", "apiroles", "--all")
    assert masked(played) == masked(page), "run: make generate"


def test_the_recording_shows_what_the_commands_say(
    control_plane: ControlPlane, pool: OperatorPool, verifier: RunningVerifier, tmp_path: Path
) -> None:
    with pool.alone(_AS_INSTALLED):
        played = recording.play(environment(control_plane, tmp_path / "home", verifier.url))

    control_plane.kubectl("delete", "namespace", "finance")
    control_plane.kubectl("delete", "apiroles", "--all")
    assert recording.shape(played) == recording.shape(recording.read(recording.PICTURE.read_text("utf-8"))), (
        "run: make generate"
    )


def test_the_pictures_of_the_lists_show_what_the_commands_say(
    control_plane: ControlPlane, pool: OperatorPool, verifier: RunningVerifier, tmp_path: Path
) -> None:
    control_plane.kubectl("delete", "apiroles,apicredentials", "--all", "--all-namespaces")

    with pool.alone(_AS_INSTALLED):
        drawn = list_pictures.draw(environment(control_plane, tmp_path / "home", verifier.url))

    control_plane.kubectl("delete", "namespace", "finance")
    assert masked(drawn) == masked(list_pictures.PAGE.read_text("utf-8")), "run: make generate"


def test_what_differs_each_time_is_masked_and_nothing_else() -> None:
    line = "ci-bot  ID q7c3q7c3q7c3q7c3 since 2026-11-25T21:19:39Z (in 23h)   never seen in use"

    assert masked(line) == "ci-bot  ID ID since TIME (in AGE)  USE"
    assert masked("pharia_mzx2s57mi2x736kh_bftMW180VI73EJbCZxfhG6JkZIsJUbsHavsHyZ0s3nP3gBAbY") == "TOKEN"
    assert masked("token report-bot revoked") == "token report-bot revoked"
