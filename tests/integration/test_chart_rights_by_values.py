"""Rights that the chart gives only with some values: each has a row, and people miss something without it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.security.lost_rights import HOLDERS, OPERATORS, ROTATION, VERIFIERS, Loss
from tests.support.security.rights import Grants, Right, given
from tests.support.security.story_steps import Checked
from tests.support.security.taken_rights import comes, is_missed, named
from tests.support.verifier.accounts import verifier_of_accounts
from tools.control_plane.api import Api
from tools.control_plane.charts import nested, of_kind, rendered
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, write_keyring
from tools.control_plane.workspace import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

TEMPLATES = Path(__file__).resolve().parents[2] / "charts" / "pharia-access" / "templates"
OTHERWISE: Final[Json] = {
    "watchNamespaces": ["alpha"],
    "settings.requireGuards": False,
    "settings.leaseName": "another",
    "rotation.everywhere": True,
    "verifier.settings.lastUsed": False,
    "verifier.settings.serviceAccounts": True,
    "verifier.settings.serviceAccountsBoundObjects": "live",
}
"""What rights depend on: another value than the default of each."""
LIVE: Final = nested({path: OTHERWISE[path] for path in list(OTHERWISE)[-2:]})
EVERYWHERE: Final = nested({"rotation.everywhere": True})
ROWS: Final[dict[tuple[str, tuple[str, ...]], tuple[Loss[Any], ...]]] = {
    (OPERATOR_ACCOUNT, ("operator", "rotation")): (*OPERATORS, *ROTATION),
    (VERIFIER_ACCOUNT, ("verifier",)): (*VERIFIERS, *HOLDERS),
}
DISCOVERY: Final = ("clusterrolebinding", "system:service-account-issuer-discovery")
"""By this every ServiceAccount may read the keys."""


def read_by(*templates: str) -> set[str]:
    """The values that these templates of rights read."""
    texts = [(TEMPLATES / f"{name}-rbac.yaml").read_text("utf-8") for name in templates]
    return {path for text in texts for path in re.findall(r"\.Values\.([A-Za-z.]+)", text)}


def in_short(rights: set[Right]) -> set[tuple[str, str, str]]:
    """Wherever and of whatever name."""
    return {(right.verb, right.group, right.resource) for right in rights}


@pytest.mark.parametrize(("account", "templates"), ROWS)
def test_every_right_that_the_chart_gives_with_any_values_has_a_row(
    control_plane: ControlPlane, account: str, templates: tuple[str, ...]
) -> None:
    rows = in_short({loss.right for loss in ROWS[account, templates]})
    paths = sorted(read_by(*templates))
    assert [path for path in paths if path not in OTHERWISE] == []

    found = set()
    for count in range(len(paths) + 1):
        for chosen in itertools.combinations(paths, count):
            values = nested({path: OTHERWISE[path] for path in chosen})
            found |= in_short(given(rendered(control_plane, values), account))

    assert found == rows


@pytest.fixture
def delegated(control_plane: ControlPlane) -> Iterator[Grants]:
    """As with `rotation.everywhere`."""
    documents = rendered(control_plane, EVERYWHERE)
    api = Api(control_plane.kubeconfig)
    (binding,) = (it for it in of_kind(documents, "ClusterRoleBinding") if it["metadata"]["name"].endswith("-rotation"))
    assert api.create(binding).ok
    yield Grants(control_plane, documents, namespace=NAMESPACE, account=OPERATOR_ACCOUNT)
    assert api.delete(binding).ok


@pytest.mark.parametrize("loss", ROTATION, ids=named)
@pytest.mark.usefixtures("operator")
def test_without_this_right_to_mint_for_workload_tokens_people_miss_something(
    workspace: Workspace, delegated: Grants, loss: Loss[Workspace]
) -> None:
    workspace.credential()

    with delegated.without(loss.right):
        came = loss.step(workspace)
        is_missed(came, lambda: refused_to(workspace))

    comes(loss.step(workspace))


def refused_to(workspace: Workspace) -> bool:
    """A WorkloadToken says so."""
    found = workspace.api.find("WorkloadToken", workspace.namespace).body["items"]
    return any(condition(each, "Ready").get("reason") == "NotDelegated" for each in found)


@pytest.fixture
def held(control_plane: ControlPlane) -> Iterator[Grants]:
    """As with `serviceAccountsBoundObjects: live`, and without Kubernetes' default of who may read the keys."""
    grants = Grants(control_plane, rendered(control_plane, LIVE), namespace=NAMESPACE, account=VERIFIER_ACCOUNT)
    kept = control_plane.kubectl("get", *DISCOVERY, "--output=json").stdout
    control_plane.kubectl("delete", *DISCOVERY)
    try:
        with grants.in_force(rendered(control_plane)):
            yield grants
    finally:
        control_plane.kubectl("apply", "--filename=-", stdin=kept)


@pytest.mark.parametrize("loss", HOLDERS, ids=named)
@pytest.mark.usefixtures("operator")
def test_without_this_right_to_take_tokens_of_service_accounts_people_miss_something(
    control_plane: ControlPlane, workspace: Workspace, held: Grants, tmp_path: Path, loss: Loss[Checked]
) -> None:
    write_keyring(control_plane, tmp_path / "keyring")
    credential = workspace.credential()
    live = {"PHARIA_ACCESS_SERVICE_ACCOUNTS_BOUND_OBJECTS": "live"}

    with held.without(loss.right) as refused, verifier_of_accounts(control_plane, tmp_path, live) as verifier:
        checked = Checked(workspace, verifier, {}, credential, "")
        came = loss.step(checked)
        wait_until(lambda: came() or refused(), what="the right was asked for", timeout=20)
        is_missed(came, refused)

    with verifier_of_accounts(control_plane, tmp_path, live) as verifier:
        comes(loss.step(Checked(workspace, verifier, {}, credential, "")))
