"""The README, command by command, in a virtual environment that has nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes import served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pharia_access_client.fake_verifier import FakeVerifier

_PACKAGE = Path(__file__).resolve().parents[1]
_README = (_PACKAGE / "README.md").read_text("utf-8")
_SECONDS = 300


def block(language: str, word: str) -> str:
    """The one block in which a word stands."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", _README, re.MULTILINE | re.DOTALL)
    (found,) = (text for text in blocks if word in text)
    return str(found)


def commands(word: str) -> list[str]:
    """Those of the one console block in which a word stands."""
    return [line.removeprefix("$ ") for line in block("console", word).splitlines()]


def run(command: str, folder: Path, env: Mapping[str, str]) -> str:
    """Run a command as it stands; answer what it wrote."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the repository's relative paths work, beside an environment without any package."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "clients").symlink_to(_PACKAGE.parent)
    venv.create(folder / "venv", with_pip=True)
    return folder


@pytest.fixture(scope="module")
def env(place: Path) -> dict[str, str]:
    """Its programs before those of the machine, and nothing of this process's own packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PATH": f"{place / 'venv' / 'bin'}:{kept['PATH']}"}


@pytest.fixture(scope="module")
def installed(place: Path, env: dict[str, str]) -> Path:
    """After the commands of the chapter on installing, and the one that brings the frameworks."""
    for command in (*commands("pip wheel"), commands("uvicorn")[0]):
        run(command, place, env)
    return place


def test_the_package_brings_httpx_and_no_framework(place: Path, env: dict[str, str]) -> None:
    for command in commands("pip wheel"):
        run(command, place, env)

    assert "httpx" in run("pip list", place, env)
    assert "fastapi" not in run("pip list", place, env)


def test_the_service_answers_as_the_readme_shows(
    installed: Path, env: dict[str, str], verifier: FakeVerifier, tmp_path: Path
) -> None:
    token = verifier.issue("finance/bot", roles=["user"])
    (_, _, serving), (asking,) = commands("uvicorn"), commands("$TOKEN")
    started = serving.replace("clients/python", str(installed / "clients" / "python")).split()
    program = installed / "venv" / "bin" / started[0]
    given = {"PHARIA_ACCESS_VERIFIER_URL": verifier.url, "PYTHONPATH": ""}

    with served([str(program), *started[1:], "--port", "PORT"], tmp_path, given, "/health") as service:
        told = run(asking.replace("http://127.0.0.1:8000", service.url), installed, {**env, "TOKEN": token.text})

    assert told == '{"credential":"finance/bot","roles":["user"]}'


def test_the_example_of_a_test_passes(installed: Path, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "test_service.py").write_text(block("python", "fake_verifier"), "utf-8")
    run("pip install --quiet pytest", installed, env)
    examples = {"PYTHONPATH": str(_PACKAGE / "examples")}

    said = run("python -m pytest -q -p no:cacheprovider test_service.py", tmp_path, {**env, **examples})

    assert "1 passed" in said
