"""The guides for those who run the control plane: the audit policy and its filters, and encrypting anew."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.api import Api
from tools.control_plane.workspace import Workspace
from tools.debian_programs import MissingProgramError, find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGE = (HOW_TO / "audit-policy.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z][^|]*) \| `(\..*?)`", PAGE, re.MULTILINE)
FILTERS = {who: text.replace(r"\|", "|") for who, text in ROWS}
TOKEN = "invoice-bot-ci"


@pytest.fixture(scope="module")
def log(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """The audit log by the page's policy after a token's life, and the token's text."""
    folder = tmp_path_factory.mktemp("audit")
    (policy,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "policy.yaml").write_text(policy)
    control_plane.restart_api_server_with(
        f"--audit-policy-file={folder / 'policy.yaml'}", f"--audit-log-path={folder / 'audit.log'}"
    )
    try:
        with pool.alone():
            text = live(control_plane)
        yield folder / "audit.log", text
    finally:
        control_plane.restart_api_server_with()
        control_plane.restart_controllers()  # whose watches would wait up to a minute


def live(control_plane: ControlPlane) -> str:
    """Mint, collect, revoke; the text of the token."""
    control_plane.kubectl("create", "namespace", "audited")
    workspace = Workspace(Api(control_plane.kubeconfig), "audited")
    workspace.role("audited")
    workspace.credential(roles=["audited"])
    token = workspace.issued(TOKEN)
    text = workspace.text(f"{TOKEN}-token").reveal()
    encrypt_anew(control_plane)
    workspace.delete({"kind": "Secret", "metadata": {"namespace": "audited", "name": f"{TOKEN}-token"}})
    workspace.change(token, {"spec": {"revoked": True}})
    workspace.until_outcome(TOKEN, "Revoked", "Revoked")
    assert workspace.api.patch(token, {"status": {"phase": "Active"}}, subresource="status").status == 403
    return text


def encrypt_anew(control_plane: ControlPlane) -> None:
    """The command of the guide; a one-time Secret is among those that it writes."""
    found = control_plane.kubectl("get", "secrets", "--all-namespaces", "--output=json").stdout
    replaced = control_plane.kubectl("replace", "--filename=-", stdin=found).stdout

    assert f"secret/{TOKEN}-token replaced" in replaced
    assert "secret/pharia-access-keyring replaced" in replaced


def test_no_body_of_a_secret_gets_into_the_log(log: tuple[Path, str]) -> None:
    path, text = log

    assert text not in path.read_text()
    assert matching(path, '.objectRef.resource == "secrets"')
    assert matching(path, '.objectRef.resource == "secrets" and (.requestObject or .responseObject)') == []


def test_the_bookkeeping_of_the_operator_is_there_without_its_bodies(log: tuple[Path, str]) -> None:
    path, _ = log

    assert matching(path, '.objectRef.subresource == "status"')
    assert matching(path, '.objectRef.subresource == "status" and .requestObject') == []


@pytest.mark.parametrize("who", FILTERS)
def test_each_filter_finds_what_it_promises(log: tuple[Path, str], who: str) -> None:
    path, _ = log

    found = matching(path, FILTERS[who])

    assert found
    assert len(found) < len(path.read_text().splitlines()) / 2


def matching(path: Path, condition: str) -> list[str]:
    """The lines of the log for which the condition of jq holds."""
    try:
        jq = find_program("jq")
    except MissingProgramError as error:
        pytest.skip(str(error))
    argv = [str(jq), "--compact-output", f"select({condition})", str(path)]
    found = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    return found.stdout.splitlines()
