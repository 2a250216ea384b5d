"""docs/tutorial/kubectl-access.md, played again: what it shows is what the commands say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import list_pictures, recording
from tools.control_plane.installation import install
from tools.control_plane.plane import ControlPlane
from tools.transcript import PAGE, environment, masked, play, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.verifiers import RunningVerifier


@pytest.fixture(scope="module")
def own_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane of this file's own: lists show all roles of a cluster, and who holds each."""
    with ControlPlane.start(tmp_path_factory.mktemp("own-plane")) as started:
        install(started)
        yield started


@pytest.fixture(scope="module")
def served(own_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVerifier]:
    """Its operator, as installed, and a verifier."""
    with running(own_plane, tmp_path_factory.mktemp("served")) as verifier:
        yield verifier


@pytest.fixture
def stage(own_plane: ControlPlane, served: RunningVerifier, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A person's environment there; what a test makes is taken back."""
    yield environment(own_plane, tmp_path / "home", served.url)
    own_plane.kubectl("delete", "apitokens,apicredentials,apiroles", "--all", "--all-namespaces", timeout=60)
    own_plane.kubectl("delete", "namespace", "finance", "reports", "--ignore-not-found", timeout=60)


def test_the_tutorial_shows_what_the_commands_say(stage: dict[str, str]) -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert masked(play(page, stage)) == masked(page), "run: make generate"


def test_the_recording_shows_what_the_commands_say(stage: dict[str, str]) -> None:
    played = recording.shape(recording.play(stage))

    assert played == recording.shape(recording.read(recording.PICTURE.read_text("utf-8"))), "run: make generate"


def test_the_pictures_of_the_lists_show_what_the_commands_say(stage: dict[str, str]) -> None:
    drawn = list_pictures.draw(stage)

    assert masked(drawn) == masked(list_pictures.PAGE.read_text("utf-8")), "run: make generate"


def test_what_differs_each_time_is_masked_and_nothing_else() -> None:
    line = "ci-bot  ID q7c3q7c3q7c3q7c3 since 2026-11-25T21:19:39Z (in 23h)   never seen in use"

    assert masked(line) == "ci-bot  ID ID since TIME (in AGE)  USE"
    assert masked("pharia_mzx2s57mi2x736kh_bftMW180VI73EJbCZxfhG6JkZIsJUbsHavsHyZ0s3nP3gBAbY") == "TOKEN"
    assert masked("token report-bot revoked") == "token report-bot revoked"
