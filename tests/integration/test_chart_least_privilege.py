"""No right of operator or verifier is surplus: each one is taken away in turn, and people miss something.

On the real API server, with the chart's own Roles, ServiceAccounts and policies. That the right was asked for, and
refused, is read in the audit log, so that nothing is taken for a loss that is only slow.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.lost_rights import HOLDERS, OPERATORS, ROTATION, VERIFIERS, Loss
from tests.support.security.rights import Grants, given
from tests.support.security.story_steps import Checked
from tests.support.security.taken_rights import comes, is_missed, named
from tools.control_plane.api import Api
from tools.control_plane.charts import of_kind, rendered
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, start_verifier, write_keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.charts import Json
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "rights.md"
TABLES: dict[str, tuple[Loss[Any], ...]] = {OPERATOR_ACCOUNT: OPERATORS, VERIFIER_ACCOUNT: VERIFIERS}
LEASE = {"kind": "Lease", "metadata": {"name": "pharia-access-operator", "namespace": NAMESPACE}}


@pytest.fixture(scope="module")
def documents(control_plane: ControlPlane) -> list[Json]:
    """What the chart gives by default."""
    return rendered(control_plane)


@pytest.fixture(scope="module", autouse=True)
def _no_catalog_for_everybody(control_plane: ControlPlane, documents: list[Json]) -> Iterator[None]:
    """As with `rbac.catalog: false`. Else both processes may read ApiRoles as anybody who is signed in."""
    api = Api(control_plane.kubeconfig)
    (binding,) = (it for it in of_kind(documents, "ClusterRoleBinding") if it["metadata"]["name"].endswith("-catalog"))
    assert api.delete(binding).ok
    yield
    assert api.create(binding).ok


@pytest.fixture
def grants(control_plane: ControlPlane, documents: list[Json]) -> Callable[[str], Grants]:
    """What an account may do."""
    return lambda account: Grants(control_plane, documents, namespace=NAMESPACE, account=account)


@pytest.mark.parametrize("loss", [loss for loss in OPERATORS if not loss.at_start], ids=named)
def test_without_this_right_of_the_operator_people_miss_something(
    grants: Callable[[str], Grants], pool: OperatorPool, workspace: Workspace, loss: Loss[Workspace]
) -> None:
    pool.shared()
    workspace.credential()

    with grants(OPERATOR_ACCOUNT).without(loss.right) as refused:
        is_missed(loss.step(workspace), refused)

    comes(loss.step(workspace))


@pytest.mark.parametrize("loss", [loss for loss in OPERATORS if loss.at_start], ids=named)
def test_without_this_right_people_miss_something_of_an_operator_that_starts(
    grants: Callable[[str], Grants], pool: OperatorPool, workspace: Workspace, loss: Loss[Workspace]
) -> None:
    pool.stop()
    workspace.credential()
    workspace.token("before")
    if loss.right.verb == "create":
        assert workspace.api.delete(LEASE).ok

    with grants(OPERATOR_ACCOUNT).without(loss.right) as refused:
        pool.renew()
        if loss.right.verb == "watch":  # what is there is listed once more as it begins to lead
            workspace.until_outcome("before", "Active", "Issued")
        is_missed(loss.step(workspace), refused)

    if loss.right.resource == "secrets":  # the keyring is read again with the next full list, or by the next operator
        pool.renew()
    comes(loss.step(workspace))


@pytest.fixture
def start(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Callable[[], RunningVerifier]]:
    """Starts a verifier."""
    started: list[RunningVerifier] = []

    def begin() -> RunningVerifier:
        write_keyring(control_plane, tmp_path / "keyring")
        started.append(start_verifier(control_plane, tmp_path))
        return started[-1]

    yield begin
    for verifier in started:
        verifier.process.stop()


@pytest.mark.parametrize("loss", VERIFIERS, ids=named)
@pytest.mark.usefixtures("operator")
def test_without_this_right_of_the_verifier_people_miss_something(
    grants: Callable[[str], Grants],
    workspace: Workspace,
    start: Callable[[], RunningVerifier],
    loss: Loss[Checked],
) -> None:
    workspace.credential()
    role = workspace.role(workspace.namespace, permissions=[{"permission": "AccessStudio"}])
    credential = workspace.credential("standing", roles=[workspace.namespace])
    workspace.issued("standing", credentialRef={"name": "standing"})
    text = workspace.text("standing-token").reveal()

    with grants(VERIFIER_ACCOUNT).without(loss.right) as refused:
        checked = Checked(workspace, start(), role, credential, text)
        if loss.right.verb != "list":
            checked.verifier.wait_until_ready()
        is_missed(loss.step(checked), refused)

    comes(loss.step(checked))


# The page.


@pytest.mark.parametrize("account", TABLES)
def test_every_right_of_the_chart_is_in_its_table_and_no_other(documents: list[Json], account: str) -> None:
    rights = [loss.right for loss in TABLES[account]]

    assert set(rights) == given(documents, account)
    assert len(rights) == len(set(rights))


@pytest.mark.parametrize(
    ("title", "losses"),
    [
        ("The operator's", OPERATORS),
        ("The operator's, to mint for WorkloadTokens", ROTATION),
        ("The verifier's", VERIFIERS),
        ("The verifier's, for tokens of ServiceAccounts", HOLDERS),
    ],
)
def test_the_page_tells_what_is_tried(title: str, losses: tuple[Loss[Workspace] | Loss[Checked], ...]) -> None:
    (section,) = re.findall(rf"\n## {title}\n\n(.*?)\n\n", PAGE.read_text(encoding="utf-8") + "\n", re.DOTALL)

    _, _, *rows = section.splitlines()
    assert rows == [f"| `{loss.right.verb}` | `{loss.right.resource}` | {loss.missed} |" for loss in losses]
