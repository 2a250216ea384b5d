"""What becomes of a manifest: a token, its status and its Secret, by the operator as it is installed."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.keyring import Keyring
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, instant, now

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")


def keyring(workspace: Workspace) -> Keyring:
    """The operator's keyring, read as administrator."""
    path = f"/api/v1/namespaces/{NAMESPACE}/secrets/pharia-access-keyring"
    data = workspace.api.request("GET", path).body["data"]
    return Keyring.parse({name: base64.b64decode(value) for name, value in data.items()})


def test_a_manifest_becomes_a_token_that_its_hash_and_its_checksum_prove(workspace: Workspace) -> None:
    workspace.credential()
    status = workspace.issued(ttl="1h")["status"]

    text = workspace.text()

    assert text.token_id == status["tokenID"]
    assert verify_hash(status["hash"], text)
    assert keyring(workspace).check(text, key_id=status["mac"]["keyID"], value=status["mac"]["value"]) is True


def test_its_status_says_when_it_began_and_ends_and_whose_it_is(workspace: Workspace) -> None:
    credential = workspace.credential()
    token = workspace.issued(ttl="1h")

    status = token["status"]
    made = workspace.read("Secret", "ci-token")

    assert made is not None
    assert status["credential"] == {"name": "invoice-bot", "uid": credential["metadata"]["uid"]}
    assert instant(status["issuedAt"]) == instant(made["metadata"]["creationTimestamp"])
    assert instant(status["expiresAt"]) - instant(status["issuedAt"]) == timedelta(hours=1)
    assert status["delivery"] == {
        "secretName": "ci-token",
        "secretUID": made["metadata"]["uid"],
        "deadline": status["delivery"]["deadline"],
        "state": "Available",
    }
    assert instant(status["delivery"]["deadline"]) - instant(status["issuedAt"]) == timedelta(minutes=30)


def test_its_conditions_read_as_kubernetes_and_kstatus_expect(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(ttl="1h")

    shown = {item["type"]: (item["status"], item["reason"]) for item in token["status"]["conditions"]}

    assert shown == {
        "Ready": ("True", "Issued"),
        "Active": ("True", "Issued"),
        "Delivered": ("False", "Available"),
    }
    assert token["status"]["observedGeneration"] == token["metadata"]["generation"]
    assert {item["observedGeneration"] for item in token["status"]["conditions"]} == {token["metadata"]["generation"]}
    assert all(item["message"] for item in token["status"]["conditions"])


def test_conditions_keep_their_time_while_their_status_stays(workspace: Workspace) -> None:
    workspace.credential()
    before = workspace.issued(ttl="1h")

    workspace.change(before, {"spec": {"expiresAt": (now() + timedelta(minutes=40)).strftime("%FT%TZ")}})
    after = workspace.until(
        "ApiToken",
        "ci",
        lambda token: bool(token["status"]["observedGeneration"] == before["metadata"]["generation"] + 1),
        "the change is seen",
    )

    assert condition(after, "Ready")["message"] != condition(before, "Ready")["message"]
    assert condition(after, "Ready")["lastTransitionTime"] == condition(before, "Ready")["lastTransitionTime"]
    assert after["status"]["expiresAt"] == before["status"]["expiresAt"]


def test_its_secret_is_immutable_owned_by_it_and_says_whose_it_is(workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued()

    secret = workspace.read("Secret", "ci-token")

    assert secret is not None
    assert secret["type"] == "access.pharia.ai/one-time-token"
    assert secret["immutable"] is True
    owner = {key: secret["metadata"]["ownerReferences"][0].get(key) for key in ("apiVersion", "kind", "name", "uid")}
    assert owner == {
        "apiVersion": "access.pharia.ai/v1alpha1",
        "kind": "ApiToken",
        "name": "ci",
        "uid": token["metadata"]["uid"],
    }
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert data == {
        "token": workspace.text().reveal(),
        "tokenID": token["status"]["tokenID"],
        "tokenUID": token["metadata"]["uid"],
        "tokenName": "ci",
    }


def test_labels_and_annotations_of_a_token_are_not_copied_to_its_secret(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued(labels={"team": "finance"}, annotations={"note": "for the CI"})

    metadata = (workspace.read("Secret", "ci-token") or {})["metadata"]

    assert "team" not in metadata.get("labels", {})
    assert "note" not in metadata.get("annotations", {})


def test_kubectl_lists_what_people_look_for(control_plane: ControlPlane, workspace: Workspace) -> None:
    workspace.credential()
    token = workspace.issued(ttl="1h")["status"]
    workspace.until("ApiCredential", "invoice-bot", lambda it: it["status"].get("tokens", {}).get("active") == 1, "1")

    tokens = table(control_plane, workspace, "apitokens")
    credentials = table(control_plane, workspace, "apicredentials")

    narrow = {"NAME", "PHASE", "USABLE", "REASON", "EXPIRES"}
    assert tokens.keys() == narrow | {"CREDENTIAL", "ID", "AGE", "SECRET", "LAST USED"}
    assert (tokens["ID"], tokens["PHASE"], tokens["USABLE"]) == (token["tokenID"], "Active", "True")
    assert tokens["EXPIRES"] == token["endsAt"] == token["expiresAt"]
    assert (tokens["CREDENTIAL"], tokens["REASON"], tokens["SECRET"]) == ("invoice-bot", "Issued", "ci-token")
    assert (credentials["ROLES"], credentials["TOKENS"]) == ("integration-reader", "1")
    assert credentials["READY"] == "True"


def table(control_plane: ControlPlane, workspace: Workspace, kinds: str) -> dict[str, str]:
    """The one line of a wide table, by column."""
    printed = control_plane.kubectl("get", kinds, "--output=wide", f"--namespace={workspace.namespace}").stdout
    titles, line = printed.splitlines()
    return {
        found.group().strip(): line[found.start() : found.end()].strip()
        for found in re.finditer(r"\S+( \S+)*\s*", titles)
    }


def test_events_tell_of_the_mint_and_of_the_delivery(workspace: Workspace) -> None:
    workspace.credential()
    workspace.issued()

    events = workspace.until_events("ci", "Issued", "Delivered")

    assert {event["type"] for event in events.values()} == {"Normal"}
    assert "Secret ci-token holds the token until" in events["Delivered"]["message"]


def test_nobody_else_can_create_a_secret_of_the_one_time_type(workspace: Workspace) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": workspace.namespace, "name": "planted"},
        "type": "access.pharia.ai/one-time-token",
        "immutable": True,
    }

    refused = workspace.api.create(body)

    assert refused.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert "only the operator creates Secrets of type access.pharia.ai/one-time-token" in refused.message


def test_many_tokens_at_once_are_all_minted(workspace: Workspace) -> None:
    workspace.credential()
    for number in range(20):
        workspace.token(f"ci-{number}")

    wait_until(lambda: len(workspace.list("ApiToken", fieldSelector="status.phase=Active")) == 20, what="20 are Active")

    ids = {token["status"]["tokenID"] for token in workspace.list("ApiToken")}
    assert len(ids) == len(workspace.list("Secret")) == 20
