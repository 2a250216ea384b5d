"""What gateways and services are told of a token, from its mint to its end, on a real API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from authlib.integrations.requests_client import OAuth2Session
from requests import PreparedRequest
from requests.auth import AuthBase

from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import ROLE, instant, now

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

PATH = "/auth/nginx"


class Bearer(AuthBase):
    """Signs a request with a token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def accepted(verifier: RunningVerifier, workspace: Workspace) -> str:
    """A fresh token that the verifier knows."""
    workspace.credential()
    workspace.issued(ttl="1h")
    token = workspace.text().reveal()
    until(verifier, token, 200)
    return token


def until(verifier: RunningVerifier, token: str, status: int, path: str = PATH) -> None:
    """Wait until a check is answered so."""
    wait_until(lambda: verifier.ask(path, token).status == status, what=f"{path} answers {status}")


def test_a_good_token_passes_with_its_identity(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)
    credential, issued = workspace.read("ApiCredential", "invoice-bot"), workspace.read("ApiToken", "ci")

    answer = verifier.ask(PATH, token)

    assert credential is not None
    assert issued is not None
    assert answer.status == 200
    assert {name: value for name, value in answer.headers.items() if name.startswith("x-auth-")} == {
        "x-auth-subject": credential["metadata"]["uid"],
        "x-auth-credential": f"{workspace.namespace}/invoice-bot",
        "x-auth-token-id": issued["status"]["tokenID"],
        "x-auth-roles": ROLE,
        "x-auth-expires": issued["status"]["expiresAt"],
    }
    assert answer.headers["cache-control"] == "no-store"


def test_a_revoked_token_is_refused(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)

    workspace.change(_the_token(workspace), {"spec": {"revoked": True}})

    until(verifier, token, 401)


def test_a_deleted_token_is_refused(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)

    workspace.delete(_the_token(workspace))

    until(verifier, token, 401)


def test_a_token_ends_at_its_second_whoever_marks_it(verifier: RunningVerifier, workspace: Workspace) -> None:
    workspace.credential()
    issued = workspace.issued()
    token = workspace.text().reveal()
    until(verifier, token, 200)

    end = workspace.end_in(issued, 5)
    until(verifier, token, 401)

    assert now() >= end


def test_a_suspended_credential_is_refused_until_it_is_resumed(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)

    workspace.change(_the_credential(workspace), {"spec": {"suspended": True}})
    until(verifier, token, 401)
    workspace.change(_the_credential(workspace), {"spec": {"suspended": False}})

    until(verifier, token, 200)


def test_a_deleted_credential_takes_its_tokens_along(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)

    workspace.delete(_the_credential(workspace))

    until(verifier, token, 401)


def test_a_role_that_is_added_counts_at_once_and_so_does_one_that_is_taken_away(
    verifier: RunningVerifier, workspace: Workspace
) -> None:
    token = accepted(verifier, workspace)
    workspace.role("night-shift")
    path = f"{PATH}?role=night-shift"

    assert verifier.ask(path, token).status == 403
    workspace.change(_the_credential(workspace), {"spec": {"roles": [ROLE, "night-shift"]}})
    until(verifier, token, 200, path)
    workspace.change(_the_credential(workspace), {"spec": {"roles": [ROLE]}})

    until(verifier, token, 403, path)


def test_a_service_of_pharia_ai_learns_which_permissions_are_held(
    verifier: RunningVerifier, workspace: Workspace
) -> None:
    token = accepted(verifier, workspace)
    workspace.role("kernel-user", permissions=[{"permission": "KernelAccess"}])
    workspace.change(_the_credential(workspace), {"spec": {"roles": ["kernel-user"]}})
    until(verifier, token, 200, f"{PATH}?permission=KernelAccess")
    asked = {"permissions": [{"permission": "KernelAccess"}, {"permission": "AccessModel", "model": "*"}]}

    answer = verifier.ask("/check_user", token, method="POST", body=json.dumps(asked).encode())

    assert answer.status == 200
    assert json.loads(answer.body)["permissions"] == [{"permission": "KernelAccess"}]


def test_an_oauth_client_introspects_tokens(verifier: RunningVerifier, workspace: Workspace) -> None:
    token = accepted(verifier, workspace)
    workspace.role("introspector", permissions=[{"permission": "IntrospectTokens"}])
    workspace.credential("resource-server", roles=["introspector"])
    workspace.issued("caller", ttl="1h", credentialRef={"name": "resource-server"})
    caller = workspace.text("caller-token").reveal()
    until(verifier, caller, 200, f"{PATH}?permission=IntrospectTokens")
    url = f"{verifier.url}/oauth2/introspect"

    ways = [
        OAuth2Session(f"{workspace.namespace}/resource-server", caller, token_endpoint_auth_method=method)
        for method in ("client_secret_basic", "client_secret_post")
    ]
    for way in ways:
        with way:
            assert way.introspect_token(url, token=token).json()["active"] is True
    with OAuth2Session() as client:
        known = client.introspect_token(url, token=token, auth=Bearer(caller)).json()
        unknown = client.introspect_token(url, token="nonsense", auth=Bearer(caller)).json()
        refused = client.introspect_token(url, token=token, auth=Bearer(token))

    assert (known["active"], known["client_id"]) == (True, f"{workspace.namespace}/invoice-bot")
    assert unknown == {"active": False}
    assert refused.status_code == 403


def test_the_last_use_is_told_on_the_token(verifier: RunningVerifier, workspace: Workspace) -> None:
    accepted(verifier, workspace)

    seen = workspace.until("ApiToken", "ci", lambda token: "lastUsedTime" in token["status"], "has a last use")

    assert abs((now() - instant(seen["status"]["lastUsedTime"])).total_seconds()) < 60


def _the_token(workspace: Workspace) -> Json:
    return {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "ci"}}


def _the_credential(workspace: Workspace) -> Json:
    return {"kind": "ApiCredential", "metadata": {"namespace": workspace.namespace, "name": "invoice-bot"}}
