"""Each key of values.yaml without a value, as where all below it is commented out: as if the key were not there."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import yaml

from tests.support.charts.parent_chart import rendered_parts
from tools.control_plane.charts import Json, nested, of_kind
from tools.control_plane.installation import CHART
from tools.values_reference import values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

VALUES: Json = yaml.safe_load((CHART / "values.yaml").read_text())
LEAVES = {value.path for value in values()}
BROKEN = re.compile("nil pointer|error calling|YAML parse error|can't|unmarshal")


def keys(below: Json = VALUES, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of values.yaml by its path, those of Kubernetes' own mappings too."""
    for key, value in below.items():
        yield f"{prefix}{key}", value
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{key}.")


KEYS = dict(keys())
OURS = [path for path in KEYS if not any(path.startswith(f"{leaf}.") for leaf in LEAVES)]
EMPTY: list[tuple[str, Any]] = [
    *((path, {}) for path, value in KEYS.items() if isinstance(value, dict)),
    *((path, []) for path, value in KEYS.items() if isinstance(value, list | dict)),
    *((path, "") for path in OURS),
]


class Template(Protocol):
    """Renders the chart with a values file; what came out, and what was said."""

    def __call__(self, given: Json, chart: Path = CHART) -> tuple[str, str]: ...


@pytest.fixture(scope="module")
def template(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """See there."""
    file = tmp_path_factory.mktemp("values") / "values.yaml"

    def ask(given: Json, chart: Path = CHART) -> tuple[str, str]:
        file.write_text(yaml.safe_dump(given).replace(": null\n", ":\n"))
        done = control_plane.helm("template", "pharia-access", str(chart), f"--values={file}", check=False)
        return done.stdout, done.stderr

    return ask


def test_every_value_and_every_section_is_among_the_keys() -> None:
    assert set(OURS) >= LEAVES
    assert {"networkPolicy", "networkPolicy.apiServer", "verifier.tls", "operator.serviceAccount"} <= set(OURS)


@pytest.mark.parametrize("depth", sorted({path.count(".") for path in OURS}))
def test_keys_without_a_value_give_the_default(template: Template, depth: int, usual: str) -> None:
    """All of one depth at once: none is below another. Each alone is tried below a parent chart, by one Helm."""
    text, said = template(nested({path: None for path in OURS if path.count(".") == depth}))

    assert said == ""
    assert text == usual


@pytest.mark.long
@pytest.mark.parametrize("path", OURS)
def test_a_key_without_a_value_gives_the_default(template: Template, path: str, usual: str) -> None:
    assert template(nested({path: None})) == (usual, "")


@pytest.fixture(scope="module")
def usual(template: Template) -> str:
    text, _ = template({})
    return text


@pytest.mark.parametrize(
    ("path", "empty"), EMPTY, ids=lambda part: part if isinstance(part, str) and part else repr(part)
)
def test_an_empty_value_is_taken_or_refused_with_a_sentence_and_opens_nothing(
    template: Template, path: str, empty: object
) -> None:
    text, said = template(nested({path: empty}))

    assert not BROKEN.search(said)
    assert bool(text) != (f"\n{path} must be " in said or f"at '/{path.replace('.', '/')}': got" in said)
    assert opened(text) == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing is given"),
        pytest.param(dict.fromkeys(VALUES), id="each section is without a value"),
        pytest.param(nested(dict.fromkeys(LEAVES)), id="each value is"),
    ],
)
def test_where_helm_reuses_the_defaults_of_a_chart_without_ours_they_are_filled_in(
    template: Template, tmp_path: Path, given: Json, usual: str
) -> None:
    chart = tmp_path / "pharia-access"
    shutil.copytree(CHART, chart)
    (chart / "values.yaml").write_text("{}\n")

    assert template(given, chart) == (usual, "")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"operator.resources": {"limits": {"cpu": None}}}, id="a limit that has no default"),
        pytest.param({"verifier.podSecurityContext": {"seccompProfile": {"localhostProfile": None}}}, id="deeper"),
        pytest.param({"operator.podLabels": {"a": None, "b": "c"}}, id="a label"),
        pytest.param({"verifier.affinity": {"nodeAffinity": None}}, id="a mapping"),
    ],
)
def test_a_null_that_takes_nothing_away_does_not_reach_kubernetes(template: Template, given: Json) -> None:
    text, said = template(nested(given))

    documents = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]
    assert said == ""
    assert [document for document in of_kind(documents, "Deployment") if "None" in str(document)] == []


@pytest.mark.parametrize("path", sorted(set(KEYS) - set(OURS)))
def test_a_null_in_a_mapping_of_kubernetes_takes_away_what_is_there(template: Template, path: str) -> None:
    text, said = template(nested({path: None}))

    assert (said, opened(text)) == ("", [])


def test_below_a_parent_chart_a_key_without_a_value_gives_the_default(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    parts = {f"part{number}": nested({path: None}) for number, path in enumerate(OURS)}

    found = rendered_parts(control_plane, tmp_path, {"usual": {}, **parts})

    usual = found["usual"]
    assert "kind: NetworkPolicy" in usual
    assert [parts.get(part) for part, text in found.items() if text != usual] == []


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"extraEgress": [{}]}, id="a rule without anything"),
        pytest.param({"extraEgress": [{"ports": None}]}, id="ports without a value"),
        pytest.param({"extraEgress": [{"ports": [], "to": []}]}, id="no ports and no peers"),
        pytest.param({"extraEgress": [{"ports": [{"port": None}]}]}, id="a port without a number"),
        pytest.param({"extraEgress": [{"ports": [{}]}]}, id="a port without anything"),
        pytest.param({"extraEgress": [{"ports": [{"port": 53}, {}]}]}, id="a port without anything beside another"),
        pytest.param({"extraEgress": [{"to": [{}], "ports": [{"port": 53}]}]}, id="a peer without anything in a rule"),
        pytest.param({"extraEgress": [{"to": None, "ports": [{"port": 53}]}]}, id="peers without a value"),
        pytest.param({"metricsFrom": [{}]}, id="a peer without anything"),
        pytest.param({"checksFrom": [{"podSelector": None}]}, id="a selector without a value"),
        pytest.param({"apiServer": {"ports": []}}, id="no port"),
        pytest.param({"apiServer": {"ports": [None]}}, id="a port that is none"),
    ],
)
def test_a_rule_that_would_mean_everything_is_refused(template: Template, given: Json) -> None:
    text, said = template({"networkPolicy": given})

    assert text == ""
    assert " must be a list of " in said or "got null, want" in said


def opened(text: str) -> list[Json]:
    """Rules of egress that name no port, as an open NetworkPolicy has them."""
    policies = of_kind((found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found), "NetworkPolicy")
    return [rule for policy in policies for rule in policy["spec"]["egress"] if not rule.get("ports")]
