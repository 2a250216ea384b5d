"""`kubectl access credential` where the credential is written by somebody else while the command is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.services.administration.patching import MOST_TRIES
from tools.control_plane.api import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.domain.api_values import Kind
    from pharia_access.domain.model import ObjectKey
    from tests.support.kubectl.command_line import Access
    from tools.control_plane.workspace import Workspace

Json = dict[str, Any]

COMMANDS = [
    pytest.param(("edit", "invoice-bot", "--description="), id="edit"),
    pytest.param(("suspend", "invoice-bot", "--yes"), id="suspend"),
]
CHANGED = "Somebody else changed the object at the same time."


def before_each_patch(monkeypatch: pytest.MonkeyPatch, do: Callable[[int], object]) -> None:
    """Have something done in front of each patch of the command; it is told how many there were before."""
    patch, count = KubeObjects.patch, iter(range(100))

    async def patched(self: KubeObjects, kind: Kind, key: ObjectKey, body: Json) -> Json:
        do(next(count))
        return await patch(self, kind, key, body)

    monkeypatch.setattr(KubeObjects, "patch", patched)


def write_status(workspace: Workspace, number: int) -> None:
    """As the operator does, with other counts each time."""
    credential = workspace.read("ApiCredential", "invoice-bot") or {}
    written = workspace.api.as_user(OPERATOR).patch(
        credential, {"status": {"tokens": {"active": 100 + number}}}, subresource="status"
    )
    assert written.ok, written.message


@pytest.mark.parametrize("command", COMMANDS)
def test_a_status_that_is_written_meanwhile_does_no_harm(
    workspace: Workspace, access: Access, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def write(number: int) -> None:
        if number < MOST_TRIES - 1:
            write_status(workspace, number)

    before_each_patch(monkeypatch, write)

    told = access("credential", *command)

    assert told.status == 0, told.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"spec": {"displayName": "another"}}, id="its spec"),
        pytest.param({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "app"}}}, id="who declares it"),
    ],
)
def test_what_people_change_meanwhile_is_not_overrun(
    workspace: Workspace, access: Access, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], change: Json
) -> None:
    credential = workspace.read("ApiCredential", "invoice-bot") or {}
    before_each_patch(monkeypatch, lambda _: workspace.api.patch(credential, change))

    told = access("credential", *command)

    assert told.status == 1
    assert CHANGED in told.err


def test_it_gives_up_where_the_status_never_rests(
    workspace: Workspace, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each_patch(monkeypatch, lambda number: write_status(workspace, number))

    told = access("credential", "suspend", "invoice-bot", "--yes")

    assert told.status == 1
    assert CHANGED in told.err
