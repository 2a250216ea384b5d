"""Rotations while a verifier hears nothing: it refuses no text that is in the Secret, and accepts none too long.

A text comes into the Secret once every verifier that still answers has heard of it: `settle` is as long as their view
may be old.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.support.operators.kept_token_readers import KeptTokenReaders
from tests.support.operators.workload_places import WorkloadPlace
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.verifiers import VERIFIER_ACCOUNT, RunningVerifier, Verifiers, write_keyring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

VIEW_BOUND = 10
"""Seconds: the least that may be set."""
A_MOMENT = 2
"""Seconds: until an answer that was under way has come."""


@pytest.fixture
def cable(control_plane: ControlPlane) -> Iterator[CuttableProxy]:
    """Between one verifier and the API server."""
    with CuttableProxy(control_plane.server_url) as proxy:
        yield proxy


@pytest.fixture
def verifiers(
    control_plane: ControlPlane, pool: OperatorPool, cable: CuttableProxy, tmp_path: Path
) -> Iterator[list[RunningVerifier]]:
    """One with that cable, one with its own; with the operator's keyring."""
    pool.shared()
    runner, account = Verifiers(control_plane), (NAMESPACE, VERIFIER_ACCOUNT)
    started = []
    for name, server in (("cut", cable.url), ("whole", control_plane.server_url)):
        root = tmp_path / name
        root.mkdir()
        write_keyring(control_plane, root / "keyring")
        kubeconfig = control_plane.service_account_kubeconfig(*account, root / "kubeconfig", server=server)
        settings = {"VIEW_BOUND": f"{VIEW_BOUND}s", "WATCH_TIMEOUT": "5s"}
        started.append(runner.start(root, settings, kubeconfig=kubeconfig))
    yield started
    runner.stop()


def test_rotations_that_a_verifier_does_not_hear_of(
    workspace: Workspace, pool: OperatorPool, cable: CuttableProxy, verifiers: list[RunningVerifier]
) -> None:
    place, settle = WorkloadPlace(workspace), {"PHARIA_ACCESS_SETTLE": f"{VIEW_BOUND}s"}
    with pool.alone(settle):
        place.ready()
        readers = KeptTokenReaders(workspace, verifiers)
        wait_until(lambda: answer(verifiers[0], place) == HTTPStatus.OK, what="the first text is known")
        with readers.at_work():
            for revision, seconds in ((2, VIEW_BOUND / 2), (3, VIEW_BOUND + 5)):
                cable.cut()
                place.edit(rotate=f"{revision}")
                time.sleep(seconds)  # less than the bound: it answers all the time; and more
                cable.mend()
                place.until_revision(revision)
                wait_until(lambda: answer(verifiers[0], place) == HTTPStatus.OK, what="it has caught up")
    assert readers.failures == []
    assert len(readers.ends) == 3
    assert readers.accepted > 100
    assert readers.refused == []


def test_a_text_that_was_ended_while_a_verifier_hears_nothing_is_accepted_no_longer_than_its_view_may_be_old(
    workspace: Workspace, pool: OperatorPool, cable: CuttableProxy, verifiers: list[RunningVerifier]
) -> None:
    pool.shared()
    place = WorkloadPlace(workspace)
    place.ready()
    ended = place.text().reveal()
    wait_until(lambda: answer(verifiers[0], place) == HTTPStatus.OK, what="it is known")

    cable.cut()
    workspace.revoke("app-1")
    last, until = 0.0, (revoked := time.monotonic()) + VIEW_BOUND + 2 * A_MOMENT
    while time.monotonic() < until:
        if verifiers[0].ask("/auth/forward", ended).status == HTTPStatus.OK:
            last = time.monotonic()
    place.until_revision(2)
    cable.mend()
    wait_until(lambda: answer(verifiers[0], place) == HTTPStatus.OK, what="its successor is known")

    assert 0 < last - revoked < VIEW_BOUND + A_MOMENT
    assert [verifier.ask("/auth/forward", ended).status for verifier in verifiers] == [HTTPStatus.UNAUTHORIZED] * 2


def answer(verifier: RunningVerifier, place: WorkloadPlace) -> int:
    """What it says of the text in the Secret."""
    return verifier.ask("/auth/forward", place.text().reveal()).status
