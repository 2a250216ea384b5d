"""What every integration test may ask for: a real control plane with the chart installed, a namespace of its own.

With pytest-xdist each worker starts a control plane of its own: about 10 s and 450 MiB more, and in return no
test sees another's load, restarts or audit log.
"""

from __future__ import annotations

import itertools
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from pharia_access.kube.client import Connection, connect
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.secrets import KubeSecrets
from tests.attacks.world import World, opened
from tests.integration.longest_files import LONGEST
from tests.support.documents.desk import Desk, open_desk
from tests.support.gateways.verifier_thread import VerifierThread, verifier_thread
from tests.support.kubectl.command_line import Access, command_line
from tests.support.kubectl.plugin_runner import Plugin
from tests.support.kubectl.rbac_users import RbacUsers
from tests.support.operators.killable_operator import KillableOperator
from tests.support.operators.live_tokens import WINDOW
from tests.support.operators.operator_pool import OperatorPool
from tests.support.operators.stored_workload import stored_workload
from tests.support.operators.striking_proxy import Proxy
from tests.support.security.cluster_scoped import taken_back
from tools.control_plane.api import Api
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT, install
from tools.control_plane.plane import ControlPlane
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.control_plane.workspace import Workspace
from tools.gateways.witness import Witness, witness

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tools.control_plane.operators import RunningOperator

_NUMBERS = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running control plane with the chart installed and in force; nobody runs an operator on it yet."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        install(started)
        yield started


@pytest.fixture(scope="session")
def client(control_plane: ControlPlane) -> Api:
    """What `admin` is made of; one for all tests, so that the kubeconfig is loaded once."""
    return Api(control_plane.kubeconfig)


@pytest.fixture
def admin(client: Api) -> Api:
    """A client that may do everything, with connections of this test's own."""
    client.reconnect()
    return client


@pytest.fixture
def namespace(request: pytest.FixtureRequest, admin: Api) -> Iterator[str]:
    """A fresh namespace, named after the test; afterwards its tokens and credentials are deleted.

    It stays itself: the control plane would spend half a second of CPU on its end, more than most tests take.
    """
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
    name = f"{words[:50].strip('-')}-{next(_NUMBERS)}"
    made = {"kind": "Namespace", "metadata": {"name": name}}
    assert admin.create(made).ok
    yield name
    for kind in ("ApiToken", "ApiCredential"):
        assert admin.delete_all(kind, name).ok


@pytest.fixture(scope="session")
def pool(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OperatorPool]:
    """Operators on the control plane, one at a time: shared, or for one test alone."""
    operators = OperatorPool(control_plane, tmp_path_factory.mktemp("operators"))
    yield operators
    operators.stop()


@pytest.fixture(autouse=True)
def _nobody_interferes(request: pytest.FixtureRequest) -> None:
    """A test that wants no operator has none, whatever tests ran before it on the same control plane."""
    wanted = request.fixturenames
    if "control_plane" in wanted and "pool" not in wanted:
        pool: OperatorPool = request.getfixturevalue("pool")
        pool.stop()


@pytest.fixture(scope="module", autouse=True)
def _nothing_of_the_cluster_stays(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a file's tests created or granted in the whole cluster ends with the file."""
    items = (item for item in request.session.items if item.path == request.path)
    if not any("control_plane" in getattr(item, "fixturenames", ()) for item in items):
        yield
        return
    with taken_back(request.getfixturevalue("client")):
        yield


@pytest.fixture
def operator(pool: OperatorPool) -> RunningOperator:
    """The operator that tests share, under the chart's ServiceAccount, with short waits."""
    return pool.shared()


@pytest.fixture(scope="module")
def killable_operator(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KillableOperator]:
    """An operator for tests that kill it; no other one runs."""
    pool.stop()
    with Proxy(control_plane.server_url, control_plane.ca_file) as proxy:
        path = tmp_path_factory.mktemp("proxy") / "kubeconfig"
        control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, path, server=proxy.url)
        operator = KillableOperator(pool, proxy, path)
        yield operator
        operator.kill()


@pytest.fixture
def workload(admin: Api, namespace: str) -> dict[str, Any]:
    return stored_workload(admin, namespace)


@pytest.fixture(scope="module")
def verifier(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningVerifier]:
    """A ready verifier with the operator's keyring, under the chart's ServiceAccount."""
    pool.shared()
    root = tmp_path_factory.mktemp("verifier")
    write_keyring(control_plane, root / "keyring")
    running = start_verifier(control_plane, root)
    running.wait_until_ready()
    yield running
    running.process.stop()


@pytest.fixture(scope="module")
def world(
    request: pytest.FixtureRequest,
    control_plane: ControlPlane,
    pool: OperatorPool,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Namespaces, people and processes to attack; a module may set its operator up by `OPERATOR_SETTINGS`."""
    pool.stop()
    settings = getattr(request.module, "OPERATOR_SETTINGS", None)
    with opened(control_plane, tmp_path_factory.mktemp("attacks"), settings) as made:
        yield made


@pytest.fixture
def workspace(admin: Api, namespace: str) -> Workspace:
    """The namespace of the test, with the role that its credentials hold; no operator need run."""
    place = Workspace(admin, namespace)
    place.role()
    return place


@pytest.fixture
def plugin(control_plane: ControlPlane, namespace: str) -> Plugin:
    """`kubectl access` in the namespace of the test, as administrator unless it is told otherwise."""
    return Plugin(control_plane, namespace)


@pytest.fixture
def rbac_users(control_plane: ControlPlane, namespace: str) -> RbacUsers:
    """People of that namespace, hired as the test wants them."""
    return RbacUsers(control_plane, namespace)


@pytest.fixture
def access(
    control_plane: ControlPlane,
    workspace: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Access:
    """Runs a command line in this process, in the test's namespace, which has a credential."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig))
    monkeypatch.setenv("PATH", str(control_plane.bin), prepend=os.pathsep)
    workspace.credential()
    return command_line(workspace.namespace, capsys, monkeypatch)


@pytest.fixture(scope="module")
def operators_kubeconfig(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's, with the chart's rights and no other."""
    path = tmp_path_factory.mktemp("operators") / "kubeconfig"
    return control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, path)


@pytest_asyncio.fixture
async def connection(operators_kubeconfig: Path) -> AsyncIterator[Connection]:
    """The operator's way to the API server."""
    async with connect(str(operators_kubeconfig), pool_size=4) as opened:
        yield opened


@pytest.fixture
def cluster(connection: Connection) -> KubeCluster:
    """Our kinds, everywhere, in pages of two."""
    return KubeCluster(connection, default_window=WINDOW)


@pytest.fixture
def secrets(connection: Connection, namespace: str) -> KubeSecrets:
    """Secrets, with the keyring in the namespace of the test."""
    return KubeSecrets(connection, namespace=namespace)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Where readers of the documents sit, with a cluster of their own."""
    with open_desk(tmp_path_factory.mktemp("documents")) as opened:
        yield opened


@pytest.fixture(scope="module")
def checking() -> Iterator[VerifierThread]:
    """A verifier without a cluster, for tests of gateways that make tokens themselves."""
    with verifier_thread() as running:
        yield running


@pytest.fixture(scope="module")
def service() -> Iterator[Witness]:
    """What a gateway protects, in tests that look at what reached it."""
    with witness() as running:
        yield running
