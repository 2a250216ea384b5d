"""What is asked for, in its forms: tables as kubectl's, JSON, YAML and names."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pharia_access.domain.permissions import Permission
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.escaping import escaped
from pharia_access.kube.paths import GROUP

__all__ = [
    "NONE",
    "line_of",
    "print_documents",
    "print_fields",
    "print_heading",
    "print_object",
    "print_objects",
    "print_section",
    "print_table",
    "print_value",
]

Json = Mapping[str, Any]

NONE: Final = "<none>"
"""What stands in a table for what is not there, as in kubectl."""

_FURTHER_IN: Final = 4
"""The indent of what a line of a section goes on with."""


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Left-aligned columns, two blanks between them. `err`: on standard error, beside what was asked for."""
    cells = [[cell if cell.strip() else NONE for cell in row] for row in rows]
    printing.write_rows(*_aligned(cells, headings, width=printing.room(err=err)), err=err)


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """A thing's properties, a line each, as `kubectl describe` prints them; those without a value are left out."""
    shown = [(f"{name}:", value) for name, value in fields if value]
    printing.write(*_aligned(shown, width=printing.room()))


def print_section(title: str, lines: Iterable[str]) -> None:
    """A heading with lines under it; a line that is longer than the terminal's goes on further in."""
    print_heading(title)
    shown = printing.room()
    width = shown and shown - _FURTHER_IN
    for line in list(lines) or [NONE]:
        first, *others = printing.wrapped(escaped(line), width)
        printing.write(f"  {first}", *(f"{'':{_FURTHER_IN}}{other}" for other in others))


def print_heading(title: str) -> None:
    """A heading, for what comes after other things."""
    printing.write("", *printing.wrapped(escaped(f"{title}:"), printing.room()))


def print_objects(bodies: Sequence[Json], output: str) -> None:
    """Many objects, as `json`, `yaml` or `name`."""
    if output == "name":
        printing.write(*map(_name, bodies))
        return
    print_value({"apiVersion": "v1", "kind": "List", "items": [_tidy(body) for body in bodies]}, output)


def print_documents(bodies: Sequence[Json], output: str) -> None:
    """Objects of any kind as they are to be applied: documents of YAML, else as `print_objects`."""
    if output != "yaml":
        print_objects(bodies, output)
        return
    for number, body in enumerate(bodies):
        if number:
            printing.write("---")
        print_value(_tidy(body), output)


def print_object(body: Json, output: str) -> None:
    """One object, as `json`, `yaml` or `name`."""
    if output == "name":
        printing.write(_name(body))
    else:
        print_value(_tidy(body), output)


def print_value(body: Json, output: str) -> None:
    """What is no object, as `json` or `yaml`: exact data, in which what a terminal would obey is escaped."""
    text = json.dumps(body, indent=2) if output == "json" else _yaml(body)
    printing.write(*text.split("\n"))


def line_of(permission: Permission) -> str:
    """A permission with its restrictions."""
    return " ".join([permission.name, *(f"{name}={value}" for name, value in permission.fields)])


def _aligned(rows: Sequence[Sequence[str]], headings: Sequence[str] = (), *, width: int | None = None) -> list[str]:
    """In columns with two blanks between them, by the width of what is shown; a wide character counts as two."""
    cells = [[escaped(cell) for cell in row] for row in ([headings, *rows] if headings else rows)]
    broad = [max(map(printing.columns, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(_filled, row, broad)) for row in cells]
    return [part.rstrip() for line, row in zip(lines, cells, strict=True) for part in _in_room(line, row[-1], width)]


def _filled(cell: str, width: int) -> str:
    return cell + " " * (width - printing.columns(cell))


def _in_room(line: str, last: str, width: int | None) -> list[str]:
    """The line; where it is too long, its last cell goes on below itself."""
    begins = line.rstrip().removesuffix(last.rstrip())
    indent = printing.columns(begins)
    if width is None or printing.columns(line.rstrip()) <= width:
        return [line]
    first, *others = printing.wrapped(last, width - indent)
    return [f"{begins}{first}", *(f"{' ' * indent}{other}" for other in others)]


def _yaml(body: Json) -> str:
    """Letters of all languages as they are; all of them by number where one must be."""
    import yaml

    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True).removesuffix("\n")
    if all(line == escaped(line) for line in text.split("\n")):
        return text
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=False).removesuffix("\n")


def _name(body: Json) -> str:
    group = str(body.get("apiVersion", GROUP)).partition("/")[0]
    return f"{body['kind'].lower()}.{group}/{body['metadata']['name']}"


def _tidy(body: Json) -> Json:
    """Without the book-keeping that kubectl leaves out too."""
    return {**body, "metadata": {name: part for name, part in body["metadata"].items() if name != "managedFields"}}
