"""What becomes of tokens when the operator dies or is away: exactly one secret each, whatever happens."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING, Literal

import pytest

from pharia_access.domain.proof import matches
from tests.support.audit import requests_of_the_operator
from tests.support.installation import NAMESPACE, OPERATOR_ACCOUNT
from tests.support.processes import wait_until
from tests.support.proxy import Proxy, Strike, Write
from tests.support.workspace import Json, Workspace, condition, instant, now, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.control_plane import ControlPlane
    from tests.support.operator_pool import OperatorPool
    from tests.support.operators import RunningOperator

ARGO = {"argocd.argoproj.io/tracking-id": "apps:access.pharia.ai/ApiToken:finance/ci"}
SECRETS = r"/api/v1/namespaces/[^/]+/secrets"
TOKEN = r"/apis/access\.pharia\.ai/v1alpha1/namespaces/[^/]+/apitokens/ci"
WRITES_OF_A_MINT = [("POST", SECRETS), ("PATCH", f"{TOKEN}/status"), ("PATCH", TOKEN)]


class Mortal:
    """An operator that reaches the API server through a proxy, dies, and is started again when it is wanted."""

    def __init__(self, pool: OperatorPool, proxy: Proxy, kubeconfig: Path) -> None:
        self.proxy = proxy
        self._pool = pool
        self._kubeconfig = kubeconfig
        self._operator: RunningOperator | None = None

    def running(self) -> RunningOperator:
        """The operator, ready."""
        if self._operator is None or not self._operator.process.running:
            self.start().wait_until_ready()
        assert self._operator is not None
        return self._operator

    def start(self) -> RunningOperator:
        """Start another one."""
        self._operator = self._pool.start(kubeconfig=self._kubeconfig)
        return self._operator

    def die_at(self, method: str, path: str, when: Literal["before", "after"]) -> None:
        """Have it killed at its next request of this kind."""
        pid = self.running().process.pid
        self.proxy.arm(Strike(method, path, when, lambda: os.kill(pid, signal.SIGKILL)))

    def until_dead(self) -> None:
        """Wait until that has happened."""
        assert self.proxy.struck.wait(20), "the operator sent no such request"
        assert self._operator is not None
        assert self._operator.process.popen.wait(10) == -signal.SIGKILL

    def kill(self) -> None:
        """Kill it now."""
        if self._operator is not None:
            self._operator.process.kill()


@pytest.fixture(scope="module")
def mortal(
    control_plane: ControlPlane, pool: OperatorPool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mortal]:
    pool.stop()
    with Proxy(control_plane.server_url, control_plane.ca_file) as proxy:
        path = tmp_path_factory.mktemp("proxy") / "kubeconfig"
        control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, path, server=proxy.url)
        operator = Mortal(pool, proxy, path)
        yield operator
        operator.kill()


def secrets_created(control_plane: ControlPlane, workspace: Workspace) -> int:
    """How many Secrets the operator created in the namespace."""
    wanted = {"verb": "create", "resource": "secrets", "namespace": workspace.namespace}
    return sum(event["responseStatus"]["code"] == 201 for event in requests_of_the_operator(control_plane, **wanted))


def assert_minted_once(control_plane: ControlPlane, workspace: Workspace) -> None:
    """One Secret was ever created, it is there, and the status is about it."""
    token = workspace.until_outcome("ci", "Active", "Issued")
    (secret,) = workspace.list("Secret")
    text = workspace.text()
    assert token["status"]["tokenID"] == text.token_id
    assert matches(token["status"]["hash"], text)
    assert token["status"]["delivery"]["secretUID"] == secret["metadata"]["uid"]
    assert secrets_created(control_plane, workspace) == 1
    workspace.until("ApiToken", "ci", lambda it: len(it["metadata"].get("ownerReferences", [])) == 1, "it is owned")
    assert (workspace.read("ApiToken", "ci") or {})["status"]["tokenID"] == text.token_id


def test_a_mint_is_these_writes_and_no_others(mortal: Mortal, workspace: Workspace) -> None:
    mortal.running()
    mortal.proxy.writes.clear()

    workspace.credential()
    workspace.issued()
    workspace.until("ApiToken", "ci", lambda it: "ownerReferences" in it["metadata"], "it is owned")

    def about() -> list[Write]:
        here = [write for write in mortal.proxy.writes if f"/namespaces/{workspace.namespace}/" in write.path]
        return [write for write in here if re.fullmatch(f"{SECRETS}.*|{TOKEN}.*", write.path)]

    wait_until(lambda: len(about()) >= len(WRITES_OF_A_MINT), what="the proxy noted all of them", timeout=5)
    sent = [
        (write.method, pattern)
        for write in about()
        for _, pattern in WRITES_OF_A_MINT
        if re.fullmatch(pattern, write.path)
    ]
    assert sent == WRITES_OF_A_MINT
    assert len(about()) == len(WRITES_OF_A_MINT)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(*WRITES_OF_A_MINT[0], id="creating the Secret"),
        pytest.param(*WRITES_OF_A_MINT[1], id="writing the status"),
        pytest.param(*WRITES_OF_A_MINT[2], id="setting the owner"),
    ],
)
def test_a_token_is_minted_once_though_the_operator_is_killed_at(
    control_plane: ControlPlane,
    mortal: Mortal,
    workspace: Workspace,
    method: str,
    path: str,
    when: Literal["before", "after"],
) -> None:
    workspace.credential()
    mortal.die_at(method, path, when)
    workspace.token()
    mortal.until_dead()

    mortal.running()

    assert_minted_once(control_plane, workspace)


def test_a_secret_left_by_a_crash_goes_when_its_token_is_revoked_meanwhile(
    mortal: Mortal, workspace: Workspace
) -> None:
    workspace.credential()
    mortal.die_at("PATCH", f"{TOKEN}/status", "before")
    token = workspace.token()
    mortal.until_dead()
    assert len(workspace.list("Secret")) == 1

    workspace.change(token, {"spec": {"revoked": True}})
    mortal.running()
    revoked = workspace.until_outcome("ci", "Revoked", "Revoked")

    assert "hash" not in revoked["status"]
    workspace.until_gone("Secret", "ci-token")  # after its end was written, so that nobody mints meanwhile


def test_a_secret_left_by_a_crash_past_its_window_is_withdrawn(mortal: Mortal, workspace: Workspace) -> None:
    workspace.credential()
    mortal.die_at("PATCH", f"{TOKEN}/status", "before")
    workspace.token(delivery={})
    mortal.until_dead()
    (left,) = workspace.list("Secret")

    late = instant(left["metadata"]["creationTimestamp"])
    workspace.until("Secret", "ci-token", lambda _: (now() - late).total_seconds() > 5, "its window is over")
    mortal.running()
    failed = workspace.until_outcome("ci", "Failed", "DeliveryMissed")

    assert condition(failed, "Stalled")["status"] == "True"
    workspace.until_gone("Secret", "ci-token")


def test_a_secret_whose_owner_was_changed_is_not_adopted(mortal: Mortal, workspace: Workspace) -> None:
    mortal.running()
    workspace.credential()
    workspace.issued("victim")
    stolen = workspace.text("victim-token")
    thief = workspace.token("thief", delivery={"secretName": "victim-token", "window": "30m"})
    steal(workspace, thief)

    waiting = workspace.until_outcome("thief", "Pending", "SecretConflict")
    assert condition(waiting, "Stalled")["status"] == "True"
    assert outcome(workspace.read("ApiToken", "victim") or {}) == ("Active", "Issued")

    mortal.kill()
    workspace.delete(workspace.read("ApiToken", "victim") or {})
    workspace.until_gone("ApiToken", "victim")
    assert workspace.text("victim-token") == stolen  # its garbage collection was stolen, too
    mortal.running()
    minted = workspace.until_outcome("thief", "Active", "Issued")

    assert not matches(minted["status"]["hash"], stolen)
    assert matches(minted["status"]["hash"], workspace.text("victim-token"))


def steal(workspace: Workspace, thief: Json) -> None:
    """Make an ApiToken the owner of the victim's Secret."""
    owner = {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiToken",
        "name": thief["metadata"]["name"],
        "uid": thief["metadata"]["uid"],
        "controller": True,
    }
    secret = {"kind": "Secret", "metadata": {"namespace": workspace.namespace, "name": "victim-token"}}
    workspace.change(secret, {"metadata": {"ownerReferences": [owner]}})


def test_a_credential_made_again_does_not_revive_the_tokens_of_the_first(mortal: Mortal, workspace: Workspace) -> None:
    mortal.running()
    credential = workspace.credential()
    workspace.issued("unmarked")
    workspace.issued("marked", annotations=ARGO)
    workspace.until("ApiToken", "unmarked", lambda it: "ownerReferences" in it["metadata"], "it is owned")

    mortal.kill()
    workspace.delete(credential, policy="Orphan")
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.credential()
    mortal.running()

    workspace.until_gone("ApiToken", "unmarked")
    failed = workspace.until_outcome("marked", "Failed", "CredentialReplaced")
    assert condition(failed, "Active")["status"] == "False"
    assert condition(failed, "Stalled")["status"] == "True"
    workspace.until_gone("Secret", "unmarked-token", "marked-token")


def test_a_token_expires_on_time_after_a_restart(mortal: Mortal, workspace: Workspace) -> None:
    mortal.running()
    workspace.credential()
    ends = instant(workspace.issued(ttl="9s")["status"]["expiresAt"])

    mortal.kill()
    mortal.running()
    assert now() < ends, "the operator took too long to start"
    workspace.until_outcome("ci", "Expired", "Expired")

    assert 0 <= (now() - ends).total_seconds() < 2


def test_a_token_that_ended_while_no_operator_ran_is_marked_at_once(mortal: Mortal, workspace: Workspace) -> None:
    mortal.running()
    workspace.credential()
    ends = instant(workspace.issued(ttl="2s")["status"]["expiresAt"])
    mortal.kill()
    workspace.until("ApiToken", "ci", lambda _: now() > ends, "its end has come")

    mortal.running()

    workspace.until_outcome("ci", "Expired", "Expired", timeout=3)
    assert workspace.list("Secret") == []


def test_an_operator_that_can_watch_no_more_ends_instead_of_staying_deaf(mortal: Mortal) -> None:
    mortal.kill()
    mortal.proxy.refused["/api"] = 400  # what Kopf asks first
    try:
        operator = mortal.start()
        assert operator.process.popen.wait(20) == 1
    finally:
        mortal.proxy.refused.clear()
    assert "watching failed" in operator.process.log_text()


def test_an_operator_goes_on_when_the_api_server_comes_back(
    control_plane: ControlPlane, mortal: Mortal, workspace: Workspace
) -> None:
    process = mortal.running().process
    workspace.credential()
    ends = instant(workspace.issued("short", ttl="8s")["status"]["expiresAt"])

    control_plane.restart_api_server()
    workspace.token("late")

    workspace.until_outcome("late", "Active", "Issued", timeout=30)
    workspace.until_outcome("short", "Expired", "Expired", timeout=10)
    assert process.running
    assert now() > ends
