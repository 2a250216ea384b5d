"""No text among the values becomes YAML of its own: it is refused, or it arrives as it is, and nothing else changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.charts.chart_cases import answers
from tools.chart_forms import forms
from tools.control_plane.charts import Json, nested
from tools.control_plane.installation import CHART

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

TEXTS = {
    "a line break": "one\nevil: two",
    "a line break and blanks": "\n    evil: two\n",
    "a mapping": "x: y",
    "double quotes": '"x", "y": "z"',
    "single quotes": "it's 'x': y",
    "a template": "{{ fail .Release.Name }}",
    "a comment": "x # y",
    "a document": "x\n---\nkind: Secret\nmetadata: {name: evil}\n",
    "a flow": "}, {evil: [two",
    "an anchor": "*all",
    "a number": "1e3",
    "an octal number": "0o17",
    "a null": "null",
    "a truth": "yes",
    "odd characters": "\u2028\ufeff\u00e9\0\t\r",
}
PLAIN = "plain"
SCALARS = {"text", "word", "choice", "moment", "duration", "countOrShare"}
KEY = "example.com/key"
# Documents and templates by their nature: what they say is what is installed.
EXEMPT = {"extraObjects"}
# What makes values count that do not by themselves. A Secret of one's own for TLS does without the certificate.
COUNTED: Json = {
    "metrics.serviceMonitor.render": "always",
    "metrics.prometheusRule.render": "always",
    "metrics.dashboard.enabled": True,
    "roles.create": True,
    "operator.replicas": 2,
    "verifier.autoscaling.enabled": True,
    "verifier.settings.tokenReview": True,
    "verifier.tokenReview.secretName": "review",
    "verifier.tokenReview.clientCASecretName": "authority",
    "crds.enabled": False,
}
CERTIFIED: Json = {"verifier.tls.certificate.enabled": True, "verifier.tls.certificate.issuerRef": {"name": "ours"}}


def single(text: str) -> Json:
    """The text as each value that is one, or a list of them."""
    kinds = {path: form.form["kind"] for path, form in forms().items()}
    alone = {path: text for path, kind in kinds.items() if kind in SCALARS}
    return alone | {path: [text] for path, kind in kinds.items() if kind == "names"}


def inside(text: str, place: str) -> Json:
    """The text within every value that Kubernetes owns: as a mapping's value, as its key, or deeper."""
    found: Json = {}
    for path, form in forms().items():
        kind = form.form["kind"]
        if kind == "strings":
            found[path] = {text: "value"} if place == "key" else {KEY: text}
        elif kind in {"object", "objects", "peers", "egress"}:
            places: dict[str, Json] = {
                "value": {KEY: text},
                "key": {text: "value"},
                "deeper": {KEY: [{"below": text}]},
            }
            value = places[place]
            found[path] = value if kind == "object" else [{**value, "to": [value]} if kind == "egress" else value]
    return found | {"verifier.tls.certificate.issuerRef": {"name": text, **found["verifier.tls.certificate.issuerRef"]}}


@pytest.fixture(scope="module")
def accepted(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Of each text, the values as which it is accepted."""
    cases = [(text, path, value) for text in TEXTS.values() for path, value in single(text).items()]
    said = answers(control_plane, tmp_path_factory.mktemp("cases"), (nested({path: value}) for _, path, value in cases))
    found: dict[str, list[str]] = {text: [] for text in TEXTS.values()}
    for (text, path, _), answer in zip(cases, said, strict=True):
        assert [line for line in answer.complaints if not line.startswith(f"{path} must be ")] == []
        found[text] += [] if answer.complaints else [path]
    return found


@pytest.fixture(scope="module")
def documents(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Json], list[Any]]:
    """What Helm renders with a values file."""
    file = tmp_path_factory.mktemp("values") / "values.yaml"

    def ask(flat: Json) -> list[Any]:
        file.write_text(json.dumps(nested(flat)))
        done = control_plane.helm("template", "ours", str(CHART), f"--values={file}")
        return list(yaml.load_all(done.stdout, Loader=yaml.CSafeLoader))

    return ask


def test_every_value_that_may_hold_a_text_is_tried() -> None:
    without = {path for path, form in forms().items() if form.form["kind"] in {"flag", "number", "numbers"}}

    assert set(forms()) == set(single("")) | set(inside("", "value")) | without | EXEMPT


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_is_refused_or_arrives_as_it_is(
    documents: Callable[[Json], list[Any]], accepted: dict[str, list[str]], text: str
) -> None:
    taken = {path: value for path, value in single(text).items() if path in accepted[text]}
    own = {path: value for path, value in taken.items() if path == "verifier.tls.secretName"}
    for given in ({**COUNTED, **CERTIFIED, **without(taken, own)}, {**COUNTED, **own}):
        plain = {path: with_text(value, text, PLAIN) for path, value in given.items()}

        assert documents(given) == [with_text(document, PLAIN, text) for document in documents(plain)]


@pytest.mark.parametrize("place", ["value", "key", "deeper"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_in_a_mapping_of_kubernetes_arrives_as_it_is(
    documents: Callable[[Json], list[Any]], text: str, place: str
) -> None:
    def given(text: str) -> Json:
        return {**COUNTED, **CERTIFIED, **inside(text, place)}

    found = documents(given(text))

    assert found == [with_text(document, PLAIN, text) for document in documents(given(PLAIN))]
    assert str(found).count(repr(text)) >= len(inside(text, place))


@pytest.mark.parametrize("character", ["\x7f", "\x85", "\x9f"], ids=ascii)
def test_a_character_with_which_helm_would_lose_the_whole_value_is_refused(
    control_plane: ControlPlane, tmp_path: Path, character: str
) -> None:
    given = inside(f"x{character}", "value")

    said = answers(control_plane, tmp_path, (nested({path: value}) for path, value in given.items()))

    assert [answer.complaints for answer in said] == [[f"{path} must be {forms()[path].may_be}"] for path in given]


def without(more: Json, less: Json) -> Json:
    return {path: value for path, value in more.items() if path not in less}


def with_text(found: Any, before: str, after: str) -> Any:  # noqa: ANN401 - documents are anything
    """The same, with one text in place of another wherever it stands."""
    if isinstance(found, dict):
        return {with_text(key, before, after): with_text(value, before, after) for key, value in found.items()}
    if isinstance(found, list):
        return [with_text(value, before, after) for value in found]
    return found.replace(before, after) if isinstance(found, str) else found
