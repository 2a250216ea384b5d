"""Use cases belong to no face: they print nothing, ask nobody, and know no command."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pharia_access.domain import administration as rules
from pharia_access.services import administration as use_cases

SERVICES = sorted(Path(next(iter(use_cases.__path__))).glob("*.py"))
DOMAIN = sorted(Path(next(iter(rules.__path__))).glob("*.py"))


def texts(path: Path) -> list[str]:
    """Every text in a module but its docstrings."""
    tree = ast.parse(path.read_text())
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def test_both_rooms_are_looked_at() -> None:
    assert len(SERVICES) > 10
    assert len(DOMAIN) > 10


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_no_use_case_mentions_kubectl(path: Path) -> None:
    assert "kubectl" not in path.read_text()


@pytest.mark.parametrize("path", [*SERVICES, *DOMAIN], ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_no_text_names_a_command_or_an_option(path: Path) -> None:
    assert [text for text in texts(path) if "kubectl" in text or "--" in text] == []


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_no_use_case_prints_or_asks(path: Path) -> None:
    names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}

    assert names & {"print", "input", "open"} == set()
