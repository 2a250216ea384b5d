"""The files of the API surface: every field documented and bounded, no drift by defaults, accepted examples."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.control_plane.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).resolve().parents[2]
CRDS = [ROOT / "crds" / f"{plural}.yaml" for plural in ("apicredentials", "apiroles", "apitokens")]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))

Json = dict[str, Any]


def nodes(schema: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Every node of a schema below `path`, less those that Kubernetes itself defines."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        if path or name in {"spec", "status"}:
            yield from nodes(child, f"{path}.{name}")
    for part, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if part in schema:
            yield from nodes(schema[part], f"{path}{suffix}")


def schema_of(file: Path) -> Json:
    crd = yaml.safe_load(file.read_text(encoding="utf-8"))
    (version,) = crd["spec"]["versions"]
    schema: Json = version["schema"]["openAPIV3Schema"]
    return schema


BOUNDS = {"string": {"maxLength", "enum"}, "array": {"maxItems"}, "integer": {"minimum"}}


@pytest.mark.parametrize("file", CRDS, ids=lambda file: file.stem)
def test_every_field_is_documented_and_bounded(file: Path) -> None:
    found = list(nodes(schema_of(file), ""))

    undocumented = [path for path, node in found if not path.endswith(("[]", "{}")) and "description" not in node]
    unbounded = [path for path, node in found if not BOUNDS.get(node["type"], set(node)) & set(node)]
    open_maps = [path for path, node in found if "additionalProperties" in node and "maxProperties" not in node]
    assert (undocumented, unbounded, open_maps) == ([], [], [])


@pytest.mark.parametrize("file", CRDS, ids=lambda file: file.stem)
def test_nothing_is_defaulted_into_a_spec(file: Path) -> None:
    defaulted = [path for path, node in nodes(schema_of(file), "") if "default" in node]

    assert set(defaulted) <= {".status"}  # a default that Git does not declare is drift for ever


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_are_accepted(admin: Api, file: Path) -> None:
    for obj in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        if "namespace" in obj["metadata"]:
            obj["metadata"]["namespace"] = "default"

        reply = admin.create(obj, dryRun="All", fieldValidation="Strict")

        assert reply.ok or reply.status == HTTPStatus.CONFLICT, reply.message
