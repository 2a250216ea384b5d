"""Where a program can be changed by one small mistake: mutmut's operators, and three of our own, over libcst's trees.

What changes words alone is left out (strings, logs, docstrings, annotations), as is what mypy or the import refuses
at once (decorators, `__all__`, arguments that are missing): it says nothing about tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import libcst as cst
import libcst.matchers as m
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

__all__ = ["Site", "sites"]

Operator = Callable[[Any], Iterable[cst.CSTNode]]


@dataclass(frozen=True, slots=True)
class Site:
    """One place and one change of it.

    Attributes:
        operator: the name of the kind of change.
        lines: the first and the last line of what is changed.
        function: the same of the function around it; None at the module's or a class's level.
    """

    path: Path
    operator: str
    lines: tuple[int, int]
    function: tuple[int, int] | None
    _module: cst.Module
    _before: cst.CSTNode
    _after: cst.CSTNode

    def source(self) -> str:
        """The whole file with the change."""
        changed = self._module.deep_replace(self._before, self._after)
        assert isinstance(changed, cst.Module)
        return changed.code


def sites(path: Path) -> list[Site]:
    """All changes of a file, always in the same order."""
    finder = _Finder(path)
    MetadataWrapper(cst.parse_module(path.read_text())).visit(finder)
    return finder.found


def _drop_call(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """Do not call what is called for its effect."""
    if m.matches(node.value, m.Call() | m.Await(m.Call())):
        yield cst.Pass()


def _drop_keyword(node: cst.Call) -> Iterator[cst.CSTNode]:
    """The default instead of what the caller names, where there is one."""
    for argument in node.args:
        if argument.keyword is not None:
            yield node.with_changes(args=[other for other in node.args if other is not argument])


def _negate(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    yield node.with_changes(test=_negated(node.test))


def _negate_answer(node: cst.Return) -> Iterator[cst.CSTNode]:
    """The opposite answer, where mutmut does not turn it around: `True` and `False` alone."""
    if node.value is not None and m.matches(node.value, m.Comparison() | m.BooleanOperation() | m.UnaryOperation()):
        yield node.with_changes(value=_negated(node.value))


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    wrapped = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.UnaryOperation(operator=cst.Not(whitespace_after=cst.SimpleWhitespace(" ")), expression=wrapped)


_OWN: Final[list[tuple[type, Operator]]] = [
    (cst.Expr, _drop_call),
    (cst.Call, _drop_keyword),
    (cst.If, _negate),
    (cst.While, _negate),
    (cst.Return, _negate_answer),
]
_LEFT_OUT = {"operator_string", "operator_dict_arguments", "operator_arg_removal", "operator_assignment"}
_OPERATORS: Final = [*((kind, do) for kind, do in mutators.mutation_operators if do.__name__ not in _LEFT_OUT), *_OWN]

_WORDS_AND_TYPES = (
    m.Annotation()
    | m.Decorator()
    | m.Import()
    | m.ImportFrom()
    | m.Assign(targets=[m.AssignTarget(m.Name("__all__"))])
    | m.Call(func=m.Attribute(value=m.Name("log")))
    | m.Call(func=m.Name("cast"))
    | m.Raise()
)


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[Site] = []
        self._path = path
        self._module: cst.Module
        self._functions: list[tuple[int, int]] = []
        self._lines = (1, 1)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Module):
            self._module = node
        if m.matches(node, _WORDS_AND_TYPES):
            return False
        where = self.get_metadata(PositionProvider, node, None)
        if isinstance(where, CodeRange):
            self._lines = where.start.line, where.end.line
        if isinstance(node, cst.FunctionDef):
            self._functions.append(self._lines)
        for kind, operator in _OPERATORS:
            if isinstance(node, kind):
                self._add(node, operator)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef):
            self._functions.pop()

    def _add(self, node: cst.CSTNode, operator: Operator) -> None:
        function = self._functions[-1] if self._functions else None
        for after in operator(node):
            self.found.append(Site(self._path, operator.__name__, self._lines, function, self._module, node, after))
