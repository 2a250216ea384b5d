"""The keyring: made at the first start, rotated on command, and lost without losing a token."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.keyring import Keyring
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.operators import rotate_keyring
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane

PATH = f"/api/v1/namespaces/{NAMESPACE}/secrets/pharia-access-keyring"


@pytest.fixture
def attentive(pool: OperatorPool) -> Iterator[RunningOperator]:
    """An operator that lists everything, and reads its keyring, every five seconds."""
    with pool.alone({"PHARIA_ACCESS_RESYNC_INTERVAL": "5s"}) as operator:
        yield operator


def keyring(workspace: Workspace) -> Keyring | None:
    """The keyring as it is now."""
    reply = workspace.api.request("GET", PATH)
    if not reply.ok:
        return None
    return Keyring.parse({name: base64.b64decode(value) for name, value in reply.body["data"].items()})


def present(workspace: Workspace) -> Keyring:
    """The keyring, which must be there."""
    found = keyring(workspace)
    assert found is not None
    return found


def rotate(control_plane: ControlPlane, folder: Path) -> str:
    """Run the command as the operator's account; returns what it says."""
    kubeconfig = control_plane.service_account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, folder / "kubeconfig")
    done = rotate_keyring(kubeconfig)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_first_start_makes_a_keyring_and_a_later_one_keeps_it(workspace: Workspace, pool: OperatorPool) -> None:
    with pool.alone():
        wait_until(lambda: keyring(workspace) is not None, what="the keyring is made")
        first = present(workspace)
    with pool.alone():
        workspace.credential()
        token = workspace.issued()
        again = present(workspace)

    assert again == first
    assert token["status"]["mac"]["keyID"] == first.current.key_id
    made = workspace.api.request("GET", PATH).body
    assert made["type"] == "access.pharia.ai/keyring"


def test_rotation_adds_a_key_and_keeps_those_in_use(
    control_plane: ControlPlane, attentive: RunningOperator, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.credential()
    old = workspace.issued("old")["status"]["mac"]
    before = present(workspace)

    said = rotate(control_plane, tmp_path)
    after = present(workspace)
    wait_until(lambda: minted_with(workspace) == after.current.key_id, what="a mint uses the new key", timeout=20)

    assert after.current.key_id != before.current.key_id == old["keyID"]
    assert before.current.key_id in after.keys
    assert f"current key: {after.current.key_id}" in said
    assert after.check(workspace.text("old-token"), key_id=old["keyID"], value=old["value"]) is True
    everything = said + attentive.process.log_text()
    assert not any(base64.b64encode(key.secret).decode() in everything for key in after.keys.values())


def minted_with(workspace: Workspace) -> str:
    """Mint another token; returns the key that its checksum was made with."""
    name = f"ci-{len(workspace.list('ApiToken'))}"
    key_id: str = workspace.issued(name)["status"]["mac"]["keyID"]
    return key_id


def test_a_lost_keyring_loses_no_token_and_is_made_anew(attentive: RunningOperator, workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()
    lost = present(workspace)

    assert workspace.api.request("DELETE", PATH).ok
    wait_until(lambda: keyring(workspace) is not None, what="a new keyring is made", timeout=20)

    assert present(workspace).current.key_id != lost.current.key_id
    assert verify_hash(token["status"]["hash"], workspace.text())
    assert (workspace.read("ApiToken", "ci") or {})["status"]["phase"] == "Active"
