"""What is asked for, in its forms: tables as kubectl's, JSON, YAML and names."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pharia_access.domain.permissions import Permission
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.escaping import escaped

__all__ = [
    "NONE",
    "age",
    "ago",
    "line_of",
    "moment",
    "print_fields",
    "print_heading",
    "print_object",
    "print_objects",
    "print_section",
    "print_table",
    "print_value",
    "until",
]

Json = Mapping[str, Any]

NONE: Final = "<none>"
"""What stands in a table for what is not there, as in kubectl."""

_UNITS: Final = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_MANY: Final = 2  # of a unit, from which on the finer one is left out


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Left-aligned columns, as kubectl prints them. `err`: on standard error, beside what was asked for."""
    cells = [[cell if cell.strip() else NONE for cell in row] for row in rows]
    printing.write(*_aligned(cells, headings), err=err)


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """A thing's properties, a line each, as `kubectl describe` prints them; those without a value are left out."""
    shown = [(f"{name}:", value) for name, value in fields if value]
    printing.write(*_aligned(shown))


def print_section(title: str, lines: Iterable[str]) -> None:
    """A heading with lines under it."""
    print_heading(title)
    printing.write(*(f"  {line}" for line in lines or [NONE]))


def print_heading(title: str) -> None:
    """A heading, for what comes after other things."""
    printing.write("", f"{title}:")


def print_objects(bodies: Sequence[Json], output: str) -> None:
    """Many objects, as `json`, `yaml` or `name`."""
    if output == "name":
        printing.write(*map(_name, bodies))
        return
    print_value({"apiVersion": "v1", "kind": "List", "items": [_tidy(body) for body in bodies]}, output)


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


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in a unit or two: `5d`, `90m`, `3d4h`."""
    return "" if since is None else _short(max(now - since, timedelta()))


def ago(when: datetime | None, now: datetime) -> str:
    """A moment that is over and how far it is: `2026-11-20T00:00:00Z (3d12h ago)`."""
    return "" if when is None else f"{format_time(when)} ({age(when, now)} ago)"


def until(end: datetime | None, now: datetime) -> str:
    """A moment to come and how far it is: `2027-01-31T00:00:00Z (in 66d)`."""
    if end is None:
        return ""
    left = end - now
    distance = f"in {_short(left)}" if left > timedelta() else f"{_short(-left)} ago"
    return f"{format_time(end)} ({distance})"


def moment(when: datetime | None) -> str:
    """A moment, as Kubernetes writes it."""
    return "" if when is None else format_time(when)


def line_of(permission: Permission) -> str:
    """A permission with its restrictions."""
    return " ".join([permission.name, *(f"{name}={value}" for name, value in permission.fields)])


def _aligned(rows: Sequence[Sequence[str]], headings: Sequence[str] = ()) -> list[str]:
    """In columns, by the width of what is shown; a wide character counts as two."""
    from tabulate import tabulate

    cells = [[escaped(cell) for cell in row] for row in rows]
    return tabulate(cells, headings, tablefmt="plain", disable_numparse=True).split("\n")


def _yaml(body: Json) -> str:
    """Letters of all languages as they are; all of them by number where one must be."""
    import yaml

    text = yaml.safe_dump(body, sort_keys=False, allow_unicode=True).removesuffix("\n")
    if all(line == escaped(line) for line in text.split("\n")):
        return text
    return yaml.safe_dump(body, sort_keys=False, allow_unicode=False).removesuffix("\n")


def _short(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    for place, (unit, letter) in enumerate(_UNITS):
        count, rest = divmod(seconds, unit)
        if not count:
            continue
        finer = _UNITS[place + 1] if place + 1 < len(_UNITS) else None
        tail = f"{rest // finer[0]}{finer[1]}" if finer and count < _MANY * 2 and rest >= finer[0] else ""
        return f"{count}{letter}{tail}"
    return "0s"


def _name(body: Json) -> str:
    return f"{body['kind'].lower()}.access.pharia.ai/{body['metadata']['name']}"


def _tidy(body: Json) -> Json:
    """Without the book-keeping that kubectl leaves out too."""
    return {**body, "metadata": {name: part for name, part in body["metadata"].items() if name != "managedFields"}}
