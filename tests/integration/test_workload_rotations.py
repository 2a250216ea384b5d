"""Workloads' tokens through rotations, while clients ask all the time: no text that was ever there is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.support.operators.kept_token_readers import KeptTokenReaders
from tests.support.operators.workload_places import WorkloadPlace
from tools.control_plane.verifiers import Verifiers, write_keyring
from tools.control_plane.workspace import instant

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

NAMES = tuple(f"app-{letter}" for letter in "abcdefghij")
REVISIONS = 6
ROTATIONS = len(NAMES) * (REVISIONS - 1)
"""Side by side: an object may have five live tokens, so that it rotates no faster than its tokens end."""


def test_no_text_that_was_ever_in_a_secret_is_refused_through_fifty_rotations_and_restarts(
    workspace: Workspace,
    verifier: RunningVerifier,
    pool: OperatorPool,
    control_plane: ControlPlane,
    tmp_path: Path,
) -> None:
    pool.shared()
    place, verifiers = WorkloadPlace(workspace), Verifiers(control_plane)
    write_keyring(control_plane, tmp_path / "keyring")
    workspace.credential()
    place.delegate()
    for name in NAMES:
        place.create(name, ttl="14s", renewBefore="7s")
    readers = KeptTokenReaders(workspace, [verifier, verifiers.start(tmp_path, {})])

    with readers.at_work():
        for name in NAMES:
            place.until_revision(REVISIONS // 2, name)
        place.edit(NAMES[0], rotate="now")
        pool.renew()  # in the middle of it
        readers.verifiers[1].process.stop()
        readers.verifiers[1] = verifiers.start(tmp_path, {})
        for name in NAMES:
            place.until_revision(REVISIONS, name)

    verifiers.stop()
    assert readers.failures == []
    assert len(readers.ends) >= len(NAMES) + ROTATIONS
    assert readers.accepted > 20 * ROTATIONS
    assert readers.refused == []


def test_after_a_restore_what_verifiers_refuse_is_replaced_without_a_hand(
    workspace: Workspace, pool: OperatorPool
) -> None:
    pool.shared()
    place = WorkloadPlace(workspace)
    issued = instant(place.ready()["status"]["current"]["issuedAt"])
    later = issued + timedelta(seconds=1)

    with pool.alone({"PHARIA_ACCESS_REFUSE_ISSUED_BEFORE": later.strftime("%FT%TZ")}):
        replaced = place.until_revision(2)

    assert replaced["status"]["current"]["name"] == "app-2"
