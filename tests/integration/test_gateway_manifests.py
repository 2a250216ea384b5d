"""The gateways' manifests, as a real API server takes them that knows their kinds: strictly, each field of them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.documents.console_blocks import ROOT
from tools.build_gateways import built_envoy_gateway_kinds
from tools.control_plane.installation import wait_for_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane

PROGRAM = built_envoy_gateway_kinds()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="nobody built Envoy Gateway's kinds: make gateways")

EXAMPLES = ROOT / "examples" / "gateways"
NEEDED = {
    "securitypolicies.gateway.envoyproxy.io",
    "httproutes.gateway.networking.k8s.io",
    "referencegrants.gateway.networking.k8s.io",
}
KNOWN = ("envoy-gateway.yaml", "httproute-external-auth.yaml")
"""kgateway's and agentgateway's kinds cannot be had."""


@pytest.fixture(scope="module")
def kinds(control_plane: ControlPlane) -> Iterator[None]:
    """Envoy Gateway's, and the experimental channel of Gateway API, as its release has both."""
    assert PROGRAM is not None
    printed = subprocess.run([PROGRAM], capture_output=True, check=True, timeout=60).stdout
    wanted = [found for found in yaml.safe_load_all(printed) if found and found["metadata"]["name"] in NEEDED]
    assert {found["metadata"]["name"] for found in wanted} == NEEDED
    given = yaml.safe_dump_all(wanted)
    control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=given)
    wait_for_kinds(control_plane, *(f"crd/{name}" for name in NEEDED))
    yield
    control_plane.kubectl("delete", "--wait=false", "--filename=-", stdin=given)


def applied(control_plane: ControlPlane, namespace: str, manifest: str) -> subprocess.CompletedProcess[str]:
    here = manifest.replace("finance", namespace)
    return control_plane.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "--filename=-", stdin=here, check=False
    )


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("name", KNOWN)
def test_the_api_server_takes_the_manifest_as_it_stands(name: str, control_plane: ControlPlane, namespace: str) -> None:
    manifest = (EXAMPLES / name).read_text(encoding="utf-8")

    answer = applied(control_plane, namespace, manifest)

    assert (answer.stderr, answer.returncode) == ("", 0)
    assert len(answer.stdout.splitlines()) == len(list(yaml.safe_load_all(manifest)))


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("pathOverride:", "pathOveride:", id="a field that is misspelled"),
        pytest.param("statusOnError: 503", "statusOnError: 200", id="a status that is no error"),
        pytest.param("failOpen: false", "failOpen: 'no'", id="a text for a yes or no"),
    ],
)
def test_it_would_not_take_what_is_no_part_of_the_kind(
    right: str, wrong: str, control_plane: ControlPlane, namespace: str
) -> None:
    manifest = (EXAMPLES / "envoy-gateway.yaml").read_text(encoding="utf-8")
    assert right in manifest

    answer = applied(control_plane, namespace, manifest.replace(right, wrong))

    assert answer.returncode != 0
