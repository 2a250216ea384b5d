"""What goes wrong, and the words for it: one sentence, a next step, exit code 1, and nothing else.

A dry run is judged alike, and changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.kube.errors import refusal
from tools.control_plane.api import Api, rule
from tools.control_plane.replies import Reply
from tools.control_plane.resources import ONE_TIME_TOKEN, api_credential, api_token, secret
from tools.control_plane.workspace import ROLE, Workspace

if TYPE_CHECKING:
    from tests.support.kubectl.plugin_runner import Plugin
    from tools.control_plane.plane import ControlPlane

WINDOW = "Error: --window: must be a duration from 1m to 24h in hours, minutes and seconds, such as 1h or 90m."
LIFE = (
    "Error: --expires: must be a duration from 1s to 8784h (366 days) in hours, minutes and seconds,"
    " such as 720h or 1h30m."
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
            "See what you may do: kubectl auth can-i --list -n {here} --kubeconfig {kubeconfig} --as nobody",
        ),
        user="nobody",
    ),
    "forbidden in the cluster": Case(
        ("token", "list", "-A"),
        (
            "Error: nobody may not list tokens in the whole cluster.",
            "This needs the verb list on apitokens.access.pharia.ai: ask an administrator for it.",
            "See what you may do: kubectl auth can-i --list --kubeconfig {kubeconfig} --as nobody",
        ),
        user="nobody",
    ),
    "no such token": Case(
        ("token", "get", "gone"),
        (
            'Error: There is no token "gone" here.',
            "See: kubectl access token list -n {here} --kubeconfig {kubeconfig} (-A for all namespaces)",
        ),
    ),
    "no such credential": Case(
        ("token", "create", "gone"),
        (
            'Error: There is no credential "gone" here.',
            "See: kubectl access credential list -n {here} --kubeconfig {kubeconfig} (-A for all namespaces)",
        ),
    ),
    "nothing to collect": Case(
        ("token", "collect", "gone"),
        (
            'Error: There is no token "gone" here.',
            "See: kubectl access token list -n {here} --kubeconfig {kubeconfig} (-A for all namespaces)",
        ),
    ),
    "no such namespace": Case(
        ("credential", "create", "invoice-bot", f"--role={ROLE}", "--namespace=nowhere"),
        ('Error: There is no namespace "nowhere".', "See: kubectl get namespaces --kubeconfig {kubeconfig}"),
    ),
    "a credential of that name": Case(
        ("credential", "create", "invoice-bot", f"--role={ROLE}"),
        ('Error: A credential "invoice-bot" already exists.', "Choose another name."),
    ),
    "a token of that name": Case(
        ("token", "create", "invoice-bot", "--name=ci"),
        ('Error: A token "ci" already exists.', "Choose another name."),
    ),
    "an unknown role": Case(
        ("credential", "create", "other", "--role=integration-raeder"),
        (
            f'Error: There is no role "integration-raeder"; did you mean "{ROLE}"?',
            "See: kubectl access role list --kubeconfig {kubeconfig}",
        ),
    ),
    "two unknown roles": Case(
        ("credential", "roles", "add", "invoice-bot", "zzz", "yyyyy"),
        (
            'Error: There is no role "zzz". There is no role "yyyyy".',
            "See: kubectl access role list --kubeconfig {kubeconfig}",
        ),
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
    "a description that is too long": Case(
        ("credential", "edit", "invoice-bot", f"--description={'x' * 1025}"),
        ("Error: --description: Too long: may not be more than 1024 bytes.",),
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
        "The API server refused the request: ValidatingAdmissionPolicy 'reserve-one-time-secrets.access.pharia.ai'.",
        "",
    )


def test_rules_of_the_kinds_speak_for_themselves(busy: Workspace) -> None:
    ci = busy.read("ApiToken", "ci") or {}

    postponed = told(busy.api.patch(ci, {"spec": {"ttl": "1h"}}), "/apitokens")
    stale = told(
        busy.api.patch(ci, {"metadata": {"resourceVersion": "1"}, "spec": {"description": "other"}}), "/apitokens"
    )

    sentence, next_step = postponed
    assert sentence == (
        "--expires: ttl cannot be set, changed or removed after creation: to end the token sooner set expiresAt;"
        " for a longer life create a new ApiToken."
    )
    assert next_step == ""
    assert stale == ("Somebody else changed the object at the same time.", "Run the command again.")


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
