"""On which versions of Kubernetes Helm installs the chart, as providers and distributions name them."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.charts import rendered
from tools.control_plane.installation import CHART
from tools.control_plane.processes import ProcessError
from tools.kubernetes_versions import NEWEST, OLDEST

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

OLDER = f"1.{int(OLDEST.rpartition('.')[2]) - 1}"
NEWER = f"1.{int(NEWEST.rpartition('.')[2]) + 1}"


@pytest.mark.parametrize(
    "version",
    [
        f"{OLDEST}.0",
        f"v{OLDEST}.13",
        f"{OLDEST}.4-gke.1",
        f"v{OLDEST}.0-gke.1576000",
        f"v{OLDEST}.9-eks-5c6bcb9",
        f"v{OLDEST}.1+k3s1",
        f"v{OLDEST}.2+rke2r1",
        f"{OLDEST}.0-rc.1",
        f"v{NEWEST}.2",
        f"v{NEWEST}.0+k3s1",
        f"v{NEWEST}.0-gke.100",
        f"v{NEWER}.0-alpha.1",
    ],
)
def test_a_version_that_is_new_enough_is_let_in(control_plane: ControlPlane, version: str) -> None:
    assert rendered(control_plane, None, f"--kube-version={version}")


@pytest.mark.parametrize(
    "version",
    [f"{OLDER}.0", f"v{OLDER}.14", f"v{OLDER}.14-gke.1100000", f"v{OLDER}.9-eks-5c6bcb9", f"v{OLDER}.13+k3s1"],
)
def test_a_version_that_is_too_old_is_refused_by_name(control_plane: ControlPlane, version: str) -> None:
    refused = f"incompatible with Kubernetes v{version.removeprefix('v')}"

    with pytest.raises(ProcessError, match=re.escape(refused)):
        rendered(control_plane, None, f"--kube-version={version}")


@pytest.mark.parametrize(
    ("version", "warned"), [(f"v{OLDEST}.0", False), (f"v{NEWEST}.9-gke.1", False), (f"v{NEWER}.0-gke.1", True)]
)
def test_the_notes_warn_of_a_version_that_nobody_tried(
    control_plane: ControlPlane, tmp_path: Path, version: str, *, warned: bool
) -> None:
    chart = with_notes_as_an_object(tmp_path)

    documents = rendered(control_plane, None, f"--kube-version={version}", chart=chart)

    (notes,) = [document["notes"] for document in documents if document["kind"] == "Notes"]
    assert "1. Wait for the operator" in notes
    assert (f"Kubernetes {version} is newer than what this chart was tried on" in notes) == warned


def with_notes_as_an_object(folder: Path) -> Path:
    """The chart with one object more, since Helm shows no notes of a version that it is told."""
    chart = shutil.copytree(CHART, folder / "chart")
    notes = (chart / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    definition = f'{{{{- define "notes" }}}}{notes}{{{{ end }}}}'
    (chart / "templates" / "notes.yaml").write_text(
        f'{definition}\nkind: Notes\nnotes: {{{{ include "notes" . | quote }}}}\n', encoding="utf-8"
    )
    return chart
