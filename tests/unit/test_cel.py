"""Which functions the rules of kinds and policies call: those that the oldest Kubernetes takes, and no other.

An API server takes a function one minor version after it learned it, so that it can be rolled back (`base.go` of
k8s.io/apiserver, `pkg/cel/environment`: `IntroducedVersion`, and `DefaultCompatibilityVersion`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tools.kubernetes_versions import OLDEST

if TYPE_CHECKING:
    from collections.abc import Iterator

CRDS = Path(__file__).resolve().parents[2] / "crds"
EXPRESSIONS = {"rule", "expression", "messageExpression"}

LEARNED = {
    **dict.fromkeys(
        ["has", "all", "filter", "map", "size", "matches", "startsWith", "duration", "timestamp", "dyn"], 23
    ),
    **dict.fromkeys(["exists", "int"], 23),
    # Go's extension of texts
    **dict.fromkeys(["substring", "lowerAscii", "join"], 23),
    # the authorizer
    **dict.fromkeys(["group", "resource", "subresource", "namespace", "name", "check", "allowed"], 27),
    # optional values
    **dict.fromkeys(["orValue", "hasValue"], 28),
    # formats
    **dict.fromkeys(["format.date", "validate"], 31),
}
"""The minor version of Kubernetes that learned each; look a new one up in that file."""


def expressions(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for key, below in part.items():
            if key in EXPRESSIONS and isinstance(below, str):
                yield below
            else:
                yield from expressions(below)
    elif isinstance(part, list):
        for below in part:
            yield from expressions(below)


def calls(expression: str) -> set[str]:
    without_texts = re.sub(r"r?'(?:\\.|[^'\\])*'|r?\"(?:\\.|[^\"\\])*\"", "''", expression)
    names = re.findall(r"(\b(?:format|optional)\.\w+|\b\w+)\(", without_texts)
    return set(names) - {"in"}


@pytest.mark.parametrize("file", sorted(CRDS.glob("*.yaml")), ids=lambda path: path.name)
def test_a_rule_calls_only_what_the_oldest_kubernetes_takes(file: Path) -> None:
    found = [each for part in yaml.safe_load_all(file.read_text(encoding="utf-8")) for each in expressions(part)]
    too_new = int(OLDEST.rpartition(".")[2])

    assert found
    assert {name for each in found for name in calls(each) if LEARNED.get(name, too_new) >= too_new} == set()


@pytest.mark.parametrize(
    ("expression", "called"),
    [
        ("!format.date().validate(self).hasValue()", {"format.date", "validate", "hasValue"}),
        ("self.matches('^a(b)$') && x in ['c(']", {"matches"}),
        (r"self.matches('it\'s(x)') || isIP(self)", {"matches", "isIP"}),
        ("variables.roles.name(self).check('bind').allowed()", {"name", "check", "allowed"}),
    ],
)
def test_calls_are_told_from_texts(expression: str, called: set[str]) -> None:
    assert calls(expression) == called
