"""Names of people and addresses: all from one file, and none left empty by a release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import owners
from tools.owners import OWNERS, files, missing, parse, read

ROOT = Path(__file__).resolve().parents[3]
EMPTY: dict[str, Any] = {"repository": "", "security_contact": "", "code_owners": [], "maintainers": []}
NAMED: dict[str, Any] = {
    "repository": "example/access",
    "security_contact": "security@example.com",
    "code_owners": ["@example/access", "@ada"],
    "maintainers": [{"name": "Ada Example", "github": "ada"}],
}


def test_the_files_that_name_people_are_up_to_date() -> None:
    wanted = files(read())

    assert {path for path, text in wanted.items() if path.read_text(encoding="utf-8") != text} == set(), (
        "run: make generate"
    )


def test_a_release_asks_for_the_names_before_it_writes_anything_anywhere() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yaml").read_text(encoding="utf-8"))
    first, second, *_ = workflow["jobs"]["release"]["steps"]

    assert first["uses"].startswith("actions/checkout@")
    assert second["run"] == "python3 -m tools.owners --release"
    assert [job for name, job in workflow["jobs"].items() if name != "release" and job["needs"] != "release"] == []


def test_a_release_is_refused_while_an_entry_is_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(owners, "read", lambda: parse({**NAMED, "security_contact": "", "maintainers": []}))

    assert owners.main(["--release"]) == 1
    assert "leaves security_contact, maintainers empty" in capsys.readouterr().out


def test_a_release_goes_on_when_all_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(owners, "read", lambda: parse(NAMED))

    assert owners.main(["--release"]) == 0
    assert not capsys.readouterr().out


def test_every_entry_is_missing_at_first() -> None:
    assert missing(parse(EMPTY)) == ["repository", "security_contact", "code_owners", "maintainers"]
    assert missing(parse(NAMED)) == []


def test_what_is_named_stands_in_the_files() -> None:
    texts = {path.name: text for path, text in files(parse(NAMED)).items()}

    assert "\n* @example/access @ada\n" in texts["CODEOWNERS"]
    assert "- Ada Example ([@ada](https://github.com/ada))\n" in texts["MAINTAINERS.md"]
    assert "<security@example.com>" in texts["SECURITY.md"]
    (contact,) = yaml.safe_load(texts["config.yml"])["contact_links"]
    assert contact["url"] == "https://github.com/example/access/security/advisories/new"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"repository": "https://github.com/example/access"}, id="an address for a repository"),
        pytest.param({"security_contact": "the team"}, id="words for an address"),
        pytest.param({"code_owners": ["ada"]}, id="a code owner without an at sign"),
    ],
)
def test_an_entry_of_another_form_is_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong

    with pytest.raises(ValueError, match=rf"owners\.toml: {name} "):
        parse({**NAMED, **wrong})


def test_an_entry_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TypeError, match="homepage"):
        parse({**NAMED, "homepage": "x"})


def test_the_file_explains_each_entry() -> None:
    lines = OWNERS.read_text(encoding="utf-8").splitlines()
    entries = [number for number, line in enumerate(lines) if re.match(r"[a-z_]+ =", line)]

    assert [lines[number].split(" =")[0] for number in entries] == list(EMPTY)
    assert [number for number in entries if not lines[number - 1].startswith("# ")] == []
