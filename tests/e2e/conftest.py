"""What the tests with real pods share: one cluster with one node, and the chart in it with its defaults.

Argo CD installs it first, and takes it away again; then Helm does.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.argocd.applications import Application
from tests.support.argocd.argocd_objects import ARGO_CD
from tests.support.argocd.argocd_programs import ArgoCD
from tests.support.argocd.git_repository import Repository
from tests.support.operators.constant_checks import answers
from tests.support.pods.node import Cluster
from tests.support.pods.release import IMAGE_VALUES, Release
from tools.control_plane.api import Api
from tools.control_plane.installation import CHART, NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STORIES = ("pruned", "revoked-in-git", "revoked-live", "contradicted", "revoked-later", "deleted", "acted-upon")
"""Tokens in Git beside the examples, each for one test of what Argo CD does."""
AT_ONCE_SECONDS = 2.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where `make e2e` has put the images."""
    parser.addoption("--archives", type=Path, help="given by tools/e2e.py")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with a node that is Ready; it has the image, and nothing is installed yet."""
    archives = request.config.getoption("--archives")
    if archives is None:
        pytest.skip("needs a network namespace of its own: run `make e2e`")
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


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Api:
    """Requests as administrator."""
    return Api(cluster.control_plane.kubeconfig)


@pytest.fixture(scope="module")
def argo_cd(cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArgoCD]:
    """A running Argo CD; in the end the cluster is as it was before."""
    running = ArgoCD.start(tmp_path_factory.mktemp("argo-cd"), cluster.control_plane)
    with ExitStack() as end:  # each step whatever becomes of the others, the last one here first
        end.callback(_remove_what_stays, cluster)
        end.callback(running.stop)
        end.callback(_delete, api, "pharia-access")
        end.callback(_delete, api, "access")
        yield running


@pytest.fixture(scope="module")
def chart(argo_cd: ArgoCD, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Application:
    """The chart by the example, from a repository with nothing else in it."""
    git = Repository.create(tmp_path_factory.mktemp("platform") / "git")
    shutil.copytree(CHART, git.folder / "charts" / CHART.name)
    git.commit()
    image = [{"name": name, "value": value} for name, value in IMAGE_VALUES.items()]
    helm = {"releaseName": "pharia-access", "parameters": image}
    return Application.create(api, EXAMPLES / "argocd" / "pharia-access.yaml", git, helm=helm)


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A team's repository: the examples, and a token for each story."""
    repository = Repository.create(tmp_path_factory.mktemp("team") / "git")
    for example in EXAMPLES.glob("*.yaml"):
        repository.copy(example)
    for name in STORIES:
        repository.declare(name)
    repository.commit()
    return repository


@pytest.fixture(scope="module")
def access(api: Api, chart: Application, git: Repository) -> Application:
    """The team's repository by the example."""
    return Application.create(api, EXAMPLES / "argocd" / "access.yaml", git)


@pytest.fixture(scope="module")
def finance(api: Api) -> Workspace:
    """The namespace of the examples."""
    return Workspace(api, "finance")


@pytest.fixture
def at_once(cluster: Cluster, finance: Workspace) -> Callable[[str, int], None]:
    """The verifier's Service judges a token so, at once."""
    address = Release(cluster).address

    def judge(text: str, status: int) -> None:
        wait_until(lambda: answers(address, text, status), what=f"judged as {status}", timeout=AT_ONCE_SECONDS)

    return judge


def _delete(api: Api, name: str) -> None:
    if Application(api, name).read() is not None:
        Application(api, name).delete(cascade=True)


def _remove_what_stays(cluster: Cluster) -> None:
    """The kinds and the policies, which are kept, and the namespaces."""
    kubectl = cluster.control_plane.kubectl
    policies = "validatingadmissionpolicybindings,validatingadmissionpolicies"
    kubectl("delete", policies, "--all", timeout=60)
    found = kubectl("get", "crd", "--output=name").stdout.split()
    kinds = [kind for kind in found if kind.endswith("access.pharia.ai")]
    if kinds:
        kubectl("delete", *kinds, timeout=180)
    kubectl("delete", "namespace", ARGO_CD, NAMESPACE, "finance", "--ignore-not-found", "--timeout=120s", timeout=130)
