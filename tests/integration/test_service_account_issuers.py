"""Keys that rotate, an API server that is away, a cluster with several issuers: on a control plane of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.verifier.accounts import Accounts
from tests.support.verifier.signed_again import claims_in, key_id_in, signed_again
from tools.control_plane.api import Api
from tools.control_plane.installation import install
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import start_verifier
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.verifiers import RunningVerifier

PATH = "/auth/nginx"
FORMER = "https://former.example"
QUICK = {
    "PHARIA_ACCESS_SERVICE_ACCOUNTS": "true",
    "PHARIA_ACCESS_WATCH_TIMEOUT": "5s",
    "PHARIA_ACCESS_VIEW_BOUND": "20s",
    "PHARIA_ACCESS_LAST_USED": "false",
}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with the chart, whose API server is restarted with other flags."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        install(started)
        yield started


@pytest.fixture(scope="module")
def accounts(plane: ControlPlane) -> Accounts:
    """The ServiceAccount finance/invoice-bot, which holds a credential."""
    plane.kubectl("create", "namespace", "finance")
    workspace = Workspace(Api(plane.kubeconfig), "finance")
    workspace.role()
    workspace.credential(serviceAccounts=[{"name": "invoice-bot"}])
    accounts = Accounts(plane, "finance")
    accounts.make()
    return accounts


@pytest.fixture(scope="module")
def taking(
    plane: ControlPlane, accounts: Accounts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningVerifier]:
    """A verifier that takes tokens of ServiceAccounts, and gives up an old view soon."""
    running = start_verifier(plane, tmp_path_factory.mktemp("taking"), QUICK)
    running.wait_until_ready()
    until(running, accounts.token(), 200)
    yield running
    running.process.stop()


def until(verifier: RunningVerifier, token: str, status: int, *, timeout: float = 15) -> None:
    wait_until(lambda: verifier.ask(PATH, token).status == status, what=f"{PATH} answers {status}", timeout=timeout)


def a_key(folder: Path) -> tuple[Path, Path]:
    """A certificate with the public half of a signing key, and the key."""
    leaf = trustme.CA().issue_cert("service-accounts.invalid")
    certificate, key = folder / "signing.crt", folder / "signing.key"
    certificate.write_bytes(leaf.cert_chain_pems[0].bytes())
    key.write_bytes(leaf.private_key_pem.bytes())
    return certificate, key


def test_keys_rotate_without_a_restart_and_one_that_is_withdrawn_ends(
    taking: RunningVerifier, plane: ControlPlane, accounts: Accounts, tmp_path: Path
) -> None:
    """`--service-account-key-file` twice, and a `jwks_uri` elsewhere, which nobody asks."""
    certificate, key = a_key(tmp_path)
    before = accounts.token()

    plane.restart_api_server_with(
        f"--service-account-key-file={certificate}",
        f"--service-account-signing-key-file={key}",
        "--service-account-jwks-uri=https://elsewhere.invalid/keys",
    )
    after = accounts.token()
    assert key_id_in(before) != key_id_in(after)
    until(taking, after, 200)
    assert taking.ask(PATH, before).status == 200

    plane.restart_api_server_with()
    until(taking, after, 401, timeout=40)
    until(taking, before, 200)


def test_of_several_issuers_the_first_counts(taking: RunningVerifier, plane: ControlPlane, accounts: Accounts) -> None:
    """`--service-account-issuer` twice: the API server takes the tokens of both, and names the first."""
    plane.restart_api_server_with(f"--service-account-issuer={FORMER}")
    token = accounts.token()
    former = signed_again(token, plane.pki.service_accounts.key, iss=FORMER)
    again = signed_again(token, plane.pki.service_accounts.key)
    assert claims_in(former) == claims_in(token) | {"iss": FORMER}
    until(taking, token, 200)

    assert taking.ask(PATH, again).status == 200
    assert taking.ask(PATH, former).status == 401
    review = {"spec": {"token": former, "audiences": claims_in(former)["aud"]}}
    reply = Api(plane.kubeconfig).request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=review)
    assert reply.body["status"]["authenticated"]
    plane.restart_api_server_with()


def test_known_keys_count_while_the_api_server_is_away_for_the_bound_and_not_longer(
    taking: RunningVerifier, plane: ControlPlane, accounts: Accounts
) -> None:
    seen, unseen = accounts.token(), accounts.token(duration="11m")
    until(taking, seen, 200)

    plane.stop_api_server()
    try:
        assert taking.ask(PATH, seen).status == 200
        assert taking.ask(PATH, unseen).status == 200
        until(taking, seen, 503, timeout=60)
    finally:
        plane.start_api_server()

    until(taking, seen, 200, timeout=60)


def test_keys_that_may_not_be_read_count_for_the_bound_and_then_end_such_tokens_alone(
    taking: RunningVerifier, plane: ControlPlane, accounts: Accounts
) -> None:
    token = accounts.token()
    until(taking, token, 200)
    discovery = ("clusterrolebinding", "system:service-account-issuer-discovery")
    kept = plane.kubectl("get", *discovery, "--output=json").stdout
    plane.kubectl("delete", *discovery)
    try:
        until(taking, token, 503, timeout=60)
        assert taking.get("/readyz")[0] == 200
        assert 'pharia_access_reload_successful{source="service-account-keys"} 0.0' in taking.get("/metrics")[1]
    finally:
        plane.kubectl("apply", "--filename=-", stdin=kept)

    until(taking, token, 200, timeout=60)
