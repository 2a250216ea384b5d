"""A real pod that asks through nginx with its ServiceAccount's token alone, until the credential is taken away."""

from __future__ import annotations

import functools
import http.client
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.operators.constant_checks import answers
from tests.support.pods.asking import Asking, asking_as_in
from tests.support.verifier.signed_again import claims_in
from tools.control_plane.processes import wait_until
from tools.gateways import real_gateways
from tools.gateways.protected_service import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Json, Workspace
    from tools.gateways.protected_service import Gateway

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "service-account" / "deployment.yaml"
AUDIENCE = "pharia-access/invoice-bot"
AT_ONCE = timedelta(seconds=2)


@pytest.fixture(scope="module")
def gateway(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Nginx by its example on the node, in front of a verifier that takes tokens of ServiceAccounts."""
    try:
        release.upgrade({"verifier": {"settings": {"serviceAccounts": True}}})
        root = tmp_path_factory.mktemp("nginx")
        with real_gateways.nginx(root, release.address, {"role=studio-user": "role=integration-reader"}) as running:
            yield running
    finally:
        release.upgrade({})


def test_it_is_answered_by_its_token_until_the_credential_is_taken_away(
    release: Release, workspace: Workspace, gateway: Gateway
) -> None:
    kubectl, place = release.cluster.control_plane.kubectl, f"--namespace={workspace.namespace}"
    kubectl("create", "serviceaccount", "invoice-bot", place)
    holders = {"spec": {"serviceAccounts": [{"name": "invoice-bot"}]}}
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), holders)
    pod = Asking(release, program(workspace, gateway, "pod"))
    wait_until(lambda: len(pod.answers()) > 50, what="the pod was answered often", timeout=60)
    refused, last = pod.refused(), pod.mounted()

    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"serviceAccounts": []}})

    taken_away = datetime.now(UTC)
    wait_until(lambda: len(pod.refused()) > 30, what="the pod is refused often", timeout=30)
    late = [each for each in pod.answers() if each[0] > taken_away + AT_ONCE]
    assert refused == []
    assert {answer for _, answer in late} == {"401"}
    assert not answers(release.address, last, 200)
    kubectl("delete", "deployment/pod", place)


def test_the_next_token_in_its_file_is_taken_at_once_and_the_last_one_until_its_end(
    release: Release, workspace: Workspace, gateway: Gateway, tmp_path: Path
) -> None:
    """A rotation by hand: the kubelet would make it after eight minutes, at the soonest."""
    kubectl, place = release.cluster.control_plane.kubectl, f"--namespace={workspace.namespace}"
    holders = {"spec": {"serviceAccounts": [{"name": "invoice-bot"}]}}
    workspace.change(workspace.known("ApiCredential", "invoice-bot"), holders)
    asked = ("create", "token", "invoice-bot", f"--audience={AUDIENCE}", "--duration=10m", place)
    written(tmp_path, kubectl(*asked).stdout.strip())  # a token is bound to a pod that is there
    body = program(workspace, gateway, "rotated")
    body["spec"]["template"]["spec"]["volumes"] = [{"name": "token", "hostPath": {"path": str(tmp_path)}}]
    pod = Asking(release, body)
    name = kubectl("get", "pods", "--selector=app=rotated", "--output=jsonpath={.items[0].metadata.name}", place).stdout
    bound = (*asked, "--bound-object-kind=Pod", f"--bound-object-name={name}")

    old, new = (kubectl(*bound).stdout.strip() for _ in range(2))
    for text in (old, new):
        written(tmp_path, text)
        assert pod.mounted() == text
        more = len(pod.answers()) + 30
        wait_until(functools.partial(answered, pod, more), what="it was answered often", timeout=60)

    assert pod.refused() == []
    assert old != new
    assert identity(release, old) == identity(release, new)
    assert claims_in(old)["exp"] > time.time() + 300
    kubectl("delete", "deployment/rotated", place)


def program(workspace: Workspace, gateway: Gateway, name: str) -> Json:
    """The example's Deployment, which asks nginx on the node."""
    body = asking_as_in(EXAMPLE, name, workspace.namespace, service=f"http://127.0.0.1:{gateway.port}/reports")
    body["spec"]["template"]["spec"] |= {"hostNetwork": True}  # where nginx listens
    script = body["spec"]["template"]["spec"]["containers"][0]["command"]
    script[2] = script[2].replace('"Authorization":', f'"Host": "{HOST}", "Authorization":')
    return body


def answered(pod: Asking, often: int) -> bool:
    return len(pod.answers()) >= often


def written(folder: Path, text: str) -> None:
    """The token's file, replaced as the kubelet does: whoever reads has the old text or the new one, whole."""
    folder.chmod(0o755)
    fresh = folder / "fresh"
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(folder / "token")


def identity(release: Release, text: str) -> dict[str, str]:
    """Whom the verifier calls the bearer to the service behind a gateway."""
    connection = http.client.HTTPConnection(release.address, timeout=5)
    connection.request("GET", "/auth/forward", headers={"Authorization": f"Bearer {text}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == http.client.OK
    return {key: answer.headers[key] for key in ("x-auth-subject", "x-auth-credential", "x-auth-roles")}
