"""What goes wrong, and the words for it: one sentence, a next step, exit code 1, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.kube.errors import refusal
from tests.support.api import APPLY, Api, Reply, rule
from tests.support.pki import token_kubeconfig
from tests.support.plugin import Plugin
from tests.support.proxy import Proxy
from tests.support.resources import ONE_TIME_TOKEN, api_credential, api_token, secret
from tests.support.workspace import ROLE, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

TRACKED = {"argocd.argoproj.io/tracking-id": "finance:access.pharia.ai/ApiToken:finance/ci"}

WINDOW = (
    "Error: spec.delivery.window: must be a duration from 1m to 24h in hours, minutes and seconds, such as 1h or 90m."
)
LIFE = (
    "Error: spec.ttl: must be a duration from 1s to 8784h (366 days) in hours, minutes and seconds,"
    " such as 720h or 1h30m."
)
NAME = (
    "Error: metadata.name: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters,"
    " '-' or '.', and must start and end with an alphanumeric character."
)


@dataclass(frozen=True, slots=True)
class Case:
    """A command, and the lines that it tells; `{here}` stands for the namespace."""

    words: tuple[str, ...]
    told: tuple[str, ...]
    user: str = ""


CASES = {
    "forbidden in a namespace": Case(
        ("credential", "list"),
        (
            "Error: nobody may not list credentials in namespace {here}.",
            "This needs the verb list on apicredentials.access.pharia.ai: ask an administrator for it.",
            "See what you may do: kubectl auth can-i --list -n {here}",
        ),
        user="nobody",
    ),
    "forbidden in the cluster": Case(
        ("token", "list", "-A"),
        (
            "Error: nobody may not list tokens in the whole cluster.",
            "This needs the verb list on apitokens.access.pharia.ai: ask an administrator for it.",
            "See what you may do: kubectl auth can-i --list",
        ),
        user="nobody",
    ),
    "no such token": Case(
        ("token", "get", "gone"),
        ('Error: There is no token "gone" here.', "See: kubectl access token list (-A for all namespaces)"),
    ),
    "no such credential": Case(
        ("token", "create", "gone"),
        ('Error: There is no credential "gone" here.', "See: kubectl access credential list (-A for all namespaces)"),
    ),
    "nothing to collect": Case(
        ("token", "collect", "gone"),
        ('Error: There is no token "gone" here.', "See: kubectl access token list (-A for all namespaces)"),
    ),
    "no such namespace": Case(
        ("credential", "create", "invoice-bot", f"--role={ROLE}", "--namespace=nowhere"),
        ('Error: There is no namespace "nowhere".', "See: kubectl get namespaces"),
    ),
    "a credential of that name": Case(
        ("credential", "create", "invoice-bot", f"--role={ROLE}"),
        ('Error: A credential "invoice-bot" is there already.', "Choose another name."),
    ),
    "a token of that name": Case(
        ("token", "create", "invoice-bot", "--name=ci"),
        ('Error: A token "ci" is there already.', "Choose another name."),
    ),
    "an unknown role": Case(
        ("credential", "create", "other", "--role=integration-raeder"),
        (f'Error: There is no role "integration-raeder"; did you mean "{ROLE}"?', "See: kubectl access role list"),
    ),
    "two unknown roles": Case(
        ("credential", "roles", "add", "invoice-bot", "zzz", "yyyyy"),
        ('Error: There is no role "zzz". There is no role "yyyyy".', "See: kubectl access role list"),
    ),
    "no role left": Case(
        ("credential", "roles", "remove", "invoice-bot", ROLE),
        (
            "Error: A credential needs a role.",
            "To stop all its tokens: kubectl access credential suspend invoice-bot -n {here} --kubeconfig {kubeconfig}",
        ),
    ),
    "a window that is too short": Case(
        ("token", "create", "invoice-bot", "--window=30s", "--name=short"),
        (WINDOW,),
    ),
    "a life that is too long": Case(("token", "create", "invoice-bot", "--expires=400d"), (LIFE,)),
    "a name that is none": Case(
        ("credential", "create", "Invoice_Bot", f"--role={ROLE}"),
        (NAME,),
    ),
    "a description that is too long": Case(
        ("credential", "edit", "invoice-bot", f"--description={'x' * 1025}"),
        ("Error: spec.description: Too long: may not be more than 1024 bytes.",),
    ),
}


@pytest.fixture
def busy(workspace: Workspace) -> Workspace:
    """With the credential invoice-bot, and the token ci that no operator has seen."""
    workspace.credential()
    workspace.token()
    return workspace


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_refusal_is_a_sentence_and_a_next_step(busy: Workspace, plugin: Plugin, case: Case) -> None:
    answer = plugin.as_user(case.user).run(*case.words)

    known = {"here": busy.namespace, "kubeconfig": plugin.control_plane.kubeconfig}
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.splitlines() == [line.format(**known) for line in case.told]


def test_the_cause_is_shown_to_those_who_ask_for_it(busy: Workspace, plugin: Plugin) -> None:
    answer = plugin.run("token", "get", "gone", "-v")

    cause = answer.stderr.splitlines()[-1]
    assert cause.startswith("Cause: NotFoundError: GET /apis/access.pharia.ai/v1alpha1/namespaces/")
    assert "Traceback" not in answer.stderr


# What the commands avoid asking for, refused all the same.


def told(reply: Reply, path: str) -> tuple[str, str]:
    """What a person would be told of this answer."""
    assert not reply.ok
    failure = explain(refusal(reply.status, json.dumps(reply.body).encode(), method="POST", path=path))
    return failure.sentence, failure.next_step


def test_admission_policies_speak_for_themselves(control_plane: ControlPlane, busy: Workspace) -> None:
    here = busy.namespace
    admin = Api(control_plane.kubeconfig)
    admin.grant("maker", here, rule("access.pharia.ai", "apicredentials", "create"))
    admin.grant("maker", here, rule("access.pharia.ai", "apitokens", "create"))
    maker = admin.as_user("maker")
    ci = busy.read("ApiToken", "ci") or {}

    bind = told(maker.create(api_credential(here, "other", roles=[ROLE])), "/apicredentials")
    mint = told(maker.create(api_token(here, "other")), "/apitokens")
    status = told(admin.patch(ci, {"status": {"phase": "Active"}}, subresource="status"), "/apitokens")
    one_time = told(admin.create(secret(here, kind=ONE_TIME_TOKEN)), f"/api/v1/namespaces/{here}/secrets")

    assert bind[0] == (
        f"To add the role {ROLE} to a credential you need the verb bind on apiroles.access.pharia.ai/{ROLE}"
        f" in namespace {here}: ask an administrator of roles for it."
    )
    assert mint[0] == (
        "To mint a token under the credential invoice-bot you need the verb create on"
        " apicredentials.access.pharia.ai/token with resource name invoice-bot in namespace"
        f" {here}: ask an administrator of the namespace for it."
    )
    assert status == (
        "Status is written by the operator alone: change spec instead, for example spec.revoked.",
        "",
    )
    assert one_time == (
        "The API server refuses it: ValidatingAdmissionPolicy 'reserve-one-time-secrets.access.pharia.ai'.",
        "",
    )


def test_rules_of_the_kinds_speak_for_themselves(busy: Workspace) -> None:
    ci = busy.read("ApiToken", "ci") or {}

    postponed = told(busy.api.patch(ci, {"spec": {"ttl": "1h"}}), "/apitokens")
    stale = told(
        busy.api.patch(ci, {"metadata": {"resourceVersion": "1"}, "spec": {"description": "other"}}), "/apitokens"
    )

    assert postponed == (
        "spec.ttl: to end the token sooner set expiresAt; for a longer life create a new ApiToken.",
        "",
    )
    assert stale == ("The object was changed by somebody else in this moment.", "Run the command again.")


# The way to the API server.


def test_an_api_server_that_does_not_answer(control_plane: ControlPlane, tmp_path: Path) -> None:
    path = token_kubeconfig(tmp_path / "k", server="https://127.0.0.1:1", ca_file=control_plane.ca_file, token="t")

    answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr) == (
        1,
        "Error: The API server does not answer.\nIs the cluster reachable? See: kubectl version\n",
    )


def test_a_login_that_is_over(control_plane: ControlPlane, tmp_path: Path) -> None:
    path = token_kubeconfig(
        tmp_path / "k", server=control_plane.server_url, ca_file=control_plane.ca_file, token="over"
    )

    answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr.splitlines()) == (
        1,
        [
            "Error: The API server does not accept your login.",
            "It may have ended: log in again, or try another --context.",
        ],
    )


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        pytest.param(
            HTTPStatus.NOT_FOUND,
            (
                "Error: pharia-access is not installed in this cluster.",
                "An administrator installs it by Helm: see its README.",
            ),
            id="not installed",
        ),
        pytest.param(
            HTTPStatus.TOO_MANY_REQUESTS,
            ("Error: The API server has too much to do.", "Run the command again in a moment."),
            id="too busy",
        ),
        pytest.param(
            HTTPStatus.GONE,
            ("Error: The list took so long that it changed under our hands.", "Run the command again."),
            id="a list that is too old",
        ),
        pytest.param(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            (
                "Error: The API server failed: GET /apis/access.pharia.ai/v1alpha1/namespaces/default/apitokens: 500.",
                "Run the command again.",
            ),
            id="a failure",
        ),
    ],
)
def test_an_api_server_that_cannot(
    control_plane: ControlPlane, tmp_path: Path, status: int, lines: tuple[str, ...]
) -> None:
    with Proxy(control_plane.server_url, control_plane.ca_file) as proxy:
        proxy.refused["/apis/access.pharia.ai/v1alpha1/namespaces/default/apitokens"] = status
        path = token_kubeconfig(tmp_path / "k", server=proxy.url, ca_file=control_plane.ca_file, token="t")

        answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr.splitlines()) == (1, list(lines))


@pytest.mark.parametrize(
    ("content", "words", "why"),
    [
        pytest.param(None, (), "there is no such file", id="missing"),
        pytest.param("{", (), "it cannot be understood (ParserError)", id="no YAML"),
        pytest.param("{}", (), "Invalid kube-config file. Expected key current-context in {path}", id="empty"),
        pytest.param("good", ("--context=nowhere",), "it has no context 'nowhere'", id="an unknown context"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere(
    control_plane: ControlPlane, tmp_path: Path, content: str | None, words: tuple[str, ...], why: str
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(control_plane.kubeconfig.read_text() if content == "good" else content)
    named = f"the kubeconfig {path}" + (", context nowhere" if words else "")

    plugin = Plugin(control_plane, "default", kubeconfig=path)
    # The client library has words of its own for a missing file, which only a process of its own would show.
    answer = (plugin.pipe if content is None else plugin.run)("token", "list", *words)

    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.splitlines() == [
        f"Error: No way to an API server from {named}: {why.format(path=path)}.",
        "Name a kubeconfig by --kubeconfig or KUBECONFIG, and its context by --context.",
    ]


# What Git declares.


def applied_by_argo_cd(workspace: Workspace, body: dict[str, Any]) -> None:
    """As Argo CD does with server-side apply, its mark included."""
    body["metadata"]["annotations"] = TRACKED
    reply = workspace.api.patch(body, body, form=APPLY, fieldManager="argocd-controller", force="true")
    assert reply.ok, reply.message


@pytest.fixture
def declared(workspace: Workspace) -> Workspace:
    """With a credential and a token that Git declares, the credential's roles and the token's end among the fields."""
    workspace.role("another")
    applied_by_argo_cd(workspace, api_credential(workspace.namespace, roles=[ROLE], suspended=False))
    applied_by_argo_cd(workspace, api_token(workspace.namespace, "ci", revoked=False))
    return workspace


GIT_CASES = {
    "roles": (
        ("credential", "roles", "add", "invoice-bot", "another"),
        "spec.roles of credential invoice-bot is declared in Git (by argocd-controller), which may put it back",
    ),
    "suspended": (
        ("credential", "suspend", "invoice-bot"),
        "spec.suspended of credential invoice-bot is declared in Git (by argocd-controller), which may put it back",
    ),
    "a credential": (
        ("credential", "delete", "invoice-bot"),
        "credential invoice-bot is declared in Git (by Argo CD), which would make it anew",
    ),
    "revoked": (
        ("token", "revoke", "ci"),
        "spec.revoked of token ci is declared in Git (by argocd-controller), which may put it back",
    ),
    "a token": (
        ("token", "delete", "ci"),
        "token ci is declared in Git (by Argo CD), which would make it anew",
    ),
}


@pytest.mark.parametrize(("words", "why"), GIT_CASES.values(), ids=GIT_CASES)
def test_what_git_declares_is_changed_by_force_alone(
    declared: Workspace, plugin: Plugin, words: tuple[str, ...], why: str
) -> None:
    refused = plugin.run(*words, "--yes")
    forced = plugin.run(*words, "--yes", "--force")

    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"Error: {why[:1].upper() if not why.startswith('spec') else 's'}{why[1:]}.",
        "Change it in Git, or repeat the command with --force.",
    ]
    assert forced.status == 0, forced.stderr
    assert f"Warning: {why}." in forced.stderr


def test_what_git_does_not_declare_of_a_tracked_object_is_free(workspace: Workspace, plugin: Plugin) -> None:
    applied_by_argo_cd(workspace, api_credential(workspace.namespace, roles=[ROLE]))

    answer = plugin.run("credential", "edit", "invoice-bot", "--description=free")

    assert (answer.status, answer.stderr) == (0, "credential invoice-bot changed\n")


# Trying without changing.


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (("credential", "create", "other", f"--role={ROLE}"), "credential other created (dry run)"),
        (("credential", "edit", "invoice-bot", "--description=x"), "credential invoice-bot changed (dry run)"),
        (("credential", "roles", "add", "invoice-bot", "another"), "credential invoice-bot changed (dry run)"),
        (("credential", "suspend", "invoice-bot"), "credential invoice-bot suspended (dry run)"),
        (("credential", "delete", "invoice-bot"), "credential invoice-bot deleted (dry run)"),
        (("token", "create", "invoice-bot", "--name=other"), "token other created (dry run)"),
        (("token", "revoke", "ci"), "token ci revoked (dry run)"),
        (("token", "delete", "ci"), "token ci deleted (dry run)"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_a_dry_run_is_judged_and_changes_nothing(
    busy: Workspace, plugin: Plugin, words: tuple[str, ...], last: str
) -> None:
    busy.role("another")
    before = [busy.list(kind) for kind in ("ApiCredential", "ApiToken")]

    answer = plugin.run(*words, "--dry-run")

    assert (answer.status, answer.stdout) == (0, "")
    assert answer.stderr.splitlines()[-1] == last
    assert [busy.list(kind) for kind in ("ApiCredential", "ApiToken")] == before
