"""What every integration test may ask for: a real control plane with the chart installed, a namespace of its own.

With pytest-xdist each worker starts a control plane of its own: about 10 s and 450 MiB more, and in return no
test sees another's load, restarts or audit log.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.control_plane import ControlPlane
from tests.support.installation import install

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running control plane with the chart installed and in force; nobody runs an operator on it yet."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        install(started)
        yield started


@pytest.fixture
def namespace(request: pytest.FixtureRequest, control_plane: ControlPlane) -> Iterator[str]:
    """A fresh namespace, named after the test; what is left in it is deleted without waiting."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    name = f"{words[:50].strip('-')}-{next(_NUMBERS)}"
    control_plane.kubectl("create", "namespace", name)
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")
