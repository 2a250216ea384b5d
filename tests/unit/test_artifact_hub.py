"""What the chart tells Artifact Hub: its kinds as they are, and examples that their schemas accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tools.sync_chart import kinds

ROOT = Path(__file__).resolve().parents[2]
CHART: dict[str, Any] = yaml.safe_load((ROOT / "charts" / "pharia-access" / "Chart.yaml").read_text(encoding="utf-8"))
KINDS: dict[str, Any] = {
    definition["spec"]["names"]["kind"]: definition
    for definition in (yaml.safe_load(path.read_text("utf-8")) for path in kinds())
}
TOLD = CHART["annotations"]


def test_artifact_hub_is_told_of_every_kind() -> None:
    told = {
        (kind["kind"], kind["version"], kind["name"]): kind["description"]
        for kind in yaml.safe_load(TOLD["artifacthub.io/crds"])
    }

    assert told.keys() == {
        (kind, definition["spec"]["versions"][0]["name"], definition["metadata"]["name"])
        for kind, definition in KINDS.items()
    }
    assert all(told.values())


def test_the_examples_there_are_what_the_schemas_accept() -> None:
    for example in yaml.safe_load(TOLD["artifacthub.io/crdsExamples"]):
        (version,) = KINDS[example["kind"]]["spec"]["versions"]
        schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]

        assert set(example["spec"]) <= set(schema["properties"])
        jsonschema.validate(example["spec"], schema)


def test_a_version_before_1_is_a_prerelease() -> None:
    assert (TOLD["artifacthub.io/prerelease"] == "true") == CHART["version"].startswith("0.")
