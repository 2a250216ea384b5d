"""Tokens that wait or are refused: each says why and what to do, and none is minted by surprise."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tools.control_plane.processes import wait_until
from tools.control_plane.resources import secret
from tools.control_plane.workspace import Json, Workspace, condition, now, outcome

pytestmark = pytest.mark.usefixtures("operator")

NEXT_SECOND = 1.1
"""Creation times have whole seconds: objects made this far apart have an order."""


def stalled(token: Json) -> bool:
    """Whether a person must act."""
    return condition(token, "Stalled").get("status") == "True"


def test_a_life_longer_than_the_credential_allows_is_refused_and_never_cut(workspace: Workspace) -> None:
    workspace.credential(tokenPolicy={"maxTTL": "1h"})
    workspace.token(ttl="2h")

    token = workspace.until_outcome("ci", "Failed", "TTLTooLong")

    assert stalled(token)
    assert condition(token, "Ready")["status"] == "False"
    assert "1 hour longer than the 1 hour that policy allows" in condition(token, "Ready")["message"]
    assert workspace.list("Secret") == []
    assert workspace.until_events("ci", "TTLTooLong")["TTLTooLong"]["type"] == "Warning"


def test_a_refused_token_stays_failed_though_its_end_is_brought_forward(workspace: Workspace) -> None:
    workspace.credential(tokenPolicy={"maxTTL": "1h"})
    workspace.token(ttl="2h")
    failed = workspace.until_outcome("ci", "Failed", "TTLTooLong")

    soon = (now() + timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    workspace.change(failed, {"spec": {"expiresAt": soon}})
    judged = workspace.until("ApiToken", "ci", lambda it: it["status"]["observedGeneration"] == 2, "the edit is seen")

    assert outcome(judged) == ("Failed", "TTLTooLong")
    assert condition(judged, "Ready")["message"].endswith("create it again with a shorter lifetime.")
    assert workspace.list("Secret") == []


def test_the_oldest_waiting_token_gets_the_place_that_becomes_free(workspace: Workspace) -> None:
    workspace.credential(tokenPolicy={"maxTokens": 1})
    holder = workspace.issued("holder")
    workspace.token("z-older")
    time.sleep(NEXT_SECOND)
    workspace.token("a-younger")
    for name in ("z-older", "a-younger"):
        waiting = workspace.until_outcome(name, "Pending", "TokenLimitReached")
        assert not stalled(waiting)

    workspace.change(holder, {"spec": {"revoked": True}})
    workspace.until_outcome("z-older", "Active", "Issued")

    assert outcome(workspace.read("ApiToken", "a-younger") or {}) == ("Pending", "TokenLimitReached")
    assert workspace.read("Secret", "a-younger-token") is None


def test_no_more_tokens_are_minted_at_once_than_the_credential_allows(workspace: Workspace) -> None:
    workspace.credential(tokenPolicy={"maxTokens": 3})
    for number in range(8):
        workspace.token(f"ci-{number}")

    wait_until(lambda: all(outcome(token)[0] for token in workspace.list("ApiToken")), what="all are judged")
    time.sleep(1)

    outcomes = sorted(outcome(token) for token in workspace.list("ApiToken"))
    assert outcomes == [("Active", "Issued")] * 3 + [("Pending", "TokenLimitReached")] * 5
    assert len(workspace.list("Secret")) == 3


def test_more_places_let_waiting_tokens_in(workspace: Workspace) -> None:
    credential = workspace.credential(tokenPolicy={"maxTokens": 1})
    workspace.issued("holder")
    workspace.token("waiting")
    workspace.until_outcome("waiting", "Pending", "TokenLimitReached")

    workspace.change(credential, {"spec": {"tokenPolicy": {"maxTokens": 2}}})

    workspace.until_outcome("waiting", "Active", "Issued")


def test_a_token_waits_for_a_credential_and_is_minted_when_it_comes(workspace: Workspace) -> None:
    workspace.token()
    waiting = workspace.until_outcome("ci", "Pending", "CredentialNotFound")
    assert condition(waiting, "Ready")["status"] == "False"
    assert "create it in this namespace" in condition(waiting, "Ready")["message"]

    workspace.credential()
    minted = workspace.until_outcome("ci", "Active", "Issued")

    assert "pendingSince" not in minted["status"]
    assert workspace.until_events("ci", "CredentialNotFound", "Issued")["CredentialNotFound"]["type"] == "Warning"


def test_a_token_that_waits_too_long_is_never_minted(workspace: Workspace) -> None:
    workspace.token()
    failed = workspace.until_outcome("ci", "Failed", "PendingTooLong", timeout=30)

    workspace.credential()
    workspace.change(failed, {"spec": {"description": "edited"}})
    judged = workspace.until(
        "ApiToken", "ci", lambda token: token["status"]["observedGeneration"] == 2, "the edit is seen"
    )

    assert stalled(failed)
    assert outcome(judged) == ("Failed", "PendingTooLong")
    assert "CredentialNotFound" in workspace.events()
    assert workspace.list("Secret") == []


def test_a_suspended_credential_mints_nothing_until_it_is_resumed(workspace: Workspace) -> None:
    credential = workspace.credential(suspended=True)
    workspace.token()
    workspace.until_outcome("ci", "Pending", "CredentialSuspended")

    workspace.change(credential, {"spec": {"suspended": False}})

    workspace.until_outcome("ci", "Active", "Issued")


def test_suspending_a_credential_leaves_the_status_of_its_tokens_alone_but_for_the_conditions(
    workspace: Workspace,
) -> None:
    credential = workspace.credential()
    before = workspace.issued()

    workspace.change(credential, {"spec": {"suspended": True}})
    after = workspace.until(
        "ApiToken", "ci", lambda it: condition(it, "Active").get("reason") == "CredentialSuspended", "it is barred"
    )

    assert {**after["status"], "conditions": []} == {**before["status"], "conditions": []}


def test_a_foreign_secret_is_left_alone_and_the_token_minted_once_it_is_gone(workspace: Workspace) -> None:
    workspace.credential()
    foreign = workspace.api.create(secret(workspace.namespace, "ci-token", value="somebody's")).body
    workspace.token()

    waiting = workspace.until_outcome("ci", "Pending", "SecretConflict")
    assert stalled(waiting)
    assert "Delete it, or create an ApiToken with another" in condition(waiting, "Ready")["message"]
    assert (workspace.read("Secret", "ci-token") or {})["metadata"] == foreign["metadata"]

    workspace.delete({**foreign, "kind": "Secret"})
    workspace.change(waiting, {"metadata": {"annotations": {"look": "again"}}})
    minted = workspace.until_outcome("ci", "Active", "Issued")

    assert workspace.text().token_id == minted["status"]["tokenID"]
    assert condition(minted, "Stalled") == {}


def test_a_restored_token_is_minted_only_after_its_mark_is_removed(workspace: Workspace) -> None:
    workspace.credential()
    workspace.token(labels={"velero.io/restore-name": "nightly"})
    held = workspace.until_outcome("ci", "Pending", "Restored")
    assert stalled(held)
    assert "velero.io/restore-name" in condition(held, "Ready")["message"]
    assert workspace.list("Secret") == []

    workspace.change(held, {"metadata": {"labels": {"velero.io/restore-name": None}}})

    workspace.until_outcome("ci", "Active", "Issued")


def test_a_refused_token_can_be_revoked(workspace: Workspace) -> None:
    workspace.token()
    waiting = workspace.until_outcome("ci", "Pending", "CredentialNotFound")

    workspace.change(waiting, {"spec": {"revoked": True}})
    workspace.until_outcome("ci", "Revoked", "Revoked")
    workspace.credential()
    time.sleep(1)

    assert outcome(workspace.read("ApiToken", "ci") or {}) == ("Revoked", "Revoked")
    assert workspace.list("Secret") == []
