"""The kube-apiserver asks the verifier who a token is: webhook token authentication, as it is in earnest."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Final

import pytest
import trustme

from tests.support.documents.console_blocks import ROOT, Command, blocks
from tests.support.documents.page_reader import PageReader
from tools.control_plane.pki import token_kubeconfig
from tools.control_plane.processes import free_port, wait_until
from tools.control_plane.verifiers import Verifiers, write_keyring

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

AUDIENCE = "https://kubernetes.default.svc"
PAGE: Final = "docs/how-to/kubectl-with-a-token.md"
GUIDE: Final = ROOT / PAGE
FOLDER: Final = "/etc/kubernetes/pharia-access"


@pytest.fixture(scope="module")
def asking(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A verifier behind TLS that wants a client certificate, and an API server that asks it; ends it for a block."""
    pool.shared()
    folder = tmp_path_factory.mktemp("asking")
    write_certificates(folder)
    port = free_port()
    write_keyring(control_plane, folder / "verifier" / "keyring")
    settings = {
        "TOKEN_REVIEW": "true",
        "TOKEN_REVIEW_PORT": str(port),
        "TOKEN_REVIEW_CERT_FILE": str(folder / "server.crt"),
        "TOKEN_REVIEW_KEY_FILE": str(folder / "server.key"),
        "TOKEN_REVIEW_CLIENT_CA_FILE": str(folder / "ca.crt"),
        "TOKEN_REVIEW_AUDIENCES": AUDIENCE,
    }
    verifiers = Verifiers(control_plane)

    @contextmanager
    def gone() -> Iterator[None]:
        verifiers.stop()
        yield
        verifiers.start(folder / "verifier", settings)

    try:
        verifiers.start(folder / "verifier", settings)
        webhook(folder, port)
        control_plane.restart_api_server_with(*flags(folder))
        yield gone
    finally:
        verifiers.stop()
        control_plane.restart_api_server_with()
        control_plane.restart_controllers()  # whose watches would wait up to a minute


def write_certificates(folder: Path) -> None:
    """Of both sides, and the authority that signs them."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    for name in ("server", "client"):
        leaf = authority.issue_cert("pharia-access-verifier.pharia-access-system.svc", common_name=name)
        (folder / f"{name}.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
        (folder / f"{name}.key").write_bytes(leaf.private_key_pem.bytes())


def webhook(folder: Path, port: int) -> Path:
    """The guide's file, with this verifier's address and these certificates."""
    written = shown("yaml", "kind: Config").replace("10.96.0.50:8443", f"127.0.0.1:{port}")
    path = folder / "webhook.yaml"
    path.write_text(written.replace(FOLDER, str(folder)))
    return path


def flags(folder: Path) -> list[str]:
    """The guide's, but that the API server's cache forgets after a second."""
    found = shown("text", "--authentication-token-webhook").replace(FOLDER, str(folder)).split()
    return [re.sub(r"(?<=cache-ttl=)\w+", "1s", flag) for flag in found]


def shown(language: str, words: str) -> str:
    """The block of the guide that has these words."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    block: str = next(text for text in found if words in text)
    return block


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
