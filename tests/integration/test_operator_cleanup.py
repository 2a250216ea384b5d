"""Ended tokens under `PHARIA_ACCESS_DELETE_ENDED_AFTER`: what would come back stays, and nothing is minted anew.

The end of each token is written two days back; the setting's least is a day.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.operators.operator_pool import QUICK
from tools.control_plane.api import APPLY, OPERATOR
from tools.control_plane.workspace import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Json, Workspace

KEEP: Final = {**QUICK, "PHARIA_ACCESS_DELETE_ENDED_AFTER": "24h"}
TWO_DAYS_AGO: Final = (now() - timedelta(days=2)).strftime("%FT%TZ")
ARGO: Final = {"argocd.argoproj.io/tracking-id": "apps:access.pharia.ai/ApiToken:finance/ci"}
CLAIM: Final = {"apiVersion": "example.com/v1", "kind": "Claim", "name": "claim", "uid": "0", "controller": True}
CHART: Final = """\
apiVersion: access.pharia.ai/v1alpha1
kind: ApiToken
metadata: {name: ci}
spec: {credentialRef: {name: invoice-bot}}
"""


@pytest.fixture
def keeping(pool: OperatorPool, workspace: Workspace) -> Iterator[Workspace]:
    """A namespace with a credential, beside an operator that deletes what ended a day ago."""
    with pool.alone(KEEP):
        workspace.credential()
        yield workspace


def ended(workspace: Workspace, name: str) -> Json:
    """Revoke a token, and write its end back; the token as it is then."""
    token = workspace.until_outcome(name, "Active", "Issued")
    workspace.revoke(name)
    workspace.until_outcome(name, "Revoked", "Revoked")
    reply = workspace.api.as_user(OPERATOR).patch(token, {"status": {"endsAt": TWO_DAYS_AGO}}, subresource="status")
    assert reply.ok, reply.message
    return reply.body


def require_kept(workspace: Workspace, token: Json) -> None:
    """Another one ends later and goes; by then this one would have gone, and it is the same as before."""
    workspace.issued("unmarked")
    ended(workspace, "unmarked")
    workspace.until_gone("ApiToken", "unmarked")
    time.sleep(1)

    there = workspace.known("ApiToken", token["metadata"]["name"])

    assert there["metadata"]["uid"] == token["metadata"]["uid"]
    assert there["status"]["tokenID"] == token["status"]["tokenID"]


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"annotations": ARGO}, id="Argo CD's annotation"),
        pytest.param({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, id="Flux's label"),
        pytest.param({"annotations": {"meta.helm.sh/release-name": "apps"}}, id="a Helm release"),
        pytest.param({"ownerReferences": [CLAIM]}, id="another controller"),
        pytest.param({"labels": {"velero.io/restore-name": "nightly"}}, id="a restore"),
    ],
)
def test_one_with_a_mark_stays(keeping: Workspace, metadata: Json) -> None:
    token = keeping.issued()
    reply = keeping.api.patch(token, {"metadata": metadata})
    assert reply.ok, reply.message

    require_kept(keeping, ended(keeping, "ci"))


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller"])
def test_one_that_a_tool_of_git_applies_stays_without_a_mark(keeping: Workspace, manager: str) -> None:
    token = keeping.issued()
    said = {key: token[key] for key in ("apiVersion", "kind")}
    said |= {"metadata": {"name": "ci"}, "spec": {"description": "in Git"}}
    reply = keeping.api.patch(token, said, form=APPLY, fieldManager=manager)
    assert reply.ok, reply.message

    require_kept(keeping, ended(keeping, "ci"))


def test_an_upgrade_by_the_real_helm_neither_creates_nor_mints_one_anew(
    keeping: Workspace, control_plane: ControlPlane, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: apps\nversion: 1.0.0\n")
    (tmp_path / "templates" / "token.yaml").write_text(CHART)
    control_plane.helm("install", "apps", str(tmp_path), f"--namespace={keeping.namespace}")
    token = ended(keeping, "ci")
    require_kept(keeping, token)

    control_plane.helm("upgrade", "apps", str(tmp_path), f"--namespace={keeping.namespace}")

    require_kept(keeping, token)
