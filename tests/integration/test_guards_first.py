"""A first installation: nobody can take a role before anything asks whether he may.

On a control plane that has seen nothing of ours, with an editor who tries all the time.
"""

from __future__ import annotations

import threading
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.charts.chart_release import Release
from tools.control_plane.api import Api
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"
PLACE, EDITOR = "finance", "mallory"
BY_POLICY = "by policy"


class Poller:
    """Creates credentials with a role that nobody may grant, one after the other, while the block runs."""

    def __init__(self, kubeconfig: Path) -> None:
        self._api = Api(kubeconfig).as_user(EDITOR)
        self.seen: Counter[str] = Counter()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def until_refused_by_policy(self) -> None:
        """Return when the editor has rights, and is refused what he may not have."""
        wait_until(lambda: self.seen[BY_POLICY] >= 50, what="the policy refuses", timeout=120)

    def _poll(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            reply = self._api.create(api_credential(PLACE, f"planted-{number}", roles=["admin"]))
            policy = "bind-roles.access.pharia.ai" in str(reply.body.get("message"))
            self.seen[BY_POLICY if policy else str(reply.status)] += 1


@pytest.fixture
def own_control_plane(tmp_path: Path) -> Iterator[ControlPlane]:
    with ControlPlane.start(tmp_path / "control-plane") as started:
        started.kubectl("create", "namespace", PLACE)
        started.kubectl(
            "create", "rolebinding", "edit", "--clusterrole=edit", f"--user={EDITOR}", f"--namespace={PLACE}"
        )
        yield started


def by_helm(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    Release(own_control_plane, tmp_path).upgrade()


def by_kubectl(own_control_plane: ControlPlane, _: Path) -> None:
    own_control_plane.kubectl("apply", f"--kustomize={MANIFESTS}", timeout=120)


@pytest.mark.parametrize("install", [by_helm, by_kubectl])
def test_an_editor_who_tries_all_the_time_never_gets_a_role(
    own_control_plane: ControlPlane, tmp_path: Path, install: Callable[[ControlPlane, Path], None]
) -> None:
    with Poller(own_control_plane.kubeconfig) as poller:
        install(own_control_plane, tmp_path)
        poller.until_refused_by_policy()

    assert all(answer == BY_POLICY or int(answer) >= HTTPStatus.BAD_REQUEST for answer in poller.seen), poller.seen
    assert Api(own_control_plane.kubeconfig).find("ApiCredential", None).body["items"] == []
