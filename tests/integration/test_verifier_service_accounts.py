"""Without a token: ServiceAccounts of a real API server hold a credential, and the verifier answers for their pods."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from pharia_access.domain.holders import audience_of
from tests.support.verifier.accounts import PATH, Accounts, until_answered, verifier_of_accounts
from tools.control_plane.api import VERIFIER, rule
from tools.control_plane.workspace import ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def taking(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVerifier]:
    """A verifier that takes tokens of ServiceAccounts."""
    with verifier_of_accounts(control_plane, tmp_path_factory.mktemp("taking")) as running:
        yield running


@pytest.fixture
def accounts(control_plane: ControlPlane, workspace: Workspace) -> Accounts:
    """The ServiceAccount invoice-bot is there."""
    accounts = Accounts(control_plane, workspace.namespace)
    accounts.make()
    return accounts


def held(workspace: Workspace, *holders: Json) -> Json:
    """The credential invoice-bot with these holders."""
    return workspace.credential(serviceAccounts=list(holders or ({"name": "invoice-bot"},)))


def test_a_holder_passes_with_the_identity_of_the_credential(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    credential = held(workspace)
    token = accounts.token()
    until_answered(taking, token, 200)

    answer = taking.ask(PATH, token)

    assert answer.headers["x-auth-subject"] == credential["metadata"]["uid"]
    assert answer.headers["x-auth-credential"] == f"{workspace.namespace}/invoice-bot"
    assert answer.headers["x-auth-roles"] == ROLE


def test_a_holder_that_is_taken_away_is_refused_at_once_and_so_is_one_of_a_suspended_credential(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    credential = held(workspace)
    token = accounts.token()
    until_answered(taking, token, 200)

    workspace.change(credential, {"spec": {"suspended": True}})
    until_answered(taking, token, 401)
    workspace.change(credential, {"spec": {"suspended": False}})
    until_answered(taking, token, 200)
    workspace.change(credential, {"spec": {"serviceAccounts": []}})
    until_answered(taking, token, 401)


def test_a_use_is_noted_in_the_credential_by_the_name_of_the_account(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    workspace.api.grant(VERIFIER, workspace.namespace, rule("access.pharia.ai", "apicredentials/status", "patch"))
    accounts.make("other")
    held(workspace, {"name": "invoice-bot"}, {"name": "other"})

    for name in ("invoice-bot", "other"):
        until_answered(taking, accounts.token(name=name), 200)

    found = workspace.until(
        "ApiCredential",
        "invoice-bot",
        lambda found: found["status"].get("lastUsedTimes", {}).keys() == {"invoice-bot", "other"},
        "their uses are written down",
    )
    assert found["status"]["rolesSummary"] == ROLE


@pytest.mark.parametrize("audience", ["pharia-access/other", "pharia-access/", "vault", "pharia-access/invoice-bot/x"])
def test_a_token_for_somebody_else_is_refused(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts, audience: str
) -> None:
    held(workspace)
    until_answered(taking, accounts.token(), 200)

    assert taking.ask(PATH, accounts.token(audience=audience)).status == 401


def test_a_token_for_the_api_server_is_refused(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts, control_plane: ControlPlane
) -> None:
    held(workspace)
    until_answered(taking, accounts.token(), 200)
    usual = control_plane.kubectl("create", "token", "invoice-bot", f"--namespace={workspace.namespace}")

    assert taking.ask(PATH, usual.stdout.strip()).status == 401


def test_a_token_that_lives_longer_than_two_hours_is_refused(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    held(workspace)
    until_answered(taking, accounts.token(duration="2h"), 200)

    assert taking.ask(PATH, accounts.token(duration="2h1m")).status == 401


def test_another_account_of_that_name_does_not_hold_what_was_given_to_a_uid(
    taking: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    accounts.make("other")
    accounts.remove()
    uid = accounts.make()
    held(workspace, {"name": "invoice-bot", "uid": uid})
    until_answered(taking, accounts.token(), 200)
    assert taking.ask(PATH, accounts.token(name="other")).status == 401

    accounts.remove()
    accounts.make()

    assert taking.ask(PATH, accounts.token()).status == 401


def test_a_verifier_that_takes_none_refuses_it(
    taking: RunningVerifier, verifier: RunningVerifier, workspace: Workspace, accounts: Accounts
) -> None:
    held(workspace)
    token = accounts.token()
    until_answered(taking, token, 200)

    assert verifier.ask(PATH, token).status == 401


def test_what_the_page_shows_fits_together_and_is_taken(control_plane: ControlPlane, workspace: Workspace) -> None:
    text = (ROOT / "docs/reference/verifier.md").read_text(encoding="utf-8")
    section = text.partition("## A ServiceAccount instead of a token")[2]
    credential, volumes = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)[:2])
    (source,) = volumes["volumes"][0]["projected"]["sources"]
    workspace.role(credential["spec"]["roles"][0])
    credential["metadata"]["namespace"] = workspace.namespace

    applied = control_plane.kubectl("apply", "--filename=-", stdin=yaml.safe_dump(credential))

    assert applied.returncode == 0
    assert source["serviceAccountToken"]["audience"] == audience_of(credential["metadata"]["name"])
    assert 600 <= source["serviceAccountToken"]["expirationSeconds"] <= 7200


@pytest.mark.parametrize(
    ("holder", "why"),
    [
        ({"name": "Invoice"}, "must be the metadata.name of a ServiceAccount"),
        ({"name": "a b"}, "must be the metadata.name of a ServiceAccount"),
        ({"name": ""}, "should be at least 1 chars long"),
        ({"uid": "x"}, "Required value"),
        ({"name": "a", "uid": "a b"}, "should match"),
    ],
)
def test_a_holder_that_can_be_nobody_is_refused(workspace: Workspace, holder: Json, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        held(workspace, holder)


def test_seventeen_holders_are_too_many_and_two_of_a_name_are_one_too_many(workspace: Workspace) -> None:
    with pytest.raises(AssertionError, match="must have at most 16 items"):
        held(workspace, *({"name": f"bot-{number}"} for number in range(17)))
    with pytest.raises(AssertionError, match="Duplicate value"):
        held(workspace, {"name": "a"}, {"name": "a"})
