"""How tokens and their one-time Secrets end: collected, withdrawn, revoked, expired or deleted, each for good."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, instant, now

if TYPE_CHECKING:
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")


def test_a_secret_that_its_reader_deletes_is_collected(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()

    workspace.delete({"kind": "Secret", "metadata": {"namespace": workspace.namespace, "name": "ci-token"}})
    token = workspace.until_delivery("ci", "Collected")

    assert condition(token, "Delivered")["status"] == "True"
    assert condition(token, "Ready")["status"] == "True"
    assert "Collected" in workspace.until_events("ci", "Collected")


def test_a_secret_that_nobody_deletes_is_withdrawn_at_the_end_of_its_window(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(delivery={})

    withdrawn = workspace.until_delivery("ci", "Withdrawn")
    events = workspace.until_events("ci", "Withdrawn")

    late = now() - instant(token["status"]["delivery"]["deadline"])
    assert timedelta(0) < late < timedelta(seconds=10)
    assert workspace.read("Secret", "ci-token") is None
    assert condition(withdrawn, "Delivered")["reason"] == "WindowClosed"
    assert withdrawn["status"]["phase"] == "Active"
    assert events["Withdrawn"]["type"] == "Warning"


def test_revoking_ends_a_token_for_good_and_takes_its_secret_back(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()

    workspace.change(token, {"spec": {"revoked": True}})
    revoked = workspace.until_outcome("ci", "Revoked", "Revoked")

    assert condition(revoked, "Ready")["status"] == "True"
    assert condition(revoked, "Active")["status"] == "False"
    assert revoked["status"]["delivery"]["state"] == "Withdrawn"
    assert revoked["status"]["hash"] == token["status"]["hash"]
    assert workspace.read("Secret", "ci-token") is None
    assert "Revoked" in workspace.until_events("ci", "Revoked")


def test_a_token_that_is_created_revoked_is_never_minted(workspace: Workspace) -> None:
    workspace.credential()
    workspace.token(revoked=True)

    revoked = workspace.until_outcome("ci", "Revoked", "Revoked")

    assert "hash" not in revoked["status"]
    assert "tokenID" not in revoked["status"]
    assert workspace.list("Secret") == []


def test_a_token_expires_on_time_and_its_object_stays(workspace: Workspace) -> None:
    workspace.credential()
    workspace.token(ttl="6s")

    expired = workspace.until_outcome("ci", "Expired", "Expired")
    late = now() - instant(expired["status"]["expiresAt"])

    assert timedelta(0) <= late < timedelta(seconds=10)
    assert condition(expired, "Ready")["status"] == "True"
    assert condition(expired, "Active")["status"] == "False"
    assert expired["status"]["delivery"]["state"] == "Withdrawn"
    assert workspace.read("Secret", "ci-token") is None
    assert workspace.until_events("ci", "Expired")["Expired"]["type"] == "Normal"


def test_a_token_whose_end_is_brought_forward_expires_then(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(ttl="1h")

    workspace.end_in(token, 1)

    workspace.until_outcome("ci", "Expired", "Expired")


def test_people_are_warned_before_a_token_ends(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued(ttl="10s")

    warned = workspace.until(
        "ApiToken", "ci", lambda token: condition(token, "ExpiringSoon").get("status") == "True", "ExpiringSoon"
    )
    events = workspace.until_events("ci", "ExpiringSoon")

    assert warned["status"]["phase"] == "Active"
    assert condition(warned, "Ready")["status"] == "True"
    assert events["ExpiringSoon"]["type"] == "Warning"
    assert "Create another ApiToken" in events["ExpiringSoon"]["message"]


def test_nobody_is_warned_of_the_end_of_a_token_that_was_replaced(workspace: Workspace) -> None:
    workspace.credential()
    old = workspace.issued(ttl="20s")
    wait_until(
        lambda: now() > instant(old["metadata"]["creationTimestamp"]) + timedelta(seconds=1), what="a later second"
    )

    workspace.issued("next", labels={"access.pharia.ai/replaces": "ci"}, ttl="1h")

    assert "ExpiringSoon" not in workspace.until_events("ci", "Expired", timeout=40)


def test_an_end_in_the_past_mints_nothing_and_warns(workspace: Workspace) -> None:
    workspace.credential()
    workspace.token(expiresAt="2021-01-31T00:00:00Z")

    expired = workspace.until_outcome("ci", "Expired", "Expired")

    assert "hash" not in expired["status"]
    assert workspace.list("Secret") == []
    assert workspace.until_events("ci", "Expired")["Expired"]["type"] == "Warning"


def test_a_token_created_again_under_its_name_is_another_one(workspace: Workspace) -> None:
    workspace.credential()
    first = workspace.issued()
    old = workspace.text()

    workspace.delete(first)
    workspace.until_gone("ApiToken", "ci")
    second = workspace.issued()

    assert second["status"]["tokenID"] != first["status"]["tokenID"]
    assert not verify_hash(second["status"]["hash"], old)


def test_a_deleted_token_takes_its_secret_along(workspace: Workspace) -> None:
    workspace.credential()
    workspace.delete(workspace.issued())

    workspace.until_gone("Secret", "ci-token")


def test_the_secret_of_an_orphaning_delete_is_deleted_by_the_operator(workspace: Workspace) -> None:
    workspace.credential()
    workspace.delete(workspace.issued(), policy="Orphan")

    workspace.until_gone("ApiToken", "ci")
    workspace.until_gone("Secret", "ci-token")
