"""`token create` with an output that does not take the secret: told in time, or finished by a command that it names."""

from __future__ import annotations

import errno
import os
import subprocess
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from tests.support.kubectl.failing_handover import Place, a_place, assert_handed_over_once, next_command
from tests.support.kubectl.plugin_runner import Plugin, Told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture(scope="module")
def place(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with a_place(control_plane, "outputs", tmp_path_factory.mktemp("anna")) as made:
        yield made


def test_a_full_disk_leaves_no_half_a_file(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "token"
    create = ("token", "create", "invoice-bot", "--name=full", "--window=30m", f"--to-file={path}")

    with mock.patch("os.fsync", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))):
        answer = place.plugin.run(*create)
    finished = place.plugin.obey(next_command(answer))

    assert answer.status == 1
    assert f"Error: Could not write the file {path}: No space left on device.\n" in answer.stderr
    assert not path.exists()
    assert_handed_over_once(place, "full", answer, finished)


def test_a_place_that_takes_none_is_told_before_a_token_is_made(place: Place, tmp_path: Path) -> None:
    there = tmp_path / "token"
    there.write_text("mine")
    place.workspace.api.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "taken", "namespace": place.workspace.namespace}}
    )
    create = ("token", "create", "invoice-bot", "--name=nowhere")

    answers = [
        place.plugin.run(*create, f"--to-file={there}"),
        place.plugin.run(*create, f"--to-file={tmp_path / 'no' / 'token'}"),
        place.plugin.run(*create, "--to-secret=taken"),
    ]

    assert [(answer.status, answer.stdout, answer.stderr) for answer in answers] == [
        (1, "", f"Error: The file {there} already exists and is not overwritten.\nChoose another file.\n"),
        (1, "", f"Error: The folder {tmp_path / 'no'} is not writable.\nChoose another file.\n"),
        (
            1,
            "",
            (
                'Error: A Secret "taken" already exists, and this command did not write it: it is not overwritten.\n'
                "Choose another name.\n"
            ),
        ),
    ]
    assert there.read_text() == "mine"
    assert place.workspace.read("ApiToken", "nowhere") is None


def test_a_reader_that_is_gone_and_a_full_device(place: Place) -> None:
    for name in ("closed", "device"):
        answer = _with_broken_output(place.plugin, name)
        finished = place.plugin.obey(next_command(answer))

        problem = {"closed": "Broken pipe", "device": "No space left on device"}[name]
        assert answer.status == 1, answer.stderr
        assert answer.stderr.splitlines()[:2] == [
            f"token {name} created",
            f"Error: Could not write the secret to standard output: {problem}.",
        ]
        assert len(answer.stderr.splitlines()) == 3
        assert_handed_over_once(place, name, answer, finished)


def _with_broken_output(plugin: Plugin, name: str) -> Told:
    command = plugin.command("token", "create", "invoice-bot", f"--name={name}", "--window=30m")
    reader, writer = os.pipe()
    os.close(reader)
    output = writer if name == "closed" else os.open("/dev/full", os.O_WRONLY)
    done = subprocess.run(
        command, env=plugin.environment, stdout=output, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    return Told(done.returncode, "", done.stderr)
