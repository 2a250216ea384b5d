"""What is deleted and still stands, held by a finalizer: Secrets, tokens, credentials. None is told as gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.unguarded import HOLD, OFF, ON, finalizers_let_pass
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

Json = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _policy_away(control_plane: ControlPlane, pool: OperatorPool) -> Iterator[None]:
    with finalizers_let_pass(control_plane, pool):
        yield


def held_secret(workspace: Workspace, name: str = "ci-token") -> Json:
    """The one-time Secret, with a finalizer."""
    return workspace.change(workspace.known("Secret", name), ON)


def until_held(workspace: Workspace, name: str = "ci") -> Json:
    """The token, once its status says that its Secret still stands."""
    return workspace.until(
        "ApiToken",
        name,
        lambda token: condition(token, "Delivered").get("reason") == "WithdrawalHeld",
        "WithdrawalHeld",
    )


def test_at_the_end_of_its_window_a_held_secret_is_not_called_withdrawn(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued(delivery={})
    kept = held_secret(workspace)

    token = until_held(workspace)
    standing = workspace.known("Secret", "ci-token")
    told = workspace.until_events("ci", "WithdrawalHeld")["WithdrawalHeld"]

    assert "deletionTimestamp" in standing["metadata"]
    assert outcome(token) == ("Active", "Issued")
    assert token["status"]["delivery"]["state"] == "Available"
    assert condition(token, "Delivered")["status"] == "False"
    for part in ("Secret ci-token", HOLD, "still exists", "revoke the token"):
        assert part in condition(token, "Delivered")["message"]
    assert (told["type"], told["message"]) == ("Warning", condition(token, "Delivered")["message"])
    assert "Withdrawn" not in workspace.events("ci")

    workspace.change(kept, OFF)
    token = workspace.until_delivery("ci", "Withdrawn")

    assert condition(token, "Delivered")["reason"] == "WindowClosed"
    assert workspace.read("Secret", "ci-token") is None
    assert "Withdrawn" in workspace.until_events("ci", "Withdrawn")


@pytest.mark.parametrize("end", ["Revoked", "Expired"])
def test_the_held_secret_of_a_token_that_ended_is_told(workspace: Workspace, end: str) -> None:
    workspace.credential()
    token = workspace.issued()
    kept = held_secret(workspace)

    if end == "Revoked":
        workspace.revoke("ci")
    else:
        workspace.end_in(token, 1)
    until_held(workspace)
    ended = workspace.until_outcome("ci", end, end)
    assert ended["status"]["delivery"]["state"] == "Available"
    assert "is refused" in condition(ended, "Delivered")["message"]

    workspace.change(kept, OFF)
    assert condition(workspace.until_delivery("ci", "Withdrawn"), "Delivered")["reason"] == "Withdrawn"


def test_a_secret_that_its_reader_deleted_and_that_stands_is_not_called_collected(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued(delivery={})
    kept = held_secret(workspace)
    workspace.delete(kept)

    until_held(workspace)

    assert "Collected" not in workspace.events("ci")


def test_a_leader_that_follows_goes_on_with_what_is_held(workspace: Workspace, pool: OperatorPool) -> None:
    workspace.credential()
    workspace.issued(delivery={})
    kept = held_secret(workspace)
    until_held(workspace)

    with pool.alone():
        workspace.change(kept, OFF)
        token = workspace.until_delivery("ci", "Withdrawn")

    assert condition(token, "Delivered")["reason"] == "WindowClosed"


@pytest.mark.parametrize("after", ["the window", "a revocation"])
def test_the_next_token_of_the_name_says_that_it_waits_for_a_held_secret(workspace: Workspace, after: str) -> None:
    workspace.credential()
    first = workspace.issued(delivery={"window": "30m", "secretName": "shared"})
    kept = held_secret(workspace, "shared")
    if after == "a revocation":
        workspace.revoke("ci")
        until_held(workspace)
    workspace.delete(first)
    workspace.until_gone("ApiToken", "ci")

    workspace.token(delivery={"window": "30m", "secretName": "shared"})
    waiting = workspace.until_outcome("ci", "Pending", "SecretConflict")

    message = condition(waiting, "Ready")["message"]
    assert all(part in message for part in ("shared", "still stands", HOLD))
    assert condition(waiting, "Stalled")["status"] == "True"
    workspace.change(kept, OFF)
    workspace.until_gone("Secret", "shared")


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
@pytest.mark.parametrize("what", ["the token", "its credential", "all tokens"])
def test_a_token_that_is_held_is_over_and_its_secret_goes_at_once(
    workspace: Workspace, verifier: RunningVerifier, what: str, policy: str
) -> None:
    credential = workspace.credential()
    token = workspace.issued(ttl="1h")
    text = workspace.text().reveal()
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 200, what="the token is accepted")
    workspace.change(token, ON)

    match what:
        case "the token":
            workspace.delete(token, policy=policy)
        case "its credential":
            workspace.delete(credential, policy=policy)
        case _:
            assert workspace.api.delete_all("ApiToken", workspace.namespace, propagationPolicy=policy).ok
    deleting = workspace.until("ApiToken", "ci", lambda it: condition(it, "Ready").get("reason") == "Deleting", "told")
    workspace.until_gone("Secret", "ci-token")
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 401, what="the token is refused")

    assert "deletionTimestamp" in deleting["metadata"]
    assert outcome(deleting) == ("Revoked", "Deleting")
    assert condition(deleting, "Active")["status"] == "False"
    assert condition(deleting, "Ready")["status"] == "False"
    assert HOLD in condition(deleting, "Active")["message"]
    assert workspace.until_events("ci", "Deleting")["Deleting"]["type"] == "Warning"

    workspace.change(token, OFF)
    workspace.until_gone("ApiToken", "ci")


def test_a_token_that_is_held_keeps_no_place(workspace: Workspace) -> None:
    workspace.credential(tokenPolicy={"maxTokens": 1})
    token = workspace.issued()
    workspace.token("next")
    workspace.until_outcome("next", "Pending", "TokenLimitReached")

    workspace.change(token, ON)
    workspace.delete(token)
    workspace.until_outcome("next", "Active", "Issued")

    workspace.until(
        "ApiCredential",
        "invoice-bot",
        lambda it: (it["status"]["tokens"]["active"], it["status"]["tokens"]["revoked"]) == (1, 1),
        "counts the held one as revoked",
    )
    workspace.change(token, OFF)


def test_a_held_token_with_a_held_secret_says_so_until_both_are_gone(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()
    kept = held_secret(workspace)
    workspace.change(token, ON)
    workspace.delete(token)

    held = until_held(workspace)
    assert outcome(held) == ("Revoked", "Deleting")
    workspace.change(kept, OFF)
    workspace.until_delivery("ci", "Withdrawn")
    workspace.change(token, OFF)
    workspace.until_gone("ApiToken", "ci")


@pytest.mark.parametrize("policy", ["Background", "Foreground", "Orphan"])
def test_a_credential_that_is_held_lets_nothing_pass_and_says_so(
    workspace: Workspace, verifier: RunningVerifier, policy: str
) -> None:
    credential = workspace.credential()
    workspace.issued(ttl="1h")
    text = workspace.text().reveal()
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 200, what="the token is accepted")
    workspace.change(credential, ON)

    workspace.delete(credential, policy=policy)
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == 401, what="the token is refused")
    deleting = workspace.until(
        "ApiCredential", "invoice-bot", lambda it: condition(it, "Ready").get("reason") == "Deleting", "told"
    )
    workspace.token("late")
    workspace.until_outcome("late", "Pending", "CredentialDeleting")

    assert condition(deleting, "Ready")["status"] == "False"
    assert HOLD in condition(deleting, "Ready")["message"]
    assert workspace.until_events("invoice-bot", "Deleting")["Deleting"]["type"] == "Warning"
    workspace.change(credential, OFF)
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.until_gone("ApiToken", "ci")
