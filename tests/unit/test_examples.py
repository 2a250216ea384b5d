"""The configurations of examples/: shown by the pages as they are; those of gateways ask what the verifier knows."""

import re
from pathlib import Path

import pytest

from pharia_access.domain.verification.requirements import parse_requirement
from pharia_access.entrypoints.verifier.check_headers import USUAL

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "gateways"
FOLDERS = tuple(ROOT / "examples" / name for name in ("gateways", "alerting", "workload", "external-secrets"))
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))

SHOWN = re.compile(
    r"^\[`examples/((?:gateways|alerting|workload|external-secrets)/\S+)`\]\(\.\./\.\./examples/\1\):\n\n```\w+\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
CHECK = re.compile(r"/auth/[^\s\"]+")
IDENTITY = ("subject", "credential", "token-id", "roles", "expires")

CHECKING = [file.name for file in sorted(FOLDER.iterdir()) if CHECK.search(file.read_text(encoding="utf-8"))]


def test_each_file_is_shown_once_and_as_it_is() -> None:
    shown = [match for page in PAGES for match in SHOWN.findall(page.read_text(encoding="utf-8"))]

    files = [(f"{folder.name}/{file.name}", file.read_text("utf-8")) for folder in FOLDERS for file in folder.iterdir()]
    assert sorted(shown) == sorted(files)


@pytest.mark.parametrize("name", CHECKING)
def test_each_gateway_asks_by_a_path_and_a_requirement_that_the_verifier_knows(name: str) -> None:
    (asked,) = CHECK.findall((FOLDER / name).read_text(encoding="utf-8"))
    path, _, query = asked.encode().partition(b"?")

    found = USUAL.find(path, query)

    assert found is not None
    assert parse_requirement(found[1]).roles == ("studio-user",)


@pytest.mark.parametrize("name", CHECKING)
def test_each_gateway_takes_every_identity_header_from_the_verifier(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8").lower()

    assert [header for header in IDENTITY if f"x-auth-{header}" not in text] == []
