"""What a stolen token of the operator or of the verifier can do: each line of the threat model's tables, tried.

With the token of the ServiceAccount itself, and the rights that the chart gives it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.security.stolen_access import Attempt, StolenAccess
from tests.support.security.stolen_token_attempts import BOTH, OPERATORS, VERIFIERS
from tests.support.security.stolen_workload_attempts import DELEGATED, KEPT_REVISION, WORKLOADS
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.resources import kept_secret, secret, workload_token
from tools.control_plane.verifiers import VERIFIER_ACCOUNT

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "threat-model.md"
TRIES = {OPERATOR_ACCOUNT: BOTH + OPERATORS + WORKLOADS + DELEGATED, VERIFIER_ACCOUNT: BOTH + VERIFIERS}
MINTS_ONE = (
    rule("access.pharia.ai", "apitokens", "create"),
    rule("access.pharia.ai", "apicredentials/token", "create", names=["invoice-bot"]),
)
CASES = [
    pytest.param(account, attempt, id=f"{account.rsplit('-', 1)[-1]}: {attempt.what}")
    for account, attempts in TRIES.items()
    for attempt in attempts
]
REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}
SAID = {
    "no such right": "cannot ",
    "an admission policy": "ValidatingAdmissionPolicy",
    "the schema": "must be the credential that spec.credentialRef names",
    "the schema, or an admission policy": "a token is minted once per ApiToken|ValidatingAdmissionPolicy",
}


@pytest.fixture(scope="session")
def stolen(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Api]:
    """A client for each ServiceAccount, signed in by its own token."""
    folder = tmp_path_factory.mktemp("stolen")
    return {name: Api(control_plane.service_account_kubeconfig(NAMESPACE, name, folder / name)) for name in TRIES}


@pytest.mark.parametrize(("account", "attempt"), CASES)
@pytest.mark.usefixtures("operator")
def test_a_stolen_token_does_what_the_table_says_and_no_more(
    stolen: dict[str, Api], workspace: Workspace, account: str, attempt: Attempt
) -> None:
    foreign = secret(workspace.namespace, value="somebody's own")
    assert workspace.api.create(foreign).ok
    credential, workload = workspace.credential(), workspace.api.create(workload_token(workspace.namespace)).body
    kept = kept_secret(workload, KEPT_REVISION, value="its pods'")
    assert workspace.api.as_user(OPERATOR).create(kept).message == ""
    if attempt in DELEGATED:
        workspace.api.grant(OPERATOR, workspace.namespace, *MINTS_ONE)
    access = StolenAccess(
        api=stolen[account],
        namespace=workspace.namespace,
        foreign=foreign,
        role=workspace.role(f"role-{workspace.namespace}"[:63].rstrip("-")),
        credential=credential,
        issued=workspace.issued(),
        waiting=workspace.token("waiting", credentialRef={"name": "nobody"}),
        workload=workload,
    )

    reply = attempt.request(access)

    if attempt.succeeds:
        assert reply.message == ""
        assert reply.body.get("kind") != "Secret" or reply.body["data"]
    else:
        assert reply.status in REFUSED
        assert re.search(SAID[attempt.why], reply.message)
    assert [it for it in (foreign, kept) if it["data"]["value"] in str(reply.body)] == []


@pytest.mark.parametrize(
    ("title", "attempts"),
    [
        ("By either token", BOTH),
        ("By the operator's token besides", OPERATORS),
        ("By the operator's token, where there are WorkloadTokens", WORKLOADS),
        ("By the operator's token, where a namespace lets it mint under one credential", DELEGATED),
        ("By the verifier's token besides", VERIFIERS),
    ],
)
def test_the_table_of_the_threat_model_is_this(title: str, attempts: tuple[Attempt, ...]) -> None:
    (section,) = re.findall(rf"\n### {title}\n\n(.*?)\n\n", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    _, _, *rows = section.splitlines()
    assert rows == [f"| {it.what} | {'**yes**' if it.succeeds else 'no'} | {it.why} |" for it in attempts]
