"""Writes what the chart knows of its own values: `python3 -m tools.chart_values`.

- files/values.json: the default of each value, what it may be, and the rules between settings. Helm shows a chart's
  templates no values.yaml, so they find the defaults here (docs/decisions/0039).
- values.schema.json: types alone. What goes beyond, the templates refuse with a sentence, which a schema cannot.

A test proves that both are up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.chart_forms import PROGRAMS, forms, named
from tools.values_reference import values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pharia_access.settings.types import SettingType

__all__ = ["SCHEMA", "VALUES", "main", "schema", "written"]

_CHART = Path(__file__).resolve().parent.parent / "charts" / "pharia-access"
VALUES = _CHART / "files" / "values.json"
SCHEMA = _CHART / "values.schema.json"

_TYPES: dict[str, dict[str, Any]] = {
    "choice": {"type": "string"},
    "countOrShare": {"type": ["integer", "string"]},
    "duration": {"type": ["string", "integer"]},
    "egress": {"type": "array", "items": {"type": "object"}},
    "flag": {"type": "boolean"},
    "moment": {"type": "string"},
    "names": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "integer"},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "object": {"type": "object"},
    "objects": {"type": "array", "items": {"type": "object"}},
    "peers": {"type": "array", "items": {"type": "object"}},
    "strings": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
    "text": {"type": "string"},
    "texts": {"type": "array", "items": {"type": ["object", "string"]}},
    "word": {"type": "string"},
}
# What is not as the form says: elsewhere a Secret to pull images with is an object with a name, as a pod has it.
_PULL_SECRETS = {"type": "array", "items": {"type": ["string", "object"]}}
_OTHERWISE: dict[str, dict[str, Any]] = dict.fromkeys(("global.imagePullSecrets", "imagePullSecrets"), _PULL_SECRETS)


def written() -> str:
    """The defaults, forms and rules as they should be, one a line."""
    known = {
        value.path: {"default": value.default, "mayBe": form.may_be, "form": dict(form.form)} for value, form in _all()
    }
    keys: dict[str, list[str]] = {}
    for path in known:
        words = path.split(".")
        for depth, word in enumerate(words):
            there = keys.setdefault("".join(f"{above}." for above in words[:depth]), [])
            there += [] if word in there else [word]
    rules = ",\n".join(f"  {json.dumps(rule)}" for rule in _rules())
    return f'{{\n"values": {_lines(known)},\n"keys": {_lines(keys)},\n"rules": [\n{rules}\n]\n}}\n'


def schema() -> str:
    """The schema as it should be."""
    tree: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart pharia-access",
        "description": "Made by tools/chart_values.py. Types alone: what a value may be, the chart's templates say.",
        "type": "object",
        "properties": {},
    }
    for value, form in _all():
        *above, last = value.path.split(".")
        below = tree
        for key in above:
            below = below["properties"].setdefault(key, _section())
        said = {"description": f"{value.comment} It must be {form.may_be}.".strip()}
        below["properties"][last] = {**_or_null(_OTHERWISE.get(value.path, _TYPES[form.form["kind"]])), **said}
    condition = {"type": "boolean", "description": "A parent chart's condition; not used here."}
    tree["properties"]["enabled"] = _or_null(condition)
    return f"{json.dumps(tree, indent=2, ensure_ascii=False)}\n"


def main() -> None:
    """Write both."""
    VALUES.write_text(written(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")


def _all() -> list[tuple[Any, SettingType]]:
    found = forms()
    return [(value, found[value.path]) for value in values()]


def _lines(entries: Mapping[str, object]) -> str:
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries.items())
    return f"{{\n{lines}\n}}"


def _section() -> dict[str, Any]:
    return _or_null({"type": "object", "properties": {}})


def _or_null(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same without a value too: with --reuse-values Helm leaves such a key there, for the templates to fill in."""
    types = said["type"] if isinstance(said["type"], list) else [said["type"]]
    return {**said, "type": [*types, "null"]}


def _rules() -> list[dict[str, Any]]:
    return [
        {"sentence": rule.sentence(named(prefix)), **rule.written(named(prefix))}
        for prefix, program in PROGRAMS.items()
        for rule in program.RULES
    ]


if __name__ == "__main__":
    main()
