"""One spelling, given to kubectl and to `kubectl access` on one API server: both list the same, or both refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.control_plane.api import rule

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin, Told
    from tools.control_plane.api import Api
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

SPELLINGS = [
    "-n={here} -o=name",
    "-n{here} -oname",
    "-n {here} -o name",
    "--namespace={here} --output=name",
    "--namespace {here} --output name",
    "-n={here} -l=team=a -o=name",
    "-n={here} -lteam=a -o=name",
    "-n={here} -l=team=b -o=name",
    "-n={here} -l=team=c -o=name",
    "-n={here} -l=team!=a -o=name",
    "-n={here} -l==a -o=name",
    "-n={here} -A=false -o=name",
    "-n={here} --all-namespaces=false -o=name",
    "-n={here} -A=nonsense -o=name",
    "-A -l=team=a -n={here} -o=name",
    "-A=true -l=team=a -n={here} -o=name",
    "-Al=team=a -o=name",
    "-n={here} -o=nonsense",
    "-n={here} -o=name --request-timeout=5s",
    "-n={here} -o=name --request-timeout=5",
    "-n={here} -o=name --request-timeout=1m30s",
    "-n={here} -o=name --request-timeout=0",
    "-n={here} -o=name --request-timeout=0s",
    "-n={here} -o=name --request-timeout=5d",
    "-n={here} -o=name --request-timeout=half",
    "-n={here} -o=name --request-timeout=",
    "-n={here} -o=name -n",
    "-n={here} -o=name -x=y",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_lists_what_kubectl_lists(
    workspace: Workspace, plugin: Plugin, control_plane: ControlPlane, spelling: str
) -> None:
    workspace.credential()
    for name, team in (("one", "a"), ("two", "b")):
        workspace.token(name, labels={"team": team})
    words = spelling.format(here=workspace.namespace).split()

    theirs = control_plane.kubectl("get", "apitokens", *words, check=False)
    ours = plugin.run("token", "list", *words)

    assert (ours.status == 0) == (theirs.returncode == 0), (ours.stderr, theirs.stderr)
    mine = {f"apitoken.access.pharia.ai/{name}" for name in ("one", "two")}
    assert set(ours.stdout.split()) & mine == set(theirs.stdout.split()) & mine


@pytest.mark.parametrize("spelling", ["-n=", "--namespace=={here}", "-n=Finance"])
def test_an_impossible_namespace_is_refused_where_kubectl_finds_nothing(
    workspace: Workspace, plugin: Plugin, control_plane: ControlPlane, spelling: str
) -> None:
    words = spelling.format(here=workspace.namespace).split()

    theirs = control_plane.kubectl("get", "apitokens", *words, "-o=name", check=False)
    ours = plugin.run("token", "list", *words, "-o=name")

    assert (theirs.stdout, ours.stdout) == ("", "")
    assert (ours.status, "is not a namespace" in ours.stderr) == (2, True)


def test_an_audit_and_a_list_of_a_namespace_that_is_not_there(workspace: Workspace, plugin: Plugin) -> None:
    workspace.credential()
    commands = [("audit",), ("audit", "--fail"), ("credential", "list"), ("token", "list", "-o=json")]

    answers = [plugin.run(*words, "-n=no-such-namespace") for words in commands]

    login = f"--kubeconfig {plugin.control_plane.kubeconfig}"  # as the command had it
    told = f'Error: There is no namespace "no-such-namespace".\nSee: kubectl get namespaces {login}\n'
    assert [(answer.status, answer.stdout, answer.stderr) for answer in answers] == [(1, "", told)] * len(commands)


def test_who_may_not_see_namespaces_is_told_that_nothing_was_looked_at(
    workspace: Workspace, admin: Api, plugin: Plugin
) -> None:
    admin.grant("auditor", workspace.namespace, rule("access.pharia.ai", "*", "list"))

    empty = plugin.as_user("auditor").run("audit", "--fail")
    elsewhere = plugin.as_user("auditor").run("audit", "-A", "--fail")

    assert empty.status == elsewhere.status == 1
    assert "(you may not check whether this namespace exists): nothing was looked at." in empty.stderr
    assert "auditor may not list tokens in the whole cluster." in elsewhere.stderr


def test_a_secret_that_cannot_be_made_is_told_before_the_mint(workspace: Workspace, admin: Api, plugin: Plugin) -> None:
    workspace.credential("full", tokenPolicy={"maxTTL": "1h"})
    here = workspace.namespace
    for resource, verb in (("apicredentials", "get"), ("apicredentials/token", "create"), ("apitokens", "create")):
        admin.grant("minter", here, rule("access.pharia.ai", resource, verb))
    admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "taken", "namespace": here}})
    create = ("token", "create", "full", "--expires")

    told: list[Told] = [
        plugin.as_user("minter").run(*create, "1h", "--to-secret=mine"),
        plugin.run(*create, "1h", "--to-secret=taken"),
        plugin.run(*create, "2h", "--to-secret=mine"),
        plugin.run(*create, "1h", "--to-secret=My_Secret"),
    ]

    assert [answer.status for answer in told] == [1, 1, 1, 2]
    assert f"Error: minter may not create Secrets in namespace {here}." in told[0].stderr
    assert (
        'Error: A Secret "taken" already exists, and this command did not write it: it is not overwritten.'
        in told[1].stderr
    )
    assert "Error: A lifetime of 2 hours is longer than the 1 hour that the credential full allows." in told[2].stderr
    assert workspace.list("ApiToken") == []
    assert workspace.read("Secret", "mine") is None


@pytest.mark.usefixtures("operator")
def test_a_credential_with_the_longest_name_gets_a_token(workspace: Workspace, plugin: Plugin) -> None:
    name = "ab." * 20 + "abc"
    workspace.credential(name)

    answer = plugin.run("token", "create", name, "--expires", "1h", "--to-secret=longest/a.b-c_D")

    assert answer.status == 0, answer.stderr
    assert list(workspace.known("Secret", "longest")["data"]) == ["a.b-c_D"]


def test_a_tokens_text_never_reaches_the_audit_log(control_plane: ControlPlane, plugin: Plugin) -> None:
    text = f"pharia_{'a' * 16}_{'Xy3' * 16}Z"
    commands = [("token", "get"), ("token", "revoke"), ("credential", "get"), ("token", "list"), ("audit", "-n")]

    answers = [plugin.run(*words, text) for words in commands]

    assert {answer.status for answer in answers} == {2}
    assert not any("Xy3" in answer.everything for answer in answers)
    assert list(control_plane.audit_events("Xy3Xy3")) == []
