"""A chart that has ours as a part, as often as there are sets of values, each part under a name of its own."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import yaml

from tools.control_plane.installation import CHART

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["rendered_parts"]

_SOURCE = re.compile(r"^# Source: parent/charts/(?P<part>[a-z0-9]+)/", re.MULTILINE)


def rendered_parts(control_plane: ControlPlane, folder: Path, parts: Mapping[str, object]) -> dict[str, str]:
    """What Helm renders of each part, as text in which it is called PART; without kinds and policies, which are long.

    `parts`: the values of each by its name, for a values file; None is a key without a value.
    """
    chart = folder / "parent"
    shutil.copytree(
        CHART, chart / "charts" / CHART.name, ignore=shutil.ignore_patterns("crds", "admission-policies.yaml")
    )
    dependencies = [{"name": CHART.name, "alias": part, "version": "*", "repository": ""} for part in parts]
    about = {"apiVersion": "v2", "name": "parent", "version": "1.0.0", "dependencies": dependencies}
    (chart / "Chart.yaml").write_text(yaml.safe_dump(about))
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump(dict(parts)))
    done = control_plane.helm("template", "ours", str(chart), f"--values={values}", timeout=300)
    return _by_part(done.stdout, parts)


def _by_part(text: str, parts: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, list[str]] = {part: [] for part in parts}
    for document in text.split("---\n"):
        source = _SOURCE.match(document)
        if source is not None:
            found[source["part"]].append(re.sub(rf"\b{source['part']}\b", "PART", document).strip())
    return {part: "---\n".join(documents) for part, documents in found.items()}
