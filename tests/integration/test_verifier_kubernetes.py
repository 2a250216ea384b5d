"""The kube-apiserver asks the verifier who a token is, as it is in earnest; docs/how-to/kubectl-with-a-token.md."""

from __future__ import annotations

import json
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from tests.support.documents.console_blocks import Command, blocks
from tests.support.documents.page_reader import PageReader
from tests.support.verifier.token_reviews import PAGE, asked_by_the_api_server, shown
from tools.control_plane.pki import token_kubeconfig
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture(scope="module")
def asking(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """An API server that asks the verifier; ends the verifier for a block."""
    pool.shared()
    with asked_by_the_api_server(control_plane, tmp_path_factory.mktemp("asking")) as gone:
        yield gone


def whoami(control_plane: ControlPlane, folder: Path, token: str) -> subprocess.CompletedProcess[str]:
    """`kubectl auth whoami` by somebody who has nothing but a token."""
    kubeconfig = token_kubeconfig(
        folder / "kubeconfig", server=control_plane.server_url, ca_file=control_plane.ca_file, token=token
    )
    return control_plane.kubectl(f"--kubeconfig={kubeconfig}", "auth", "whoami", "--output=json", check=False)


@pytest.mark.usefixtures("asking")
def test_a_credential_is_a_user_of_the_cluster_until_its_token_is_revoked(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    role = f"guest-{workspace.namespace[:40].strip('-')}"
    workspace.role(role, permissions=[{"permission": "AccessKubernetes"}])
    credential = workspace.credential(roles=[role])
    workspace.issued(ttl="1h")
    token = workspace.text().reveal()

    # The API server may have asked before the verifier had heard of the token, and remembers a "no" for a second.
    wait_until(
        lambda: not whoami(control_plane, tmp_path, token).returncode, what="the API server knows it", timeout=20
    )
    answer = whoami(control_plane, tmp_path, token)
    assert answer.returncode == 0, answer.stderr
    user = json.loads(answer.stdout)["status"]["userInfo"]
    assert user["username"] == f"pharia:{workspace.namespace}:invoice-bot"
    assert user["uid"] == credential["metadata"]["uid"]
    assert sorted(user["groups"]) == [f"pharia:role:{role}", "system:authenticated"]

    workspace.change(
        {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "ci"}}, {"spec": {"revoked": True}}
    )
    wait_until(
        lambda: "Unauthorized" in whoami(control_plane, tmp_path, token).stderr,
        what=f"the API server answers {HTTPStatus.UNAUTHORIZED}, once its cache has forgotten",
        timeout=30,
    )


@pytest.mark.usefixtures("asking")
def test_a_token_without_the_permission_is_nobody(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.credential()
    workspace.issued(ttl="1h")

    answer = whoami(control_plane, tmp_path, workspace.text().reveal())

    assert answer.returncode != 0
    assert "Unauthorized" in answer.stderr


@pytest.mark.usefixtures("asking")
def test_who_follows_the_guide_is_the_credential_and_may_what_its_group_may(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    allowed = shown("yaml", "kind: ClusterRoleBinding").replace("[finance]", f"[{workspace.namespace}]")
    control_plane.kubectl("apply", "--filename=-", stdin=allowed)
    workspace.credential(roles=["cluster-reader"])
    token = workspace.issued(ttl="1h")
    text = workspace.text().reveal()
    wait_until(lambda: not whoami(control_plane, tmp_path, text).returncode, what="the API server knows it", timeout=20)
    administrators = tmp_path / "administrators"  # signs in with a client certificate
    administrators.write_bytes(control_plane.kubeconfig.read_bytes())
    user = f"pharia:{workspace.namespace}:invoice-bot"
    environment = {"PATH": f"{control_plane.bin}:/usr/bin:/bin", "HOME": str(tmp_path), "TOKEN": text}

    with PageReader({**environment, "KUBECONFIG": str(administrators)}, tmp_path, tmp_path) as reader:
        beside_a_certificate = reader.follow(Command('kubectl --token="$TOKEN" auth whoami'))
        said = [reader.follow(command) for command in chain.from_iterable(each.commands for each in blocks(PAGE))]
        reader.follow(Command(f"kubectl get pods -n {workspace.namespace}"))
        beside_a_file = reader.follow(Command("kubectl --token=nonsense auth whoami"))

    assert "system:masters" in beside_a_certificate
    assert user not in beside_a_certificate
    assert user in said[-1]
    assert token["status"]["tokenID"] in said[-1]
    assert user in beside_a_file
    kept = (tmp_path / ".kube" / "with-a-token").read_text()
    assert "client-key" not in kept
    assert text not in kept


def test_where_no_verifier_listens_a_token_is_nobody_and_a_certificate_somebody(
    control_plane: ControlPlane,
    asking: Callable[[], AbstractContextManager[None]],
    workspace: Workspace,
    tmp_path: Path,
) -> None:
    workspace.role("late-guest", permissions=[{"permission": "AccessKubernetes"}])
    workspace.credential(roles=["late-guest"])
    workspace.issued(ttl="1h")
    text = workspace.text().reveal()

    with asking():
        answer = whoami(control_plane, tmp_path, text)
        administrators = control_plane.kubectl("auth", "whoami")

    assert "Unauthorized" in answer.stderr
    assert "system:masters" in administrators.stdout
