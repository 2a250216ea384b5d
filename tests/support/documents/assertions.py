"""Which tests can fail: those that assert, or call what does. Read from their sources, without running them.

A helper by its name, where the file defines or imports it; a method by its name alone, in whatever class of `tests/`
or `tools/`. A deadline is no assertion: what hangs without one is not what most tests are about.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["read_sources", "without_assertions"]

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_EXPECTS = {"raises", "warns", "fail", "deprecated_call"}


def without_assertions(sources: Mapping[str, str]) -> list[str]:
    """As `file::function`. `sources`: the text of each file of tests and helpers by its path, like tests/unit/x.py."""
    found = [one for path, text in sources.items() for one in _functions(path, ast.parse(text))]
    able = _able(found)
    return sorted(f"{one.path}::{one.name}" for one in found if one.name.startswith("test_") and not one.can_fail(able))


def read_sources(root: Path) -> dict[str, str]:
    """All of `tests/` and `tools/`, whose helpers tests call."""
    files = [file for folder in ("tests", "tools") for file in (root / folder).rglob("*.py")]
    return {str(file.relative_to(root)): file.read_text() for file in files}


@dataclass(frozen=True, slots=True)
class _Helper:
    """A function, a method or a test.

    Attributes:
        called: functions by their file and name, methods by an empty path and their name.
    """

    path: str
    name: str
    is_method: bool
    asserts: bool
    called: frozenset[tuple[str, str]]

    @property
    def key(self) -> tuple[str, str]:
        """How callers name it."""
        return ("" if self.is_method else self.path, self.name)

    def can_fail(self, able: set[tuple[str, str]]) -> bool:
        """By itself, or by one of those that can."""
        return self.asserts or not able.isdisjoint(self.called)


def _able(found: list[_Helper]) -> set[tuple[str, str]]:
    """Until nothing is added: a helper can fail where what it calls can."""
    able: set[tuple[str, str]] = set()
    while more := {one.key for one in found if one.can_fail(able)} - able:
        able |= more
    return able


def _functions(path: str, tree: ast.Module) -> Iterator[_Helper]:
    nodes = list(ast.walk(tree))
    methods = {id(one) for node in nodes if isinstance(node, ast.ClassDef) for one in node.body}
    names = _Names(path, nodes)
    for node in nodes:
        if isinstance(node, _Function):
            inside = list(ast.walk(node))
            calls = [one.func for one in inside if isinstance(one, ast.Call)]
            asserts = any(isinstance(one, ast.Assert | ast.Raise) for one in inside)
            called = frozenset(key for call in calls if (key := names.key(call)) is not None)
            yield _Helper(path, node.name, id(node) in methods, asserts or any(map(_expects, calls)), called)


def _expects(called: ast.expr) -> bool:
    """Whether it is pytest's or a mock's way to assert."""
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name in _EXPECTS or name.startswith("assert_")


class _Names:
    """What names mean in a file."""

    def __init__(self, path: str, nodes: list[ast.AST]) -> None:
        self._path = path
        self._imported: dict[str, tuple[str, str]] = {}
        self._modules: set[str] = set()
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("tests", "tools")):
                file = f"{str(node.module).replace('.', '/')}.py"
                self._imported |= {one.asname or one.name: (file, one.name) for one in node.names}
            elif isinstance(node, ast.Import):
                self._modules |= {(one.asname or one.name).partition(".")[0] for one in node.names}

    def key(self, called: ast.expr) -> tuple[str, str] | None:
        """As `_Helper.key`; None for what tests did not define."""
        if isinstance(called, ast.Name):
            return self._imported.get(called.id, (self._path, called.id))
        if not isinstance(called, ast.Attribute):
            return None
        is_of_a_module = isinstance(called.value, ast.Name) and called.value.id in self._modules
        return None if is_of_a_module else ("", called.attr)
