"""There is one room that writes to a terminal: no other module of the plugin has a way to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pharia_access.entrypoints import kubectl

HERE = Path(kubectl.__file__).parent
ROOM = HERE / "printing.py"

DECLARING = """
    Abort Argument Choice ClickException Command Context Group HelpFormatter IntRange Option ParamType
    Parameter UsageError argument command core group option pass_obj version_option
"""
OF_CLICK = frozenset(DECLARING.split())
"""What declares a command line. Click itself prints help and the version, which are ours."""
OF_OTHERS = {
    "sys": {"argv", "exit", "stdin", "version_info"},
    "os": {"O_CREAT", "O_EXCL", "O_WRONLY", "W_OK", "access", "fdopen", "fsync", "open"},
    "logging": {"NullHandler", "getLogger"},
    "traceback": {"extract_tb"},
}
FUNCTIONS = frozenset({"print", "input", "breakpoint", "exec", "eval", "__import__"})
MODULES = frozenset({"rich", "getpass", "curses", "readline", "warnings", "pprint", "tty", "termios", "io"})


def ways_out(source: str) -> Iterator[str]:
    """What could write past the room."""
    for node in ast.walk(ast.parse(source)):
        yield from _used(node)
        yield from _imported(node)


def _used(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
            yield name
        case ast.Call(func=ast.Attribute(attr="show", value=ast.Name(id="error"))):
            yield "error.show"
        case ast.Attribute(value=ast.Name(id="click"), attr=name) if name not in OF_CLICK:
            yield f"click.{name}"
        case ast.Attribute(value=ast.Name(id=module), attr=name) if name not in OF_OTHERS.get(module, {name}):
            yield f"{module}.{name}"
        case _:
            pass


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (one.name for one in names if one.name.partition(".")[0] in MODULES or one.asname)
        case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] in {*MODULES, *OF_OTHERS}:
            yield from (f"{module}.{one.name}" for one in names)
        case ast.ImportFrom(module="click", names=names):
            yield from (f"click.{one.name}" for one in names)
        case _:
            pass


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=str(path.relative_to(HERE))) for path in HERE.rglob("*.py") if path != ROOM]
)
def test_a_module_has_no_way_to_the_terminal_but_through_the_room(path: Path) -> None:
    assert sorted(ways_out(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "import sys\nsys.stdout.write('x')",
        "import sys\nsys.__stderr__.write('x')",
        "from sys import stderr",
        "import sys as s",
        "import os\nos.write(1, b'x')",
        "import click\nclick.echo('x')",
        "from click import echo",
        "import rich.console",
        "from rich import print",
        "import logging\nlogging.basicConfig()",
        "import traceback\ntraceback.print_exc()",
        "try: pass\nexcept Exception as error: error.show()",
    ],
)
def test_each_other_way_is_found(source: str) -> None:
    assert list(ways_out(source)) != []


def test_the_room_sends_everything_through_one_line_that_is_escaped() -> None:
    """What it hands to Click was escaped in the same statement, or in what calls it."""
    calls = [node for node in ast.walk(ast.parse(ROOM.read_text())) if isinstance(node, ast.Call)]
    outs = [node for node in calls if ast.unparse(node.func) in {"click.echo", "click.prompt", "click.confirm", "_put"}]
    unescaped = [ast.unparse(node) for node in outs if "escaped" not in ast.unparse(node)]

    assert len(outs) == 9
    assert unescaped == ["click.echo(line.encode(encoding, 'backslashreplace').decode(encoding), err=err)"]
