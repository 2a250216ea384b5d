"""What becomes of a WorkloadToken: by the operator as it is installed, with the chart's roles and policies."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.workload_places import APP, WorkloadPlace
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import secret
from tools.control_plane.workspace import condition

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

Json = dict[str, Any]


@pytest.fixture
def place(workspace: Workspace) -> WorkloadPlace:
    return WorkloadPlace(workspace)


def test_a_manifest_becomes_a_secret_whose_token_a_verifier_accepts(
    place: WorkloadPlace, verifier: RunningVerifier
) -> None:
    workload = place.ready(secret={"name": "bot", "key": "PHARIA_TOKEN", "labels": {"team": "a"}})
    kept = place.workspace.known("Secret", "bot")
    text = place.text("bot", "PHARIA_TOKEN")

    wait_until(lambda: verifier.ask("/auth/forward", text.reveal()).status == HTTPStatus.OK, what="it is accepted")
    status = workload["status"]
    assert status["current"]["tokenID"] == text.token_id
    assert (status["binding"], status["revision"]) == ({"name": "bot"}, 1)
    assert kept["type"] == "access.pharia.ai/workload-token"
    assert kept["metadata"]["labels"]["team"] == "a"
    assert list(kept["data"]) == ["PHARIA_TOKEN"]
    assert [owner["uid"] for owner in kept["metadata"]["ownerReferences"]] == [workload["metadata"]["uid"]]


def test_its_token_is_an_ordinary_one_that_nobody_else_owns(place: WorkloadPlace) -> None:
    workload = place.ready(ttl="2h")
    (child,) = place.children()

    assert child["metadata"]["name"] == "app-1"
    assert [owner["uid"] for owner in child["metadata"]["ownerReferences"]] == [workload["metadata"]["uid"]]
    assert child["spec"] == {"credentialRef": {"name": "invoice-bot"}, "ttl": "2h", "delivery": {"window": "24h"}}
    place.workspace.until_delivery("app-1", "Collected")
    assert place.workspace.read("Secret", "app-1-token") is None


def test_without_the_right_to_mint_nothing_is_made_and_the_message_says_what_to_do(place: WorkloadPlace) -> None:
    place.workspace.credential()
    place.create()

    refused = place.until("False", "NotDelegated")

    ready = condition(refused, "Ready")
    assert f"kubectl access workload allow app --namespace {place.workspace.namespace}" in ready["message"]
    assert condition(refused, "Stalled")["status"] == "True"
    assert (place.children(), refused["status"].get("revision", 0)) == ([], 0)
    place.delegate()
    assert place.until_revision(1)["status"]["revision"] == 1


def test_another_text_in_rotate_makes_another_token_and_both_are_good(
    place: WorkloadPlace, verifier: RunningVerifier
) -> None:
    place.ready()
    first = place.text()

    place.edit(rotate="now")
    rotated = place.until_revision(2)

    second = place.text()
    assert [each["name"] for each in rotated["status"]["replaced"]] == ["app-1"]
    assert place.held() == 2
    wait_until(lambda: verifier.ask("/auth/forward", second.reveal()).status == HTTPStatus.OK, what="it is accepted")
    assert verifier.ask("/auth/forward", first.reveal()).status == HTTPStatus.OK


def test_a_token_that_is_revoked_is_replaced_at_once(place: WorkloadPlace) -> None:
    place.ready()

    place.workspace.revoke("app-1")

    assert place.until_revision(2)["status"]["lost"]["count"] == 1


def test_it_renews_before_its_end(place: WorkloadPlace) -> None:
    place.ready(ttl="20s", renewBefore="8s")

    renewed = place.until_revision(2)

    assert renewed["status"]["current"]["name"] == "app-2"
    assert renewed["status"].get("lost", {}).get("count", 0) == 0


def test_a_secret_that_somebody_deletes_comes_back_with_another_token(place: WorkloadPlace) -> None:
    place.ready()
    place.workspace.delete(place.workspace.known("Secret", APP))

    again = place.until_revision(2)

    assert (place.held(), again["status"]["lost"]["count"]) == (2, 1)


def test_a_second_loss_waits(place: WorkloadPlace) -> None:
    place.ready()
    place.workspace.delete(place.workspace.known("Secret", APP))
    place.until_revision(2)

    place.workspace.delete(place.workspace.known("Secret", APP))

    waiting = place.until("False", "Rotating")
    assert "lost before their time" in condition(waiting, "Ready")["message"]
    assert len(place.children()) == 2


@pytest.mark.parametrize("kind", ["Opaque", "kubernetes.io/tls"])
def test_a_secret_of_somebody_else_is_left_alone(place: WorkloadPlace, kind: str) -> None:
    theirs = secret(place.workspace.namespace, APP, kind="Opaque")
    if kind != "Opaque":
        theirs |= {"type": kind, "data": {"tls.crt": "", "tls.key": ""}}
    made = place.workspace.api.create(theirs)
    assert made.ok, made.message
    place.workspace.credential()
    place.delegate()
    place.create()

    place.until("False", "SecretConflict")

    assert place.workspace.known("Secret", APP) == made.body
    assert place.children() == []


def test_of_two_that_keep_one_secret_the_later_one_says_so(place: WorkloadPlace) -> None:
    place.ready(secret={"name": "shared"})
    place.create("late", secret={"name": "shared"})

    refused = place.until("False", "SecretConflict", "late")

    assert "WorkloadToken app keeps Secret shared already" in condition(refused, "Ready")["message"]
    assert (place.children("late"), place.held("shared")) == ([], 1)


def test_one_place_of_max_tokens_is_enough(place: WorkloadPlace) -> None:
    place.workspace.credential(tokenPolicy={"maxTokens": 1})
    place.delegate()
    place.create()
    place.until_revision(1)

    place.edit(rotate="now")

    assert len(place.until_revision(2)["status"]["replaced"]) == 1


def test_while_its_credential_is_suspended_it_waits_and_goes_on_by_itself(place: WorkloadPlace) -> None:
    place.ready()
    credential = place.workspace.known("ApiCredential", "invoice-bot")
    place.workspace.change(credential, {"spec": {"suspended": True}})
    place.until("False", "CredentialSuspended")
    place.edit(rotate="now")

    place.workspace.change(credential, {"spec": {"suspended": False}})

    assert place.until_revision(2)["status"]["revision"] == 2


def test_another_credential_of_the_name_gets_a_token_of_its_own(place: WorkloadPlace) -> None:
    place.ready()
    place.workspace.delete(place.workspace.known("ApiCredential", "invoice-bot"))
    place.until("False", "CredentialNotFound")

    made = place.workspace.credential()

    place.until_revision(2)
    child = place.workspace.known("ApiToken", "app-2")
    assert child["status"]["credential"]["uid"] == made["metadata"]["uid"]


def test_a_longer_life_than_policy_allows_makes_nothing(place: WorkloadPlace) -> None:
    place.ready(ttl="2h")
    place.workspace.change(
        place.workspace.known("ApiCredential", "invoice-bot"), {"spec": {"tokenPolicy": {"maxTTL": "1h"}}}
    )

    place.edit(rotate="now")

    told = place.until("True", "TTLTooLong")
    assert "good until" in condition(told, "Ready")["message"]
    assert len(place.children()) == 1


def test_what_a_backup_brought_back_makes_nothing(place: WorkloadPlace) -> None:
    place.workspace.credential()
    place.delegate()
    body = place.create(suspended=True)
    marked = {"metadata": {"labels": {"velero.io/restore-name": "x"}}, "spec": {"suspended": False}}
    place.workspace.change(body, marked)

    place.until("False", "Restored")

    assert place.children() == []


def test_deleting_it_ends_its_tokens_and_takes_its_secret(place: WorkloadPlace, verifier: RunningVerifier) -> None:
    place.ready()
    text = place.text().reveal()
    wait_until(lambda: verifier.ask("/auth/forward", text).status == HTTPStatus.OK, what="it is accepted")

    place.workspace.delete(place.workspace.known("WorkloadToken", APP))

    wait_until(lambda: verifier.ask("/auth/forward", text).status == HTTPStatus.UNAUTHORIZED, what="it is refused")
    wait_until(lambda: place.workspace.read("Secret", APP) is None, what="the Secret is gone")
