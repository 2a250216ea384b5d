"""Kubernetes' own schemas of its kinds, version by version, from the package kubernetes-validate."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import referencing

from tools.kubernetes_versions import SUPPORTED

__all__ = ["VERSIONS", "complaints"]

Json = dict[str, Any]

VERSIONS = SUPPORTED


def complaints(document: Json, version: str) -> list[str]:
    """What that version of Kubernetes would not take, unknown fields included."""
    group, _, api_version = document["apiVersion"].rpartition("/")
    name = "-".join([document["kind"].lower(), *([group.partition(".")[0]] if group else []), api_version])
    return [f"{error.json_path}: {error.message}" for error in _validator(name, version).iter_errors(document)]


@cache
def _validator(name: str, version: str) -> Any:  # noqa: ANN401 - ships no types
    schema = referencing.Resource.from_contents(_read(f"{name}.json", version))
    validator: Any = jsonschema.validators.Draft202012Validator
    return validator(schema.contents, registry=schema @ _definitions(version))


@cache
def _definitions(version: str) -> Any:  # noqa: ANN401 - as above
    return referencing.Resource.from_contents(_read("_definitions.json", version)) @ referencing.Registry()


def _read(name: str, version: str) -> Json:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    found: Json = json.loads((folder / name).read_text(encoding="utf-8"))
    return found
