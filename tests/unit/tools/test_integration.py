"""What happens to integration tests that fail: real runs of pytest on small files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import integration

_ROOT = Path(__file__).resolve().parents[3]
UNSTEADY = """
from pathlib import Path

def test_it() -> None:
    seen = Path(__file__).with_name("seen")
    again = seen.exists()
    seen.touch()
    assert again
"""
BROKEN = "def test_it() -> None:\n    assert False\n"
BROKEN_FIXTURE = (
    "import pytest\n\n@pytest.fixture\ndef it() -> None:\n    raise OSError\n\ndef test_it(it: None) -> None: ...\n"
)
SOUND = "def test_it() -> None: ...\n"


def status_of(monkeypatch: pytest.MonkeyPatch, root: Path, files: dict[str, str], *, processes: int = 0) -> int:
    """How a run of these files ends."""
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    folder = root / "tests" / "integration"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    monkeypatch.setattr(integration, "_ROOT", root)
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    return integration.main(["-q", "-n", str(processes), "-p", "no:cacheprovider"])


def test_all_that_pass_are_run_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert status_of(monkeypatch, tmp_path, {"sound": SOUND}) == 0


@pytest.mark.parametrize("processes", [0, 2])
def test_one_that_passes_alone_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str], processes: int
) -> None:
    assert status_of(monkeypatch, tmp_path, {"sound": SOUND, "unsteady": UNSTEADY}, processes=processes) == 0

    told = capfd.readouterr().out
    assert "passed only alone" in told
    assert told.splitlines()[-1] == "  tests/integration/test_unsteady.py::test_it"


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"broken": BROKEN}, id="one that fails twice"),
        pytest.param({"broken": BROKEN_FIXTURE}, id="one whose fixture fails twice"),
        pytest.param({"broken": BROKEN, "unsteady": UNSTEADY}, id="one of two that fails twice"),
        pytest.param({"attacks": UNSTEADY}, id="an attack that got through once"),
        pytest.param({"sound": SOUND, "unreadable": "this is no Python"}, id="a file that cannot be read"),
        pytest.param({f"unsteady_{n}": UNSTEADY.replace("seen", f"seen{n}") for n in range(9)}, id="too many"),
    ],
)
def test_what_is_no_accident_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str]) -> None:
    assert status_of(monkeypatch, tmp_path, files) != 0


def test_files_that_look_for_a_way_in_are_known_by_their_names() -> None:
    names = {path.name for path in (_ROOT / "tests" / "integration").rglob("test_*.py")}

    unused = [part for part in integration.NEVER_AGAIN if not any(part in name for name in names)]

    assert unused == []
