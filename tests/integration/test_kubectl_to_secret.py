"""`--to-secret` on the real API server: a new Secret, the same one again, and never somebody else's."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.token import parse
from tools.control_plane.workspace import others

if TYPE_CHECKING:
    from tests.support.kubectl.command_line import Access
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

WORKLOAD = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "spec": {
        "selector": {"matchLabels": {"app": "bot"}},
        "template": {
            "metadata": {"labels": {"app": "bot"}},
            "spec": {"containers": [{"name": "bot", "image": "bot", "envFrom": [{"secretRef": {"name": "app"}}]}]},
        },
    },
}


def test_a_rotation_reaches_the_secret_of_a_workload(access: Access, workspace: Workspace) -> None:
    first = access("token", "create", "invoice-bot", "--name", "ci", "--expires", "48h", "--to-secret", "app")
    assert workspace.api.create({**WORKLOAD, "metadata": {"name": "bot", "namespace": workspace.namespace}}).ok

    rotated = access("token", "rotate", "ci", "--overlap", "1h", "--to-secret", "app", "--yes")

    (new,) = others(workspace, "ci")
    restart = f"To use the new token: kubectl rollout restart deployment/bot -n {workspace.namespace}"
    assert (first.status, rotated.status) == (0, 0), (first.err, rotated.err)
    assert "The token ci ends at " in first.err
    assert "rollout" not in first.err
    assert in_secret(workspace)["token"] == new["status"]["tokenID"]
    assert rotated.err.splitlines()[-1] == restart
    assert rotated.err.splitlines()[-2].startswith("The token ci, which the Secret held before, ends at ")


def test_somebody_elses_secret_stays_as_it_is(access: Access, workspace: Workspace) -> None:
    workspace.credential("ci-bot")
    access("token", "create", "ci-bot", "--name", "theirs", "--expires", "48h", "--to-secret", "app")
    before = in_secret(workspace)

    told = access("token", "create", "invoice-bot", "--name", "new", "--to-secret", "app")

    assert told.status == 1
    assert "The Secret app holds a token of ci-bot, not of invoice-bot: it is not overwritten." in told.err
    assert in_secret(workspace) == before
    assert workspace.read("ApiToken", "new") is None


def in_secret(workspace: Workspace) -> dict[str, str]:
    """The IDs of the tokens in the Secret `app`, by key."""
    secret = workspace.known("Secret", "app")
    return {name: parse(base64.b64decode(text)).token_id for name, text in secret["data"].items()}
