import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.verifier import VerifierSettings
from tools import chart_values
from tools.chart_forms import forms
from tools.sync_chart import GUARDS, copies, guards
from tools.values_reference import README, values, with_table

CHART = Path(__file__).resolve().parents[2] / "charts" / "pharia-access"
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())

# What the Deployment sets itself, or leaves to the program.
NOT_IN_VALUES = ["namespace", "service_account", "watch_namespaces", "kubeconfig", "identity"]
FROM_THE_VERIFIERS = ["settle", "refuse_issued_before"]
"""Settings of the operator that follow from the verifiers' values: one value for both."""
# What a parent chart may set.
NOT_OURS = {"enabled"}


@pytest.mark.parametrize("original", copies(), ids=lambda path: path.name)
def test_the_charts_copy_is_byte_identical_to_the_original(original: Path) -> None:
    assert copies()[original].read_bytes() == original.read_bytes(), "run: make generate"


def test_the_operator_carries_what_is_in_crds() -> None:
    assert GUARDS.read_text(encoding="utf-8") == guards(), "run: make generate"


def test_the_chart_has_a_copy_of_every_original_and_no_other_kind() -> None:
    originals = set((CHART.parents[1] / "crds").glob("*.yaml"))

    assert originals <= set(copies())
    assert set((CHART / "files" / "crds").iterdir()) <= set(copies().values())


def test_no_original_could_be_taken_for_a_template() -> None:
    assert [path.name for path in copies() if "{{" in path.read_text()] == []


def test_the_table_of_values_is_up_to_date() -> None:
    assert README.read_text(encoding="utf-8") == with_table(README.read_text(encoding="utf-8")), "run: make generate"


def test_every_value_is_explained_where_it_stands() -> None:
    assert [value.path for value in values() if not value.comment] == []


def test_the_settings_in_values_are_the_programs_in_the_same_order() -> None:
    snake = [re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", key).lower() for key in VALUES["settings"]]

    left_out = {*NOT_IN_VALUES, *FROM_THE_VERIFIERS}
    assert snake == [field for field in OperatorSettings.model_fields if field not in left_out]


def test_the_verifiers_settings_in_values_are_the_programs_in_the_same_order() -> None:
    settings = VALUES["verifier"]["settings"]
    snake = [re.sub(r"(?<=[a-z0-9])([A-Z]+)", r"_\1", key).lower() for key in settings]
    files = {field for field in VerifierSettings.model_fields if field.endswith(("_file", "_folder"))}

    assert snake == [field for field in VerifierSettings.model_fields if field not in {*files, *NOT_IN_VALUES}]


def test_the_schema_knows_every_value_and_no_other() -> None:
    assert paths(SCHEMA) - NOT_OURS == {path for path in value_paths(VALUES) if covered(path)}


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        pytest.param(chart_values.VALUES, chart_values.written, id="what the templates know"),
        pytest.param(chart_values.SCHEMA, chart_values.schema, id="the schema"),
    ],
)
def test_what_the_chart_knows_of_its_values_is_up_to_date(made: Path, wanted: Callable[[], str]) -> None:
    assert made.read_text(encoding="utf-8") == wanted(), "run: make generate"


def test_every_template_begins_with_the_values_that_stand_without_one() -> None:
    templates = CHART / "templates"
    rendered = [path for path in templates.rglob("*") if path.suffix in {".yaml", ".txt"}]

    first = '{{- include "pharia-access.values" . -}}\n'
    assert [path.name for path in rendered if not path.read_text(encoding="utf-8").startswith(first)] == []
    assert len(rendered) >= 18


def test_every_pattern_is_one_that_gos_regular_expressions_take() -> None:
    patterns = [form.form["pattern"] for form in forms().values() if "pattern" in form.form]

    # RE2 looks nowhere, repeats at most 1000 times, and takes no group back.
    assert [pattern for pattern in patterns if re.search(r"\(\?[^:]|\\[1-9ZAbsSdDwW]|\{\d*,?\d{4,}\}", pattern)] == []


def test_the_charts_version_is_the_programs() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    pyproject = (CHART.parents[1] / "pyproject.toml").read_text()

    assert f'\nversion = "{chart["appVersion"]}"\n' in pyproject


def paths(schema: dict[str, Any], prefix: str = "") -> set[str]:
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    if not properties:
        return {prefix}
    return set().union(*(paths(below, f"{prefix}.{name}".lstrip(".")) for name, below in properties.items()))


def value_paths(values: object, prefix: str = "") -> set[str]:
    if not isinstance(values, dict) or not values:
        return {prefix}
    below = (value_paths(value, f"{prefix}.{name}".lstrip(".")) for name, value in values.items())
    return {prefix}.union(*below) - {""}


def covered(path: str) -> bool:
    """Whether the schema ends here: what is below is Kubernetes' own."""
    return path in paths(SCHEMA)
