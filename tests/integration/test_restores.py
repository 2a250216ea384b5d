"""Nothing is lost by a restore: tokens of a backup by kubectl are there again, in their namespace or in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.control_plane.backups import back_up, fill, survivors
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane

pytestmark = pytest.mark.usefixtures("operator")

TOKENS = 20


@pytest.fixture
def elsewhere(admin: Api, namespace: str) -> Iterator[str]:
    name = f"{namespace}-copy"[-63:].strip("-")
    obj = {"kind": "Namespace", "metadata": {"name": name}}
    assert admin.create(obj).ok
    yield name
    assert admin.delete(obj).ok


@pytest.mark.parametrize("run", range(3))
def test_a_backup_by_kubectl_that_is_put_back_loses_no_token(
    control_plane: ControlPlane, workspace: Workspace, run: int
) -> None:
    assert run >= 0  # it was a race
    fill(workspace, TOKENS)
    kept = back_up(control_plane, workspace)

    kept.put_back(workspace.namespace)

    assert survivors(workspace, kept) == TOKENS


def test_a_copy_in_another_namespace_loses_no_token_and_nor_does_the_original(
    control_plane: ControlPlane, workspace: Workspace, elsewhere: str
) -> None:
    fill(workspace, TOKENS)
    kept = back_up(control_plane, workspace, then_delete=False)

    copy = kept.put_back(elsewhere)

    assert survivors(copy, kept) == TOKENS
    assert {it["metadata"]["name"]: it["status"] for it in workspace.list("ApiToken")} == {
        name: token["status"] for name, token in kept.tokens.items()
    }


def test_a_backup_that_is_put_back_with_a_mark_is_held_and_loses_no_token(
    control_plane: ControlPlane, workspace: Workspace
) -> None:
    fill(workspace, TOKENS)
    kept = back_up(control_plane, workspace)

    held = kept.put_back(workspace.namespace, held=True)

    assert len(held.list("ApiToken")) == TOKENS
    assert held.list("Secret") == []
