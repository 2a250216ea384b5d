"""What changes for a ServiceAccount's token counts at once, on a real API server: credential, holders, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.verifier.accounts import PATH, Accounts, until_answered, verifier_of_accounts
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

HOLDERS = [{"name": "invoice-bot"}]

Change = tuple["Callable[[Workspace, Json], object]", int, str]


@pytest.fixture(scope="module")
def taking(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVerifier]:
    """A verifier that takes tokens of ServiceAccounts."""
    with verifier_of_accounts(control_plane, tmp_path_factory.mktemp("taking")) as running:
        yield running


def made_again(workspace: Workspace, credential: Json) -> None:
    workspace.delete(credential)
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.credential(serviceAccounts=HOLDERS)


def made_again_without(workspace: Workspace, credential: Json) -> None:
    workspace.delete(credential)
    workspace.until_gone("ApiCredential", "invoice-bot")
    workspace.credential()


CHANGES: dict[str, Change] = {
    "the credential is suspended": (lambda it, of: it.change(of, {"spec": {"suspended": True}}), 401, ""),
    "the holder is taken away": (lambda it, of: it.change(of, {"spec": {"serviceAccounts": []}}), 401, ""),
    "another holds it": (lambda it, of: it.change(of, {"spec": {"serviceAccounts": [{"name": "other"}]}}), 401, ""),
    "the holder must have another UID": (
        lambda it, of: it.change(of, {"spec": {"serviceAccounts": [{"name": "invoice-bot", "uid": "another"}]}}),
        401,
        "",
    ),
    "the credential is deleted": (lambda it, of: it.delete(of), 401, ""),
    "the credential is made again with the holder": (made_again, 200, ROLE),
    "the credential is made again without the holder": (made_again_without, 401, ""),
    "the roles are others": (lambda it, of: it.change(of, {"spec": {"roles": ["another-role"]}}), 200, "another-role"),
    "the roles are unknown": (lambda it, of: it.change(of, {"spec": {"roles": ["unknown-role"]}}), 200, "-"),
}


@pytest.mark.parametrize(("change", "status", "roles"), CHANGES.values(), ids=CHANGES)
def test_a_change_counts_at_once(
    taking: RunningVerifier,
    workspace: Workspace,
    control_plane: ControlPlane,
    change: Callable[[Workspace, Json], object],
    status: int,
    roles: str,
) -> None:
    accounts = Accounts(control_plane, workspace.namespace)
    accounts.make()
    workspace.role("another-role")
    credential = workspace.credential(serviceAccounts=HOLDERS)
    token = accounts.token()
    until_answered(taking, token, 200)
    assert taking.ask(PATH, token).headers["x-auth-roles"] == ROLE

    change(workspace, credential)

    def counts() -> bool:
        answer = taking.ask(PATH, token)
        subject = (workspace.read("ApiCredential", "invoice-bot") or {"metadata": {"uid": ""}})["metadata"]["uid"]
        return (answer.status, answer.headers.get("x-auth-roles", ""), answer.headers.get("x-auth-subject", "")) == (
            status,
            roles,
            subject if status == 200 else "",
        )

    wait_until(counts, what=f"it is answered {status} with the roles {roles}", timeout=5)


def test_the_same_token_counts_again_once_the_change_is_undone(
    taking: RunningVerifier, workspace: Workspace, control_plane: ControlPlane
) -> None:
    accounts = Accounts(control_plane, workspace.namespace)
    accounts.make()
    credential = workspace.credential(serviceAccounts=HOLDERS)
    token = accounts.token()

    for patch, status in [
        ({"serviceAccounts": HOLDERS}, 200),
        ({"serviceAccounts": []}, 401),
        ({"serviceAccounts": HOLDERS}, 200),
        ({"suspended": True}, 401),
        ({"suspended": False}, 200),
    ]:
        workspace.change(credential, {"spec": patch})
        wait_until(
            lambda wanted=status: taking.ask(PATH, token).status == wanted,  # type: ignore[misc] # a lambda has no types
            what=f"it is answered {status}",
            timeout=5,
        )


def test_without_live_a_deleted_account_counts_until_its_token_ends(
    taking: RunningVerifier, workspace: Workspace, control_plane: ControlPlane
) -> None:
    """As decision 0065 says. Taking the holder away, or a UID, is what ends it."""
    accounts = Accounts(control_plane, workspace.namespace)
    accounts.make()
    credential = workspace.credential(serviceAccounts=HOLDERS)
    token = accounts.token()
    until_answered(taking, token, 200)

    accounts.remove()

    assert taking.ask(PATH, token).status == 200
    workspace.change(credential, {"spec": {"serviceAccounts": []}})
    wait_until(lambda: taking.ask(PATH, token).status == 401, what="the token is refused", timeout=5)
