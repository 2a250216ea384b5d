"""Writes the table of values in the chart's README: `python3 -m tools.values_reference`.

It is made from values.yaml. A comment explains the key below it; a mapping whose keys have no comments is one value. A
test proves that the table is up to date.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["README", "Value", "main", "values", "with_table"]

_CHART = Path(__file__).resolve().parent.parent / "charts" / "pharia-access"
README = _CHART / "README.md"

_BEGIN, _END = "<!-- made by tools/values_reference.py -->\n", "<!-- end -->\n"
_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z0-9]+):")
_COMMENT = re.compile(r" *# ?(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Value:
    """One row: where it stands, what it is by default, what its comment says."""

    path: str
    default: object
    comment: str


def values() -> list[Value]:
    """Every value, in the order of values.yaml."""
    text = (_CHART / "values.yaml").read_text(encoding="utf-8")
    return list(_rows(yaml.safe_load(text), _comments(text)))


def with_table(readme: str) -> str:
    """The text with the table as it should be."""
    before, _, rest = readme.partition(_BEGIN)
    return before + _BEGIN + _table() + _END + rest.partition(_END)[2]


def main() -> None:
    """Write the table into the README."""
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")


def _table() -> str:
    rows = "".join(f"| `{value.path}` | `{json.dumps(value.default)}` | {value.comment} |\n" for value in values())
    return f"| Value | Default | What it does |\n| --- | --- | --- |\n{rows}"


def _comments(text: str) -> dict[str, str]:
    """The comment above each key, by the key's path."""
    found: dict[str, str] = {}
    path: list[str] = []
    above: list[str] = []
    for line in text.splitlines():
        if (key := _KEY.match(line)) is not None:
            path = [*path[: len(key["indent"]) // 2], key["key"]]
            found[".".join(path)] = " ".join(above)
        comment = _COMMENT.fullmatch(line)
        above = [] if comment is None else [*above, comment["text"]]
    return found


def _rows(below: Mapping[str, Any], comments: Mapping[str, str], prefix: str = "") -> Iterator[Value]:
    for key, value in below.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and any(comments.get(f"{path}.{inner}") for inner in value):
            yield from _rows(value, comments, f"{path}.")
        else:
            yield Value(path, value, comments[path])


if __name__ == "__main__":
    main()
