"""What the Dockerfile promises beyond what hadolint looks at; `make e2e` builds it and runs the image."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
BUILD, FINAL = (stage.splitlines() for stage in "\n".join(LINES).split("\nFROM ")[1:])


def test_the_image_holds_only_what_is_copied_into_nothing() -> None:
    assert FINAL[0] == "scratch"
    assert not [line for line in FINAL if line.startswith("RUN")]


def test_the_base_is_an_argument_with_a_public_image_as_the_default() -> None:
    assert "ARG BASE=debian:bookworm-slim" in LINES
    assert BUILD[0] == "${BASE} AS build"


def test_the_user_is_a_number_and_the_chart_s() -> None:
    values = yaml.safe_load((ROOT / "charts" / "pharia-access" / "values.yaml").read_text(encoding="utf-8"))

    users = {values[component]["podSecurityContext"]["runAsUser"] for component in ("operator", "verifier")}
    assert [f"USER {user}:{user}" for user in users if user != 0] == [line for line in FINAL if line.startswith("USER")]


def test_it_starts_the_command_without_a_shell() -> None:
    (entrypoint,) = (line for line in FINAL if line.startswith("ENTRYPOINT"))

    assert json.loads(entrypoint.removeprefix("ENTRYPOINT")) == ["pharia-access"]


def test_everything_of_the_package_index_is_a_wheel_with_a_locked_hash() -> None:
    installed = re.findall(r"pip (?:--python \S+ )?install (.*?)(?:&&|$)", "\n".join(BUILD), re.MULTILINE)

    assert len(installed) == 3
    for arguments in installed:
        assert {"--require-hashes", "--only-binary"} <= set(arguments.split()) or "--no-index" in arguments.split()


def test_what_builds_the_package_is_locked_as_the_package_says() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    lines = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#")] == wanted


def test_the_build_sees_what_is_copied_and_nothing_else() -> None:
    copied = [line.split()[1:-1] for line in BUILD if line.startswith("COPY")]
    admitted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "*" in admitted
    assert sorted(f"!{path}" for paths in copied for path in paths) == sorted(
        line for line in admitted if line.startswith("!")
    )
