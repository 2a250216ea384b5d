"""The package's README: its example is the one that runs, and it names every setting."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from pharia_access_client import settings

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "clients" / "python"
README = (PACKAGE / "README.md").read_text(encoding="utf-8")
EXAMPLE = (PACKAGE / "examples" / "service.py").read_text(encoding="utf-8")


def statements(source: str) -> set[str]:
    """Each statement of a module in one form, without docstrings."""
    found = ast.parse(source).body
    for each in found:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(each) is not None:
            del each.body[0]
    return {ast.unparse(each) for each in found}


def test_the_example_in_the_readme_is_a_part_of_the_one_that_is_run() -> None:
    shown = statements(README.split("```python\n")[1].split("```")[0])

    assert len(shown) > 2
    assert shown - statements(EXAMPLE) == set()


def test_the_readme_names_every_setting_and_no_other() -> None:
    known = {
        value for value in vars(settings).values() if isinstance(value, str) and value.startswith("PHARIA_ACCESS_")
    }

    assert len(known) == 6
    assert set(re.findall(r"^\| `(PHARIA_ACCESS_\w+)`", README, re.MULTILINE)) == known


def test_the_package_has_the_project_s_license() -> None:
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
