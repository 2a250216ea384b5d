"""What Helm renders of the chart, as objects, and the parts of it that tests look at."""

from __future__ import annotations

import copy
import functools
import json
from typing import TYPE_CHECKING, Any

import yaml

from tools.control_plane.installation import CHART, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = [
    "Json",
    "container",
    "deployment",
    "environment",
    "nested",
    "of_kind",
    "program_settings",
    "rendered",
    "with_values",
]

Json = dict[str, Any]

_OF_THE_POD = ("HEALTH_HOST", "HEALTH_PORT", "HOST", "PORT", "KEYRING_FOLDER")


def with_values(values: Mapping[str, object]) -> str:
    """The values as one argument of Helm's."""
    return f"--set-json={json.dumps(values)}"


def rendered(
    control_plane: ControlPlane,
    values: Mapping[str, object] | None = None,
    *arguments: str,
    namespace: str = NAMESPACE,
    release: str = "pharia-access",
    chart: Path = CHART,
) -> list[Json]:
    """All objects, hooks too. Raises ProcessError with what Helm complains about."""
    asked = (release, str(chart), f"--namespace={namespace}", with_values(values or {}), *arguments)
    return copy.deepcopy(_template(control_plane, *asked))


@functools.cache
def _template(control_plane: ControlPlane, *asked: str) -> list[Json]:
    """Asked again, Helm would say the same."""
    done = control_plane.helm("template", *asked)
    return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


def nested(flat: Json) -> Json:
    """Values given by their paths, as Helm wants them; mappings under one path are merged."""
    tree: Json = {}
    for path, value in flat.items():
        *above, last = path.split(".")
        below = tree
        for key in above:
            below = below.setdefault(key, {})
        below[last] = below[last] | value if isinstance(value, dict) and isinstance(below.get(last), dict) else value
    return tree


def of_kind(documents: Iterable[Json], *kinds: str) -> list[Json]:
    """Those of these kinds."""
    return [document for document in documents if document["kind"] in kinds]


def deployment(documents: Iterable[Json], component: str = "operator") -> Json:
    """The Deployment of operator or verifier."""
    (found,) = (
        document
        for document in of_kind(documents, "Deployment")
        if document["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    return found


def container(documents: Iterable[Json], component: str = "operator") -> Json:
    """Its one container."""
    (found,) = deployment(documents, component)["spec"]["template"]["spec"]["containers"]
    only: Json = found
    return only


def environment(documents: Iterable[Json], component: str = "operator") -> dict[str, str]:
    """What its variables are set to."""
    return {entry["name"]: entry["value"] for entry in container(documents, component)["env"] if "value" in entry}


def program_settings(documents: Iterable[Json], component: str, namespace: str) -> dict[str, str]:
    """The same for a program that runs beside the cluster: without what is the pod's own."""
    own = {f"PHARIA_ACCESS_{name}" for name in _OF_THE_POD}
    said = {name: value for name, value in environment(documents, component).items() if name not in own}
    return {**said, **({"PHARIA_ACCESS_NAMESPACE": namespace} if component == "operator" else {})}
