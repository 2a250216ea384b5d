"""What goes to standard output: tables as kubectl's, JSON, YAML and names. Nothing else is ever written there."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click
import yaml
from tabulate import tabulate

from pharia_access.domain.permissions import Permission
from pharia_access.domain.times import format_time

__all__ = [
    "NONE",
    "age",
    "line_of",
    "moment",
    "print_fields",
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
    cells = [[cell or NONE for cell in row] for row in rows]
    click.echo(tabulate(cells, headings, tablefmt="plain", disable_numparse=True), err=err)


def print_fields(fields: Sequence[tuple[str, str]]) -> None:
    """A thing's properties, a line each, as `kubectl describe` prints them; those without a value are left out."""
    shown = [(f"{name}:", value) for name, value in fields if value]
    click.echo(tabulate(shown, tablefmt="plain", disable_numparse=True))


def print_section(title: str, lines: Iterable[str]) -> None:
    """A heading with lines under it."""
    click.echo(f"\n{title}:")
    for line in lines or ["<none>"]:
        click.echo(f"  {line}")


def print_objects(bodies: Sequence[Json], output: str) -> None:
    """Many objects, as `json`, `yaml` or `name`."""
    if output == "name":
        for body in bodies:
            click.echo(_name(body))
        return
    print_value({"apiVersion": "v1", "kind": "List", "items": [_tidy(body) for body in bodies]}, output)


def print_object(body: Json, output: str) -> None:
    """One object, as `json`, `yaml` or `name`."""
    if output == "name":
        click.echo(_name(body))
    else:
        print_value(_tidy(body), output)


def print_value(body: Json, output: str) -> None:
    """What is no object, as `json` or `yaml`."""
    if output == "json":
        click.echo(json.dumps(body, indent=2))
    else:
        click.echo(yaml.safe_dump(body, sort_keys=False, allow_unicode=True), nl=False)


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, in a unit or two: `5d`, `90m`, `3d4h`."""
    return "" if since is None else _short(max(now - since, timedelta()))


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
