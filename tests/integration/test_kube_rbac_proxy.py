"""kube-rbac-proxy before a service: it asks the API server who a token is, and the API server asks the verifier."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.documents.console_blocks import ROOT
from tests.support.verifier.token_reviews import asked_by_the_api_server
from tools.build_gateways import built_kube_rbac_proxy
from tools.control_plane.pki import token_kubeconfig
from tools.control_plane.processes import Process, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace
    from tools.gateways.witness import Witness

PROGRAM = built_kube_rbac_proxy()
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="nobody built kube-rbac-proxy: make gateways"),
    pytest.mark.usefixtures("operator"),
]
MANIFEST = ROOT / "examples" / "gateways" / "kube-rbac-proxy.yaml"
ROLE = "studio-user"


@pytest.fixture(scope="module")
def port(
    control_plane: ControlPlane, pool: OperatorPool, service: Witness, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """Where the proxy listens, as the example starts it."""
    pool.shared()
    root, listening = tmp_path_factory.mktemp("kube-rbac-proxy"), free_port()
    (container,) = (
        found
        for found in documents()["Deployment"]["spec"]["template"]["spec"]["containers"]
        if found["name"] == "kube-rbac-proxy"
    )
    places = {"0.0.0.0:8443": f"127.0.0.1:{listening}", "127.0.0.1:8080": service.address}
    args = [place(argument, places) for argument in container["args"]]
    assert PROGRAM is not None
    with asked_by_the_api_server(control_plane, root):
        argv: list[str | Path] = [PROGRAM, *args, f"--kubeconfig={control_plane.kubeconfig}"]
        process = Process.start(argv, log=root / "proxy.log", cwd=root, env={"HOME": str(root)})
        try:
            process.wait_until(lambda: asked(listening, None) is not None, what="the proxy listens", timeout=30)
            yield listening
        finally:
            process.stop()


def documents() -> dict[str, Any]:
    """The example's objects by kind."""
    return {found["kind"]: found for found in yaml.safe_load_all(MANIFEST.read_text("utf-8"))}


def place(argument: str, places: dict[str, str]) -> str:
    for shown, own in places.items():
        argument = argument.replace(shown, own)
    return argument


def asked(port: int, token: str | None, path: str = "/metrics", *headers: tuple[str, str]) -> int | None:
    """The status of an answer; None where nobody answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    try:
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        connection.request("GET", path, headers={**bearer, **dict(headers)})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def issued(workspace: Workspace, role: str) -> str:
    workspace.role(role, permissions=[{"permission": "AccessKubernetes"}])
    workspace.credential(roles=[role])
    workspace.issued(ttl="1h")
    return workspace.text().reveal()


def test_a_role_may_read_what_rbac_lets_its_group_read(
    port: int, control_plane: ControlPlane, workspace: Workspace, service: Witness
) -> None:
    rights = [found for kind, found in documents().items() if kind.startswith("ClusterRole")]
    control_plane.kubectl("apply", "--filename=-", stdin=yaml.safe_dump_all(rights))
    token = issued(workspace, ROLE)
    # Until the verifier has heard of the token, and the API server has forgotten that it had not.
    wait_until(lambda: asked(port, token) == http.client.OK, what="it passes", timeout=60)
    before = len(service.seen)

    statuses = [asked(port, token), asked(port, token, "/other"), asked(port, None), asked(port, "nonsense")]

    assert statuses == [200, 403, 401, 401]
    assert [seen.target for seen in service.seen[before:]] == ["/metrics"]
    assert service.seen[-1].values("authorization") == []


def test_a_revoked_token_passes_on_while_the_api_server_refuses_it(
    port: int, control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    """The proxy keeps an answer for two minutes; the page says so."""
    token = issued(workspace, ROLE)
    wait_until(lambda: asked(port, token) == http.client.OK, what="it passes", timeout=60)
    workspace.change(
        {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "ci"}}, {"spec": {"revoked": True}}
    )
    kubeconfig = token_kubeconfig(
        tmp_path / "kubeconfig", server=control_plane.server_url, ca_file=control_plane.ca_file, token=token
    )
    whoami = (f"--kubeconfig={kubeconfig}", "auth", "whoami")
    wait_until(
        lambda: "Unauthorized" in control_plane.kubectl(*whoami, check=False).stderr,
        what="the API server refuses it",
        timeout=60,
    )

    assert asked(port, token) == http.client.OK


def test_lookalikes_of_a_client_pass_as_the_page_says(port: int, workspace: Workspace, service: Witness) -> None:
    token = issued(workspace, ROLE)
    wait_until(lambda: asked(port, token) == http.client.OK, what="it passes", timeout=60)

    asked(port, token, "/metrics", ("X-Auth-Roles", "forged"), ("X_Auth_Roles", "forged"))

    assert {name for name, value in service.seen[-1].headers if value == "forged"} == {"x-auth-roles", "x_auth_roles"}
