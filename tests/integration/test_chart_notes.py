"""What Helm's notes warn of: an image that no node can pull, and what an upgrade leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.control_plane.charts import nested, with_values
from tools.control_plane.installation import CHART

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

WARNING = "THE IMAGE HAS NO REGISTRY"


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        pytest.param({}, True, id="as it is"),
        pytest.param({"image.repository": "team/pharia-access"}, True, id="a name with a folder"),
        pytest.param({"image.registry": "registry.example.com"}, False, id="a registry"),
        pytest.param({"global.imageRegistry": "registry.example.com"}, False, id="a registry for all charts"),
        pytest.param({"image.repository": "registry.example.com/pharia-access"}, False, id="a registry in the name"),
        pytest.param({"image.repository": "registry:5000/pharia-access"}, False, id="a port"),
        pytest.param({"image.repository": "localhost/pharia-access"}, False, id="an image of this machine"),
    ],
)
def test_the_notes_warn_of_an_image_without_a_registry(
    control_plane: ControlPlane, values: dict[str, object], *, warned: bool
) -> None:
    notes = noted(control_plane, values)

    assert (WARNING in notes) == warned
    assert ("--set image.repository=REGISTRY/pharia-access" in notes) == warned


def test_the_notes_name_a_watched_namespace_where_a_right_is_granted(control_plane: ControlPlane) -> None:
    notes = noted(control_plane, {"watchNamespaces": ["finance"]})

    assert "metadata: {name: use-studio-user, namespace: finance}" in notes
    assert "verbs: [bind]" in notes


def noted(control_plane: ControlPlane, values: dict[str, object]) -> str:
    """The notes of an installation that is not made."""
    where = ("ours", str(CHART), "--namespace=elsewhere", "--dry-run=client", with_values(nested(dict(values))))
    return control_plane.helm("install", *where).stdout.partition("NOTES:")[2]
