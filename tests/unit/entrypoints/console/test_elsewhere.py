"""Notes of running consoles: for their owner alone, and gone with their console."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.console.elsewhere import noted, others

if TYPE_CHECKING:
    from pathlib import Path

DIES = """
import os, sys
from pathlib import Path
from pharia_access.entrypoints.console.elsewhere import noted
with noted("there", Path(sys.argv[1])):
    os._exit(0)
"""


def test_a_console_that_runs_is_found_and_one_that_ended_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "notes"

    with noted("here", folder):
        with noted("there", folder):
            assert sorted(others(folder)) == ["here", "there"]
        assert others(folder) == ["here"]

    assert (others(folder), list(folder.iterdir())) == ([], [])


def test_one_that_was_killed_leaves_a_note_that_nobody_believes(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    subprocess.run([sys.executable, "-c", DIES, str(folder)], check=True)
    assert list(folder.iterdir())

    assert others(folder) == []
    assert list(folder.iterdir()) == []


def test_only_the_owner_reads_a_note(tmp_path: Path) -> None:
    folder = tmp_path / "notes"

    with noted("here", folder):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]

    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("made", ["open to others", "a link", "a file", "in no folder"])
def test_a_folder_that_is_not_ours_alone_is_not_used_and_stops_nobody(tmp_path: Path, made: str) -> None:
    folder, real = tmp_path / "notes", tmp_path / "real"
    match made:
        case "open to others":
            folder.mkdir()
            folder.chmod(0o755)
        case "a link":
            real.mkdir(mode=0o700)
            folder.symlink_to(real)
        case "a file":
            folder.touch(mode=0o600)
        case _:
            folder = tmp_path / "none" / "notes"

    with noted("here", folder):
        assert others(folder) == []

    assert not real.exists() or list(real.iterdir()) == []
