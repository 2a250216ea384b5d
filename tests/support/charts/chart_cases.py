"""What the chart says of many sets of values at once, and what the programs say of the same.

The chart's helpers are the real ones, and so is Helm. They are asked in a chart of the test's own, since Helm takes
longer to begin than to judge; that Helm refuses what they complain about is tested apart.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import yaml

from pharia_access.errors import SettingsError
from pharia_access.settings.base import environment_name
from tools.chart_forms import PROGRAMS, named
from tools.control_plane.installation import CHART

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["Answer", "answers", "program_says"]

Json = dict[str, Any]

_ASK = """
{{- range .Files.Get "files/cases.json" | fromJsonArray }}
{{- $context := dict "Values" . "Files" $.Files }}
{{- include "pharia-access.values" $context }}
---
complaints: {{ include "pharia-access.complaints" $context }}
settings:
  {{- include "pharia-access.environment" $context.Values.settings | nindent 2 }}
verifier.settings:
  {{- include "pharia-access.environment" $context.Values.verifier.settings | nindent 2 }}
{{- end }}
"""
# The Deployment sets them wherever it sets PHARIA_ACCESS_TOKEN_REVIEW.
_FILES = {f"PHARIA_ACCESS_TOKEN_REVIEW_{name}_FILE": "/f" for name in ("CERT", "KEY", "CLIENT_CA")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the chart says of one set of values.

    Attributes:
        complaints: a sentence each; none means that it is accepted.
        environments: what each program would be told, by where its settings are.
    """

    complaints: list[str]
    environments: dict[str, dict[str, str]]


def answers(control_plane: ControlPlane, folder: Path, cases: Iterable[Json]) -> list[Answer]:
    """An answer for each set of values, in their order."""
    chart = folder / "pharia-access"
    shutil.copytree(CHART, chart, ignore=lambda path, names: [name for name in names if _is_rendered(path, name)])
    (chart / "files" / "cases.json").write_text(json.dumps(list(cases)))
    (chart / "templates" / "ask.yaml").write_text(_ASK)
    done = control_plane.helm("template", "ours", str(chart), timeout=300)
    return [_answer(document) for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


def program_says(prefix: str, environment: Mapping[str, str]) -> list[str]:
    """The sentences of the program whose settings are there, in the words of values.yaml; none where it starts."""
    return _program_says(prefix, tuple(environment.items()))


@functools.cache
def _program_says(prefix: str, environment: tuple[tuple[str, str], ...]) -> list[str]:
    beside = _FILES if prefix.startswith("verifier") else {}
    with patch.dict(os.environ, {**dict(environment), **beside}, clear=True):
        try:
            PROGRAMS[prefix].from_environment()
        except SettingsError as error:
            return [_in_words_of_values(prefix, line) for line in str(error).splitlines()]
    return []


def _is_rendered(path: str, name: str) -> bool:
    return name == "tests" or (path.endswith("templates") and not name.endswith(".tpl"))


def _answer(document: Json) -> Answer:
    environments = {prefix: {entry["name"]: entry["value"] for entry in document[prefix]} for prefix in PROGRAMS}
    return Answer(document["complaints"], environments)


def _in_words_of_values(prefix: str, line: str) -> str:
    fields = {environment_name(field): field for field in PROGRAMS[prefix].model_fields}
    return re.sub(r"PHARIA_ACCESS_[A-Z0-9_]+", lambda found: named(prefix)(fields[found[0]]), line)
