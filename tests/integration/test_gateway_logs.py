"""Each gateway's access log says whose token a request had, set up as the how-tos show: the ID, and never the token."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.documents.console_blocks import ROOT
from tests.support.gateways.programs import entered
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import RunningVerifier, Verifiers
from tools.gateways import real_gateways

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

EXAMPLES = ROOT / "examples" / "gateways"
FORGED = "forgedforgedforg"
NAMES_THE_CLIENT = {
    "nginx": ("X-Real-Ip", {"# proxy_set_header X-Real-Ip": "proxy_set_header X-Real-Ip"}),
    "caddy": ("X-Real-Ip", {"# header_up X-Real-Ip": "header_up X-Real-Ip"}),
    "traefik": ("X-Forwarded-For", {}),
}
"""The header, and what is changed in the example."""


@pytest.fixture
def verifiers(control_plane: ControlPlane) -> Iterator[Verifiers]:
    started = Verifiers(control_plane)
    yield started
    started.stop()


def as_ingress_nginx_writes() -> dict[str, str]:
    """What stands in nginx.conf instead, by the controller's template, for the example's annotations and values."""
    ingress = yaml.safe_load((EXAMPLES / "ingress-nginx.yaml").read_text(encoding="utf-8"))
    notes = {key.partition("/")[2]: text for key, text in ingress["metadata"]["annotations"].items()}
    values = yaml.safe_load((EXAMPLES / "ingress-nginx-access-log.yaml").read_text(encoding="utf-8"))
    config = values["controller"]["config"]
    lines = notes["configuration-snippet"].splitlines()
    for number, header in enumerate(notes["auth-response-headers"].split(",")):
        lines += [f"auth_request_set $authHeader{number} $upstream_http_{header.lower().replace('-', '_')};"]
        lines += [f"proxy_set_header '{header}' $authHeader{number};"]
    shown = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    log = shown[shown.index("log_format ") : shown.index("server {\n")]
    location = shown[shown.index("        auth_request_set ") : shown.index("        proxy_set_header Host")]
    written = f"{config['http-snippet']}log_format pharia_access escape=json '{config['log-format-upstream']}';\n"
    return {log: written, location: "\n".join(lines) + "\n"}


@pytest.mark.parametrize("name", [*real_gateways.STARTERS, "ingress-nginx"])
def test_the_access_log_names_the_token_of_a_request(
    name: str, verifier: RunningVerifier, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.role("studio-user")
    workspace.credential(roles=["studio-user"])
    token_id = workspace.issued(ttl="1h")["status"]["tokenID"]
    text = workspace.text().reveal()
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 200, what="the token is known", timeout=10)
    forged = ("X-Auth-Token-Id", FORGED)

    with ExitStack() as stack:
        changes = as_ingress_nginx_writes() if name == "ingress-nginx" else {}
        starter = real_gateways.STARTERS[name.removeprefix("ingress-")]
        gateway = entered(stack, starter(tmp_path, f"127.0.0.1:{verifier.port}", changes))
        refused = gateway.ask(("Authorization", "Bearer nonsense"), forged)
        passed = gateway.ask(("Authorization", f"Bearer {text}"), forged, path="/reports?secret=1")
        log = tmp_path / real_gateways.ACCESS_LOG
        wait_until(lambda: token_id in log.read_text(), what="the token's ID is in the log", timeout=15)

    assert (refused.status, passed.status) == (401, 200)
    written = log.read_text()
    assert FORGED not in written
    assert text.split("_")[2] not in written
    assert "nonsense" not in written


@pytest.mark.parametrize("name", NAMES_THE_CLIENT)
def test_the_verifiers_log_has_the_gateways_word_for_the_client(
    name: str, verifiers: Verifiers, tmp_path: Path
) -> None:
    header, changes = NAMES_THE_CLIENT[name]
    verifier = verifiers.start(tmp_path, {"AUDIT_CLIENT_HEADER": header})

    with ExitStack() as stack:
        starter = real_gateways.STARTERS[name](tmp_path / "gateway", f"127.0.0.1:{verifier.port}", changes)
        gateway = entered(stack, starter)
        refused = gateway.ask(("Authorization", "Bearer nonsense"), (header, "192.0.2.66"))

    assert refused.status == 401
    written = verifier.process.log.read_text().splitlines()
    lines = [json.loads(line) for line in written if "pharia_access.audit" in line]
    assert [line["client"] for line in lines if line["reason"] == "malformed-token"] == ["127.0.0.1"]
