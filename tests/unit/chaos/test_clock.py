"""The clock of one process, stepped by another."""

import subprocess
import time
from pathlib import Path

import pytest

from tests.chaos.clock import Clock
from tests.chaos.stepped import stepped


@pytest.mark.parametrize("seconds", [-3600, 3, 0])
def test_a_step_counts_at_once(tmp_path: Path, seconds: int) -> None:
    clock = Clock(tmp_path / "clock")
    wall = stepped(tmp_path / "clock")
    assert wall() == pytest.approx(time.time(), abs=1)

    clock.step(seconds)

    assert wall() == pytest.approx(time.time() + seconds, abs=1)


def test_the_program_is_ours(tmp_path: Path) -> None:
    program = Clock(tmp_path / "clock").program

    told = subprocess.run([*program, "--help"], check=True, capture_output=True, text=True, timeout=30).stdout

    assert "run the verifier" in told
