"""A real pod that asks through nginx with its ServiceAccount's token alone, until the credential is taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.operators.constant_checks import answers
from tests.support.pods.asking import Asking, asking_as_in
from tools.control_plane.processes import wait_until
from tools.gateways import real_gateways
from tools.gateways.protected_service import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace
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
    body = asking_as_in(EXAMPLE, "pod", workspace.namespace, service=f"http://127.0.0.1:{gateway.port}/reports")
    body["spec"]["template"]["spec"] |= {"hostNetwork": True}  # where nginx listens
    script = body["spec"]["template"]["spec"]["containers"][0]["command"]
    script[2] = script[2].replace('"Authorization":', f'"Host": "{HOST}", "Authorization":')
    pod = Asking(release, body)
    wait_until(lambda: len(pod.answers()) > 50, what="the pod was answered often", timeout=60)

    def by_hand() -> str:
        asked = ("create", "token", "invoice-bot", f"--audience={AUDIENCE}", "--duration=10m", place)
        return kubectl(*asked).stdout.strip()

    before, after = by_hand(), by_hand()
    assert before != after
    for text in (before, after, before):
        assert gateway.ask(("Authorization", f"Bearer {text}")).status == 200
    refused = pod.refused()

    workspace.change(workspace.known("ApiCredential", "invoice-bot"), {"spec": {"serviceAccounts": []}})

    taken_away = datetime.now(UTC)
    wait_until(lambda: len(pod.refused()) > 30, what="the pod is refused often", timeout=30)
    late = [each for each in pod.answers() if each[0] > taken_away + AT_ONCE]
    assert refused == []
    assert {answer for _, answer in late} == {"401"}
    assert not answers(release.address, after, 200)
    kubectl("delete", "deployment/pod", place)
