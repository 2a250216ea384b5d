"""What becomes of answers when something breaks: no wrong 200, and good ones again as soon as it can be known."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, Verifiers, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

PATH = "/auth/forward"


def until(verifier: RunningVerifier, token: str, status: int, *, timeout: float = 15) -> None:
    wait_until(lambda: verifier.ask(PATH, token).status == status, what=f"{PATH} answers {status}", timeout=timeout)


def the_token(workspace: Workspace) -> Json:
    return {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "ci"}}


@pytest.fixture
def run(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Runner]:
    runner = Runner(control_plane, tmp_path)
    yield runner
    runner.stop()


class Runner(Verifiers):
    """Starts verifiers with settings of their own; ends them."""

    def __init__(self, control_plane: ControlPlane, root: Path) -> None:
        super().__init__(control_plane)
        self.root = root

    def __call__(self, *, keyring: bool = True, kubeconfig: Path | None = None, **settings: str) -> RunningVerifier:
        root = self.root / f"verifier-{len(self.started)}"
        root.mkdir()
        if keyring:
            write_keyring(self.control_plane, root / "keyring")
        return self.start(root, settings, kubeconfig=kubeconfig)

    def folder(self, number: int = 0) -> Path:
        return self.root / f"verifier-{number}"


def test_without_a_keyring_argon2_proves_a_token_and_a_keyring_that_comes_later_is_used(
    run: Runner, workspace: Workspace
) -> None:
    token = workspace.issued_text()
    verifier = run(keyring=False)

    until(verifier, token, HTTPStatus.OK)
    assert "pharia_access_keyring_keys 0.0" in verifier.get("/metrics")[1]
    write_keyring(run.control_plane, run.folder() / "keyring")
    wait_until(
        lambda: "pharia_access_keyring_keys 1.0" in verifier.get("/metrics")[1], what="the keyring is used", timeout=15
    )

    assert verifier.ask(PATH, token).status == HTTPStatus.OK


def test_a_broken_keyring_is_told_and_the_last_one_stays(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    verifier = run()
    until(verifier, token, HTTPStatus.OK)

    (run.folder() / "keyring" / "current").write_bytes(b"none of them")
    wait_until(lambda: "the keyring cannot be used" in verifier.process.log.read_text(), what="the warning", timeout=15)

    assert verifier.ask(PATH, token).status == HTTPStatus.OK


def test_the_plain_way_answers_alike(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    verifier = run(FAST_PATH="false", LAST_USED="false", AUDIT_ACCEPTED="true")

    until(verifier, token, HTTPStatus.OK)

    assert verifier.ask(PATH).status == HTTPStatus.UNAUTHORIZED
    wait_until(lambda: '"accepted"' in verifier.process.log.read_text(), what="the audit line", timeout=5)


def test_only_the_tokens_of_watched_namespaces_are_known(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    here, elsewhere = run(WATCH_NAMESPACES=workspace.namespace), run(WATCH_NAMESPACES="default")

    until(here, token, HTTPStatus.OK)

    assert elsewhere.ask(PATH, token).status == HTTPStatus.UNAUTHORIZED


def test_what_was_issued_before_a_restore_is_refused(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    verifier = run(REFUSE_ISSUED_BEFORE="2200-01-01T00:00:00Z")

    assert verifier.ask(PATH, token).status == HTTPStatus.UNAUTHORIZED
    assert 'reason="issued-too-early"' in verifier.get("/metrics")[1]


def test_cut_off_it_answers_within_the_bound_and_then_no_more_and_catches_up(
    run: Runner, workspace: Workspace, tmp_path: Path
) -> None:
    token = workspace.issued_text()
    with CuttableProxy(run.control_plane.server_url) as cuttable_proxy:
        kubeconfig = run.control_plane.service_account_kubeconfig(
            "pharia-access-system", VERIFIER_ACCOUNT, tmp_path / "kubeconfig", server=cuttable_proxy.url
        )
        verifier = run(kubeconfig=kubeconfig, VIEW_BOUND="10s", WATCH_TIMEOUT="5s")
        until(verifier, token, HTTPStatus.OK)

        cuttable_proxy.cut()
        workspace.change(the_token(workspace), {"spec": {"revoked": True}})
        assert verifier.ask(PATH, token).status == HTTPStatus.OK  # nobody could know, and the view is young enough
        until(verifier, token, HTTPStatus.SERVICE_UNAVAILABLE, timeout=20)
        assert verifier.get("/readyz")[0] == HTTPStatus.SERVICE_UNAVAILABLE
        cuttable_proxy.mend()

        until(verifier, token, HTTPStatus.UNAUTHORIZED, timeout=20)


def test_a_restart_of_the_api_server_is_outlived(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    verifier = run(WATCH_TIMEOUT="5s")
    until(verifier, token, HTTPStatus.OK)

    run.control_plane.restart_api_server()
    assert verifier.ask(PATH, token).status == HTTPStatus.OK
    workspace.change(the_token(workspace), {"spec": {"revoked": True}})

    until(verifier, token, HTTPStatus.UNAUTHORIZED)
    run.control_plane.restart_controllers()  # whose watches would wait up to a minute


def test_neither_log_nor_metrics_hold_a_token(run: Runner, workspace: Workspace) -> None:
    token = workspace.issued_text()
    verifier = run(LOG_LEVEL="debug", AUDIT_ACCEPTED="true", AUDIT_INTERVAL="0s")
    until(verifier, token, HTTPStatus.OK)
    forged = token[:-1] + ("0" if token[-1] != "0" else "1")
    for presented in (token, forged, f"{token}{token}"):
        verifier.ask(f"{PATH}?role={secrets.token_hex(4)}", presented)
        verifier.ask(f"/{presented}", presented)
        verifier.ask("/check_user", presented, method="POST", body=json.dumps({"permissions": presented}).encode())

    said = verifier.process.log.read_text() + verifier.get("/metrics")[1]

    assert token.split("_")[2][:20] not in said
    assert token.split("_")[1] in said
