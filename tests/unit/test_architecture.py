"""The page about the architecture: what it names exists, and no room is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "pharia_access"
PAGES = [ROOT / "docs" / "explanation" / "architecture.md", ROOT / "docs" / "how-to" / "change-the-code.md"]
ARCHITECTURE = PAGES[0].read_text(encoding="utf-8")
OF_A_DELIVERY = {"Available", "Collected", "WindowClosed", "Withdrawn", "WithdrawalHeld", "NotDelivered"}


def named(text: str) -> list[str]:
    """Every module and folder in backticks: `domain/model.py`, `kube/`, `tests/unit/test_x.py`."""
    return re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_module_and_folder_that_the_page_names_exists(page: Path) -> None:
    paths = named(page.read_text(encoding="utf-8"))

    assert len(paths) > 10
    assert [path for path in paths if not (SOURCE / path).exists() and not (ROOT / path).exists()] == []


def test_the_page_names_every_folder_of_the_package() -> None:
    folders = {f"{path.parent.relative_to(SOURCE).as_posix()}/" for path in SOURCE.rglob("*/__init__.py")}

    assert sorted(folders - set(named(ARCHITECTURE))) == []


def test_the_picture_has_a_box_for_each_audience_of_a_layer() -> None:
    picture = ARCHITECTURE.split("```mermaid")[1].split("```")[0]

    for layer in ("services", "domain", "kube", "entrypoints"):
        section = picture.split(f"subgraph {layer}[")[1].split("end")[0]
        boxes = set(re.findall(r'\["(\w+)/"\]', section))
        assert boxes == {path.parent.name for path in (SOURCE / layer).glob("*/__init__.py")}


def test_the_table_of_delivered_has_every_reason_and_names_functions_that_exist() -> None:
    rows = re.findall(r"^\| (?:True|False) \| `(\w+)` \| (.+) \|$", ARCHITECTURE, re.MULTILINE)
    lifecycle = "".join(path.read_text(encoding="utf-8") for path in (SOURCE / "domain" / "lifecycle").glob("*.py"))
    functions = {name for _, by in rows for name in re.findall(r"`([a-z]+_\w+)`", by)}

    assert {reason for reason, _ in rows} == OF_A_DELIVERY
    assert [name for name in sorted(functions) if f"def {name}(" not in lifecycle] == []
