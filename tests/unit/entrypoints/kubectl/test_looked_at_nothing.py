"""A check that looked at nothing never says that all is well."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl import main as program
from tests.support.builders.domain_objects import TEXT
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import Told, command_line
from tools.control_plane.resources import api_credential, api_token

Json = dict[str, Any]
Run = Callable[[FakeCluster, str], Told]

WELL = "Nothing found"
UNSEEN = " (you may not check whether this namespace exists)"


@pytest.fixture
def run(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command line leaves, with that in the cluster."""

    def told(session: FakeCluster, line: str) -> Told:
        serve(mocker, session)
        return command_line("", capsys, monkeypatch)(*line.split(), stdin=TEXT.reveal(), namespace=False)

    return told


def in_order() -> list[Json]:
    """A credential with a token that is used."""
    token = api_token("finance", "ci")
    status = {"phase": "Active", "issuedAt": "2026-11-23T11:00:00Z", "expiresAt": "2026-11-24T00:00:00Z"}
    return [a_known_role(), api_credential("finance"), {**token, "status": status}]


@pytest.mark.parametrize("fail", ["", " --fail"])
@pytest.mark.parametrize(
    ("session", "where", "told"),
    [
        pytest.param(FakeCluster(), "-n finnace", 'Error: There is no namespace "finnace".\n', id="no such namespace"),
        pytest.param(
            FakeCluster(forbidden={"list ApiToken"}),
            "",
            "Error: The API server refused the request",
            id="no tokens seen",
        ),
        pytest.param(
            FakeCluster(forbidden={"list ApiCredential"}), "", "Error: The API server", id="no credentials seen"
        ),
        pytest.param(FakeCluster(in_order(), forbidden={"list all ApiRole"}), "", "Error: The API", id="no roles seen"),
        pytest.param(
            FakeCluster(in_order(), forbidden={"list all ApiToken"}), "-A", "Error: The API", id="not everywhere"
        ),
    ],
)
def test_where_an_audit_could_not_look_it_fails(
    run: Run, session: FakeCluster, where: str, told: str, fail: str
) -> None:
    answer = run(session, f"audit {where}{fail}")

    assert answer.status == 1
    assert answer.err.startswith(told)
    assert WELL not in answer.err


@pytest.mark.parametrize(
    ("session", "where", "nothing"),
    [
        pytest.param(
            FakeCluster(), "", "There are no credentials and no tokens in namespace finance", id="a namespace"
        ),
        pytest.param(
            FakeCluster(namespaces=None),
            "",
            f"There are no credentials and no tokens in namespace finance{UNSEEN}",
            id="a namespace that may not be there",
        ),
        pytest.param(FakeCluster(), "-A", "There are no credentials and no tokens", id="the cluster"),
    ],
)
def test_where_nothing_was_there_an_audit_says_so(run: Run, session: FakeCluster, where: str, nothing: str) -> None:
    assert run(session, f"audit {where}") == Told(0, "", f"{nothing}: nothing was looked at.\n")
    assert run(session, f"audit --fail {where}") == Told(1, "", f"Error: {nothing}: nothing was looked at.\n")
    found = run(session, f"audit --fail -o json {where}")
    looked_at = {"credentials": 0, "tokens": 0, "workloadTokens": 0}
    assert (found.status, json.loads(found.out)["lookedAt"]) == (1, looked_at)


def test_all_is_well_only_where_something_was_looked_at(run: Run) -> None:
    answer = run(FakeCluster(in_order()), "audit --fail")

    assert answer == Told(0, "", f"{WELL} in 1 credential and 1 token.\n")


@pytest.mark.parametrize(
    "line",
    [
        "credential list",
        "credential list -o json",
        "token list -o name",
        "token list invoice-bot",
        "token rotate --all-expiring 7d",
    ],
)
def test_a_namespace_that_is_not_there_is_an_error(run: Run, line: str) -> None:
    told = 'Error: There is no namespace "finnace".\nSee: kubectl get namespaces\n'

    assert run(FakeCluster(), f"{line} -n finnace") == Told(1, "", told)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("credential list", "There are no credentials in namespace finance."),
        ("token list -l team=a", "There are no tokens with labels team=a in namespace finance."),
        ("token list -A", "There are no tokens."),
        ("role list", "There are no roles."),
        ("token rotate --all-expiring 7d", "There are no tokens in namespace finance."),
    ],
)
def test_what_was_looked_for_is_named_where_there_is_none(run: Run, line: str, told: str) -> None:
    assert run(FakeCluster(), line) == Told(0, "", f"{told}\n")
    unseen = told.replace("finance.", f"finance{UNSEEN}.")
    assert run(FakeCluster(namespaces=None), line) == Told(0, "", f"{unseen}\n")


def test_tokens_of_a_credential_that_is_not_there_are_an_error(run: Run) -> None:
    nothing = "There are no tokens of invoice-bot in namespace finance.\n"
    there = api_credential("finance")

    assert run(FakeCluster([there]), "token list invoice-bot") == Told(0, "", nothing)
    assert run(FakeCluster([there], forbidden={"get ApiCredential"}), "token list invoice-bot") == Told(0, "", nothing)
    missing = run(FakeCluster(), "token list invoice-bot")
    assert missing.status == 1
    assert missing.err.startswith(f'{nothing}Error: There is no credential "invoice-bot" here.\n')


def test_whose_a_text_is_cannot_be_told_in_a_namespace_that_is_not_there(run: Run) -> None:
    session = FakeCluster(forbidden={"list all ApiToken"})

    answer = run(session, "token whois --stdin -n finnace")

    assert answer.status == 1
    assert answer.err.endswith('Error: There is no namespace "finnace".\nSee: kubectl get namespaces\n')


def test_who_uses_a_role_is_not_looked_for_in_a_namespace_that_is_not_there(run: Run) -> None:
    session = FakeCluster([a_known_role()], forbidden={"list all ApiCredential"})

    assert "Credentials that name it in namespace finance (you may not list" in run(session, "role get studio-user").out
    nowhere = run(session, "role get studio-user -n finnace")
    assert nowhere == Told(1, "", 'Error: There is no namespace "finnace".\nSee: kubectl get namespaces\n')


def test_the_help_says_what_no_objects_at_all_mean(capsys: pytest.CaptureFixture[str]) -> None:
    program.run(["audit", "--help"])

    assert "nothing was looked at, which is no all-clear" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("namespaces", "told"), [(["a"], "1 finding"), (["a", "b"], "2 findings")])
def test_findings_are_counted_in_words(run: Run, namespaces: list[str], told: str) -> None:
    without_token = [api_credential(namespace) for namespace in namespaces]

    answer = run(FakeCluster([a_known_role(), *without_token]), "audit -A --fail")

    assert (answer.status, answer.err) == (1, f"Error: Something was found: {told}.\n")
