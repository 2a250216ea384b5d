"""`token whois`: everything about a token that somebody found, from its ID alone; what may not be read is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_mock import MockerFixture

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from tests.support.builders.domain_objects import TEXT
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import Told, command_line
from tools.control_plane.resources import api_credential, api_token

Json = dict[str, Any]
Run = Callable[..., Told]

READ = AccessRule(("",), ("secrets",), ("get",))
BINDINGS = Bindings(
    (
        Binding("RoleBinding team", "ClusterRole edit", (Subject("Group", "finance"),), (READ,)),
        Binding("RoleBinding later", "ClusterRole admin", (Subject("User", "eve\x1b[2J"),), None),
        Binding("ClusterRoleBinding gc", "ClusterRole gc", (Subject("ServiceAccount", "gc", "kube-system"),), (READ,)),
    ),
    ("clusterroles",),
)


@pytest.fixture
def run(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command line leaves, with that in the cluster."""

    def told(session: FakeCluster, line: str, *, stdin: str = "") -> Told:
        serve(mocker, session)
        return command_line("", capsys, monkeypatch)(*line.split(), stdin=stdin, namespace=False)

    return told


def a_minted_token(**spec: object) -> Json:
    token = api_token("finance", "ci", description="for the nightly run", **spec)
    token["metadata"]["creationTimestamp"] = "2026-11-20T11:59:00Z"
    token["metadata"]["managedFields"] = [
        {"manager": "argocd", "time": "2026-11-20T11:59:00Z", "fieldsV1": {"f:spec": {"f:description": {}}}},
        {"manager": "kubectl-access", "time": "2026-11-23T11:00:00Z", "fieldsV1": {"f:spec": {"f:revoked": {}}}},
    ]
    token["status"] = {
        "phase": "Active",
        "tokenID": TEXT.token_id,
        "hash": "x",
        "credential": {"name": "invoice-bot", "uid": "c"},
        "issuedAt": "2026-11-20T12:00:00Z",
        "expiresAt": "2027-02-18T12:00:00Z",
        "lastUsedTime": "2026-11-23T11:30:00Z",
        "lastInspectedTime": "2026-11-23T11:45:00Z",
        "delivery": {"state": "Collected", "secretName": "ci-token", "deadline": "2026-11-20T13:00:00Z"},
        "conditions": [
            {"type": "Delivered", "status": "True", "reason": "Collected", "lastTransitionTime": "2026-11-20T12:10:00Z"}
        ],
    }
    return token


def a_cluster(*forbidden: str, suspended: bool = False, **spec: object) -> FakeCluster:
    credential = api_credential("finance", suspended=suspended)
    credential["metadata"]["uid"] = "c"
    return FakeCluster([a_known_role(), credential, a_minted_token(**spec)], set(forbidden), bindings=BINDINGS)


def test_an_id_tells_all_that_is_known_of_its_token(run: Run) -> None:
    answer = run(a_cluster(), f"token whois {TEXT.token_id}")

    assert (answer.status, answer.out.splitlines()) == (
        0,
        [
            "Name:         ci",
            "Namespace:    finance",
            f"ID:           {TEXT.token_id}",
            "Credential:   invoice-bot",
            "Description:  for the nightly run",
            "Phase:        Active",
            "Usable:       yes",
            "Created:      2026-11-20T11:59:00Z",
            "Minted:       2026-11-20T12:00:00Z (3d ago)",
            "Secret:       collected at 2026-11-20T12:10:00Z, or up to five minutes before",
            "Use:          last used 30 minutes ago",
            "Inspected:    2026-11-23T11:45:00Z (15m ago)",
            "Expires:      2027-02-18T12:00:00Z (in 87d)",
            "Roles:        studio-user",
            "",
            "Permissions, as the roles are now:",
            "  Use",
            "",
            "May read Secret ci-token in namespace finance by RBAC, as of now:",
            "  Group finance (ClusterRole edit by RoleBinding team)",
            "  User eve^[[2J (ClusterRole admin by RoleBinding later, which you may not read)",
            "  Parts of Kubernetes itself: 1",
            "  Perhaps others: you may not list clusterroles",
        ],
    )
    assert answer.err.splitlines() == [
        "To revoke the token: kubectl access token revoke ci -n finance",
        "To create another token: kubectl access token create invoice-bot -n finance",
    ]


def test_a_text_that_holds_a_token_tells_the_same_and_is_shown_nowhere(run: Run) -> None:
    by_id = run(a_cluster(), f"token whois {TEXT.token_id}")

    by_text = run(a_cluster(), "token whois --stdin", stdin=f'export KEY="{TEXT.reveal()}" # old\n')

    assert by_text == by_id
    assert TEXT.reveal().split("_")[2][:8] not in by_text.out + by_text.err


def test_a_revoked_token_tells_when_by_what_and_why_and_what_it_could_do(run: Run) -> None:
    answer = run(a_cluster(revoked=True, revocationReason="in a public log"), f"token whois {TEXT.token_id}")

    assert "Usable:       no: it is revoked" in answer.out
    assert "Revoked:      2026-11-23T11:00:00Z by kubectl-access: in a public log\n" in answer.out
    assert "  Use\n" in answer.out
    assert "token revoke" not in answer.err


@pytest.mark.parametrize(
    ("forbidden", "said"),
    [
        ("get ApiCredential", "Roles:        you may not read the credential\n"),
        ("list all ApiRole", "Roles:        studio-user (you may not read roles)\n"),
    ],
)
def test_what_may_not_be_read_is_said(run: Run, forbidden: str, said: str) -> None:
    assert said in run(a_cluster(forbidden), f"token whois {TEXT.token_id}").out


def test_whose_credential_is_gone_can_do_nothing(run: Run) -> None:
    cluster = a_cluster()
    del cluster.bodies[1]

    assert (
        "Roles:        none: the credential invoice-bot does not exist\n"
        in run(cluster, f"token whois {TEXT.token_id}").out
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("token whois", "Pipe the token's text, and give --stdin"),
        (f"token whois {TEXT.token_id} --stdin", "Give the token's ID or --stdin, not both"),
    ],
)
def test_one_of_both_must_be_given(run: Run, line: str, sentence: str) -> None:
    answer = run(a_cluster(), line)

    assert (answer.status, answer.err.splitlines()[-1]) == (2, f"Error: {sentence}")


def test_a_name_is_no_id(run: Run) -> None:
    answer = run(a_cluster(), "token whois ci")

    assert answer.status == 2
    assert "'ci' is not a token's ID: it has 16 lower-case letters and digits" in answer.err
