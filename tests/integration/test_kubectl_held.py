"""`kubectl access` where what is deleted still stands: it is not called deleted, and who can mend it is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.unguarded import HOLD, OFF, ON, finalizers_let_pass
from tools.control_plane.workspace import condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kubectl.command_line import Access
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

Json = dict[str, Any]

STANDS = (
    f"The object stays, held by the finalizer {HOLD}. "
    "Have the controller that added the finalizer remove it, or remove it with an update."
)


@pytest.fixture(scope="module", autouse=True)
def _policy_away(control_plane: ControlPlane, pool: OperatorPool) -> Iterator[None]:
    with finalizers_let_pass(control_plane, pool):
        yield


def held(workspace: Workspace, kind: str = "ApiToken", name: str = "ci") -> Json:
    """An object with a finalizer, which goes once the test is over."""
    return workspace.change(workspace.known(kind, name), ON)


@pytest.fixture
def token(workspace: Workspace, access: Access) -> Iterator[Json]:
    """An active token with a finalizer."""
    assert access("credential", "list").status == 0
    workspace.issued()
    token = held(workspace)
    yield token
    if workspace.read("ApiToken", "ci") is not None:
        workspace.change(token, OFF)


def test_a_token_that_stands_is_not_called_deleted(workspace: Workspace, access: Access, token: Json) -> None:
    told = access("token", "delete", "ci", "--yes")

    assert (told.status, told.out) == (0, "")
    assert f"token ci is being deleted, and is refused from now on. {STANDS}\n" in told.err
    assert "token ci deleted" not in told.err
    again = access("token", "delete", "ci", "--yes")
    assert "(being deleted) will be deleted permanently" in again.err + again.out
    workspace.change(token, OFF)
    assert workspace.read("ApiToken", "ci") is None


def test_programs_see_the_object_that_stands(access: Access, token: Json) -> None:
    shown = json.loads(access("token", "delete", "ci", "--yes", "-o", "json").out)["metadata"]

    assert shown["uid"] == token["metadata"]["uid"]
    assert (shown["finalizers"], "deletionTimestamp" in shown) == ([HOLD], True)


def test_a_dry_run_tells_what_would_stand(workspace: Workspace, access: Access, token: Json) -> None:
    told = access("token", "delete", "ci", "--yes", "--dry-run")

    assert STANDS in told.err
    assert "(dry run)" in told.err
    assert "deletionTimestamp" not in workspace.known("ApiToken", token["metadata"]["name"])["metadata"]


def test_lists_and_commands_know_what_is_being_deleted(workspace: Workspace, access: Access, token: Json) -> None:
    workspace.delete(token)
    workspace.until("ApiToken", "ci", lambda it: condition(it, "Ready").get("reason") == "Deleting", "told")

    table = access("token", "list", "-o", "wide").out
    shown = access("token", "get", "ci").out
    rotated = access("token", "rotate", "ci", "--yes")
    collected = access("token", "collect", "ci")

    row = next(line for line in table.splitlines() if line.startswith("ci "))
    assert "Deleting" in row.split()
    assert ("Phase:" in shown, "Deleting" in shown, HOLD in shown) == (True, True, True)
    assert "The token ci is being deleted: only active tokens can be rotated" in rotated.err
    assert "cannot be collected: the token is being deleted" in collected.err
    assert (rotated.status, collected.status) == (1, 1)


def test_a_credential_that_stands_is_not_called_deleted(workspace: Workspace, access: Access) -> None:
    credential = held(workspace, "ApiCredential", "invoice-bot")

    told = access("credential", "delete", "invoice-bot", "--yes")
    workspace.until(
        "ApiCredential", "invoice-bot", lambda it: condition(it, "Ready").get("reason") == "Deleting", "told"
    )
    table, shown = access("credential", "list").out, access("credential", "get", "invoice-bot").out

    expected = "credential invoice-bot is being deleted, and its tokens are refused from now on."
    assert f"{expected} {STANDS}\n" in told.err
    assert "Deleting" in next(line for line in table.splitlines() if line.startswith("invoice-bot "))
    assert ("False (Deleting)" in shown, HOLD in shown) == (True, True)
    workspace.change(credential, OFF)
    workspace.until_gone("ApiCredential", "invoice-bot")


def test_whoever_collects_is_told_that_the_secret_still_stands(workspace: Workspace, access: Access) -> None:
    workspace.issued()
    kept = held(workspace, "Secret", "ci-token")

    told = access("token", "collect", "ci")
    again = access("token", "collect", "ci")

    assert (told.status, told.out.strip()) == (0, workspace.text().reveal())
    for part in ("Secret ci-token was deleted but still exists", HOLD, "can read the token"):
        assert part in told.err
    assert (again.status, again.out) == (1, "")
    assert "is being deleted already" in again.err
    assert HOLD in again.err
    workspace.change(kept, OFF)
    workspace.until_gone("Secret", "ci-token")


def test_a_secret_that_outlives_its_window_is_not_said_to_wait(workspace: Workspace, access: Access) -> None:
    workspace.issued(delivery={})
    kept = held(workspace, "Secret", "ci-token")
    workspace.until(
        "ApiToken", "ci", lambda it: condition(it, "Delivered").get("reason") == "WithdrawalHeld", "WithdrawalHeld"
    )

    told = access("token", "get", "ci").out

    workspace.change(kept, OFF)
    assert "can be collected" not in told
    assert "Secret:      ci-token should have been deleted at" in told
