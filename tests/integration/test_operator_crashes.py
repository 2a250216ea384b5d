"""What becomes of a token when the operator dies while it mints: exactly one secret, whatever happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import pytest

from pharia_access.domain.argon2id import verify_hash
from tests.support.operators.operator_requests import requests_of_the_operator
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Json, Workspace, condition, instant, now, outcome

if TYPE_CHECKING:
    from tests.support.operators.killable_operator import KillableOperator
    from tests.support.operators.striking_proxy import Write
    from tools.control_plane.plane import ControlPlane

SECRETS = r"/api/v1/namespaces/{namespace}/secrets"
TOKEN = r"/apis/access\.pharia\.ai/v1alpha1/namespaces/{namespace}/apitokens/ci"
WRITES_OF_A_MINT = [("POST", SECRETS), ("PATCH", f"{TOKEN}/status")]


def here_in(workspace: Workspace, path: str) -> str:
    """The pattern in the namespace of the test: tokens of the test before may still have their ends written."""
    return path.format(namespace=workspace.namespace)


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
    assert verify_hash(token["status"]["hash"], text)
    assert token["status"]["delivery"]["secretUID"] == secret["metadata"]["uid"]
    assert secrets_created(control_plane, workspace) == 1


def test_a_mint_is_these_writes_and_no_others(killable_operator: KillableOperator, workspace: Workspace) -> None:
    killable_operator.running()
    killable_operator.proxy.writes.clear()

    workspace.credential()
    workspace.issued()

    anything = here_in(workspace, f"{SECRETS}.*|{TOKEN}.*")

    def about() -> list[Write]:
        ours = [write for write in killable_operator.proxy.writes if re.fullmatch(anything, write.path)]
        return [write for write in ours if not write.dry]  # no probes

    wait_until(lambda: len(about()) >= len(WRITES_OF_A_MINT), what="the proxy noted all of them")
    sent = [
        (write.method, pattern)
        for write in about()
        for _, pattern in WRITES_OF_A_MINT
        if re.fullmatch(here_in(workspace, pattern), write.path)
    ]
    assert sent == WRITES_OF_A_MINT
    assert len(about()) == len(WRITES_OF_A_MINT)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param(*WRITES_OF_A_MINT[0], id="creating the Secret"),
        pytest.param(*WRITES_OF_A_MINT[1], id="writing the status"),
    ],
)
def test_a_token_is_minted_once_though_the_operator_is_killed_at(
    control_plane: ControlPlane,
    killable_operator: KillableOperator,
    workspace: Workspace,
    method: str,
    path: str,
    when: Literal["before", "after"],
) -> None:
    workspace.credential()
    killable_operator.die_at(method, here_in(workspace, path), when)
    workspace.token()
    killable_operator.until_dead()

    killable_operator.running()

    assert_minted_once(control_plane, workspace)


def test_a_secret_left_by_a_crash_goes_when_its_token_is_revoked_meanwhile(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    workspace.credential()
    killable_operator.die_at("PATCH", here_in(workspace, f"{TOKEN}/status"), "before")
    token = workspace.token()
    killable_operator.until_dead()
    assert len(workspace.list("Secret")) == 1

    workspace.change(token, {"spec": {"revoked": True}})
    killable_operator.running()
    revoked = workspace.until_outcome("ci", "Revoked", "Revoked")

    assert "hash" not in revoked["status"]
    workspace.until_gone("Secret", "ci-token")  # after its end was written, so that nobody mints meanwhile


def test_a_secret_left_by_a_crash_past_its_window_is_withdrawn(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    workspace.credential()
    killable_operator.die_at("PATCH", here_in(workspace, f"{TOKEN}/status"), "before")
    workspace.token(delivery={})
    killable_operator.until_dead()
    (left,) = workspace.list("Secret")

    late = instant(left["metadata"]["creationTimestamp"])
    workspace.until("Secret", "ci-token", lambda _: (now() - late).total_seconds() > 5, "its window is over")
    killable_operator.running()
    failed = workspace.until_outcome("ci", "Failed", "DeliveryMissed")

    assert condition(failed, "Stalled")["status"] == "True"
    workspace.until_gone("Secret", "ci-token")


def test_a_secret_whose_owner_was_changed_is_not_adopted(
    killable_operator: KillableOperator, workspace: Workspace
) -> None:
    killable_operator.running()
    workspace.credential()
    workspace.issued("victim")
    stolen = workspace.text("victim-token")
    thief = workspace.token("thief", delivery={"secretName": "victim-token", "window": "30m"})
    steal(workspace, thief)

    waiting = workspace.until_outcome("thief", "Pending", "SecretConflict")
    assert condition(waiting, "Stalled")["status"] == "True"
    assert outcome(workspace.read("ApiToken", "victim") or {}) == ("Active", "Issued")

    killable_operator.kill()
    workspace.delete(workspace.read("ApiToken", "victim") or {})
    workspace.until_gone("ApiToken", "victim")
    assert workspace.text("victim-token") == stolen  # its garbage collection was stolen, too
    killable_operator.running()
    minted = workspace.until_outcome("thief", "Active", "Issued")

    assert not verify_hash(minted["status"]["hash"], stolen)
    assert verify_hash(minted["status"]["hash"], workspace.text("victim-token"))


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
