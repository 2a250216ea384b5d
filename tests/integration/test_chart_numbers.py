"""Numbers of a values file: YAML makes floats of them, and the programs read whole numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.charts.chart_cases import program_says
from tools.chart_forms import PROGRAMS, forms
from tools.control_plane.charts import Json, container, deployment, environment, nested, of_kind
from tools.control_plane.installation import CHART

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

BOUNDS = {path: form.form for path, form in forms().items() if form.form["kind"] == "number"}
REVIEWED: Json = {
    "verifier.settings.tokenReview": True,
    "verifier.tokenReview": {"secretName": "review", "clientCASecretName": "authority"},
}
# Ports of one pod are different ones.
PORTS = {"verifier.settings.port": -1, "verifier.settings.tokenReviewPort": -2}


@pytest.fixture(scope="module")
def documents(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Json], list[Json]]:
    """What Helm renders with a values file."""
    file = tmp_path_factory.mktemp("values") / "values.yaml"

    def ask(flat: Json) -> list[Json]:
        file.write_text(yaml.safe_dump(nested(flat)))
        done = control_plane.helm("template", "ours", str(CHART), f"--values={file}")
        return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]

    return ask


@pytest.mark.parametrize("bound", ["low", "high"])
def test_the_programs_read_the_bound_of_every_number_as_it_stands_in_the_file(
    documents: Callable[[Json], list[Json]], bound: str
) -> None:
    lightest = {"settings.argon2TimeCost": 10} if bound == "low" else {}
    numbers = {path: form[bound] for path, form in BOUNDS.items()}
    ports = {path: numbers[path] + abs(step) * (1 if bound == "low" else -1) for path, step in PORTS.items()}
    given = numbers | ports | lightest

    found = documents({**REVIEWED, **given})

    for prefix, component in (("settings", "operator"), ("verifier.settings", "verifier")):
        told = environment(found, component)
        wanted = {path: str(number) for path, number in given.items() if path.rpartition(".")[0] == prefix}
        assert {path: told[variable(path)] for path in wanted} == wanted
        assert program_says(prefix, {name: value for name, value in told.items() if "_FILE" not in name}) == []


def variable(path: str) -> str:
    (field,) = (
        field
        for field in PROGRAMS[path.rpartition(".")[0]].model_fields
        if field.replace("_", "") == path.rpartition(".")[2].lower()
    )
    return f"PHARIA_ACCESS_{field.upper()}"


def test_the_longest_body_is_a_megabyte(documents: Callable[[Json], list[Json]]) -> None:
    found = documents({"verifier.settings.maxBodyBytes": 1048576})

    assert environment(found, "verifier")["PHARIA_ACCESS_MAX_BODY_BYTES"] == "1048576"


def test_numbers_beside_the_settings_arrive_as_they_are(documents: Callable[[Json], list[Json]]) -> None:
    found = documents(
        {
            "operator.podSecurityContext": {"runAsUser": 1000660000},
            "operator.replicas": 5,
            "operator.podDisruptionBudget.maxUnavailable": 100000000,
            "verifier.replicas": 100,
            "verifier.podDisruptionBudget.maxUnavailable": "99%",
            "networkPolicy.apiServer.ports": [65535],
            "settings.healthPort": 65535,
        }
    )

    pod = deployment(found)["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 1000660000
    assert container(found)["ports"] == [{"name": "health", "containerPort": 65535}]
    assert [deployment(found, component)["spec"]["replicas"] for component in ("operator", "verifier")] == [5, 100]
    budgets = [budget["spec"]["maxUnavailable"] for budget in of_kind(found, "PodDisruptionBudget")]
    assert budgets == [100000000, "99%"]
    assert '"port": 65535' in json.dumps(of_kind(found, "NetworkPolicy"))
    assert "e+" not in json.dumps(found)


def test_a_time_without_quotes_is_a_text(control_plane: ControlPlane, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("verifier: {settings: {refuseIssuedBefore: 2027-01-31T00:00:00Z}}\n")

    done = control_plane.helm("template", "ours", str(CHART), f"--values={values}")

    found = [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]
    assert environment(found, "verifier")["PHARIA_ACCESS_REFUSE_ISSUED_BEFORE"] == "2027-01-31T00:00:00Z"
