"""What the tests with real pods share: one cluster with one node, and the chart installed in it with its defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.api import Api
from tests.support.node import Cluster
from tests.support.release import Release
from tests.support.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where `make e2e` has put the images."""
    parser.addoption("--archives", type=Path, help="given by tools/e2e.py")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with a node that is Ready; it has the image, and nothing is installed yet."""
    archives = request.config.getoption("--archives")
    if archives is None:
        pytest.skip("needs a room of its own: run `make e2e`")
    started = Cluster.start(tmp_path_factory.mktemp("cluster"), archives / "pause.tar", archives / "image.tar")
    yield started
    started.stop()


@pytest.fixture(scope="session")
def release(cluster: Cluster) -> Release:
    """The chart, installed; operator and verifier serve."""
    return Release.install(cluster)


@pytest.fixture(scope="session")
def workspace(release: Release) -> Workspace:
    """A team's namespace with a credential; the tests about pods mint their tokens in it."""
    control_plane = release.cluster.control_plane
    control_plane.kubectl("create", "namespace", "research")
    place = Workspace(Api(control_plane.kubeconfig), "research")
    place.role()
    place.credential()
    return place
