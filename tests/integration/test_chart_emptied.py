"""Each key of values.yaml without a value, as where all below it is commented out: as if the key were not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.charts import Json, nested, of_kind
from tests.support.installation import CHART
from tests.support.parent_chart import rendered_parts
from tools.values_reference import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

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


@pytest.fixture(scope="module")
def template(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Json], tuple[str, str]]:
    """Renders the chart with a values file; what came out, and what was said."""
    file = tmp_path_factory.mktemp("values") / "values.yaml"

    def ask(given: Json) -> tuple[str, str]:
        file.write_text(yaml.safe_dump(given).replace(": null\n", ":\n"))
        done = control_plane.helm("template", "pharia-access", str(CHART), f"--values={file}", check=False)
        return done.stdout, done.stderr

    return ask


def test_every_value_and_every_section_is_among_the_keys() -> None:
    assert set(OURS) >= LEAVES
    assert {"networkPolicy", "networkPolicy.apiServer", "verifier.tls", "operator.serviceAccount"} <= set(OURS)


@pytest.mark.parametrize("path", OURS)
def test_a_key_without_a_value_gives_the_default(
    template: Callable[[Json], tuple[str, str]], path: str, usual: str
) -> None:
    text, said = template(nested({path: None}))

    assert said == ""
    assert text == usual


@pytest.fixture(scope="module")
def usual(template: Callable[[Json], tuple[str, str]]) -> str:
    text, _ = template({})
    return text


@pytest.mark.parametrize(
    ("path", "empty"), EMPTY, ids=lambda part: part if isinstance(part, str) and part else repr(part)
)
def test_an_empty_value_is_taken_or_refused_with_a_sentence_and_opens_nothing(
    template: Callable[[Json], tuple[str, str]], path: str, empty: object
) -> None:
    text, said = template(nested({path: empty}))

    assert not BROKEN.search(said)
    assert bool(text) != (f"\n{path} must be " in said or f"at '/{path.replace('.', '/')}': got" in said)
    assert opened(text) == []


@pytest.mark.parametrize("path", sorted(set(KEYS) - set(OURS)))
def test_a_null_in_a_mapping_of_kubernetes_takes_away_what_is_there(
    template: Callable[[Json], tuple[str, str]], path: str
) -> None:
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
        pytest.param({"extraEgress": [{"to": None, "ports": [{"port": 53}]}]}, id="peers without a value"),
        pytest.param({"metricsFrom": [{}]}, id="a peer without anything"),
        pytest.param({"checksFrom": [{"podSelector": None}]}, id="a selector without a value"),
        pytest.param({"apiServer": {"ports": []}}, id="no port"),
        pytest.param({"apiServer": {"ports": [None]}}, id="a port that is none"),
    ],
)
def test_a_rule_that_would_mean_everything_is_refused(template: Callable[[Json], tuple[str, str]], given: Json) -> None:
    text, said = template({"networkPolicy": given})

    assert text == ""
    assert " must be a list of " in said or "got null, want" in said


def opened(text: str) -> list[Json]:
    """Rules of egress that name no port, as an open NetworkPolicy has them."""
    policies = of_kind((found for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found), "NetworkPolicy")
    return [rule for policy in policies for rule in policy["spec"]["egress"] if not rule.get("ports")]
