"""Errors as people read them: a sentence, and what to do next."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.administration.lifetime_input import InvalidDurationError
from pharia_access.entrypoints.kubectl.failures import Failure, RefusedError, explain
from pharia_access.errors import AccessError, SettingsError, TokenFormatError, UnavailableError
from pharia_access.kube.errors import refusal, unreachable

TOKEN_PATH = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apitokens/ci"
SECRET_PATH = "/api/v1/namespaces/finance/secrets/ci-token"


def answered(status: int, reason: str = "", message: str = "", *, path: str = TOKEN_PATH) -> AccessError:
    """The error that an answer of the API server means."""
    body = json.dumps({"kind": "Status", "reason": reason, "message": message}).encode()
    return refusal(status, body, method="POST", path=path)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        pytest.param(
            answered(
                403,
                "Forbidden",
                'secrets is forbidden: User "anna" cannot create resource "secrets" in API group "" in the namespace'
                ' "finance"',
                path=SECRET_PATH,
            ),
            Failure(
                "anna may not create Secrets in namespace finance.",
                "This needs the verb create on secrets: ask an administrator for it.\n"
                "See what you may do: kubectl auth can-i --list -n finance",
            ),
            id="a right of the core group",
        ),
        pytest.param(
            answered(403, "Forbidden", 'leases is forbidden: User "a" cannot get resource "leases" in API group "x"'),
            Failure(
                "a may not get leases in the whole cluster.",
                "This needs the verb get on leases.x: ask an administrator for it.\n"
                "See what you may do: kubectl auth can-i --list",
            ),
            id="a kind of somebody else's",
        ),
        pytest.param(
            answered(403, "Forbidden", 'admission webhook "x.example.org" denied the request: ask Bob'),
            Failure(
                'The API server refused the request: admission webhook "x.example.org" denied the request: ask Bob.'
            ),
            id="a webhook",
        ),
        pytest.param(
            answered(403, "Forbidden", "x", path=SECRET_PATH),
            Failure(
                "The API server refused the request: POST /api/v1/namespaces/finance/secrets/ci-token: 403 Forbidden."
            ),
            id="of a Secret nothing is repeated",
        ),
        pytest.param(
            answered(409, "AlreadyExists", path=SECRET_PATH),
            Failure("An object of this name already exists.", "Choose another name."),
            id="a Secret of that name",
        ),
        pytest.param(
            answered(404, "NotFound", 'secrets "x" not found', path="/apis/x"),
            Failure('There is no Secret "x" here.'),
            id="a Secret",
        ),
        pytest.param(
            answered(409, "Conflict"),
            Failure("Somebody else changed the object at the same time.", "Run the command again."),
            id="a conflict",
        ),
        pytest.param(
            answered(404, "NotFound", 'namespaces "x" not found'),
            Failure('There is no namespace "x".', "See: kubectl get namespaces"),
            id="no namespace",
        ),
        pytest.param(answered(404, "NotFound", "gone"), Failure("Gone."), id="gone, in other words"),
        pytest.param(
            answered(503, "", "etcd is away"),
            Failure("The API server failed: etcd is away.", "Run the command again."),
            id="a failure",
        ),
        pytest.param(
            answered(
                422, "Invalid", 'ApiToken.access.pharia.ai "ci" is invalid: spec: Invalid value: "object": no ttl'
            ),
            Failure("spec: no ttl."),
            id="a rule, whose field keeps its name",
        ),
        pytest.param(
            answered(
                422,
                "Invalid",
                'ApiToken.access.pharia.ai "ci" is invalid: [spec.a: Too long: may not be more than 9 bytes, spec.b:'
                ' Invalid value: "x": must match [a-z], <nil>: Invalid value: null: some validation rules were not'
                " checked because the object was invalid; correct the existing errors to complete validation]",
            ),
            Failure("spec.a: Too long: may not be more than 9 bytes, spec.b: must match [a-z]."),
            id="several fields",
        ),
        pytest.param(answered(400, "", ""), Failure(f"POST {TOKEN_PATH}: 400."), id="nothing is said"),
        pytest.param(
            unreachable(TimeoutError(), method="GET", path=TOKEN_PATH),
            Failure("The API server does not answer.", "Check that the cluster is reachable: kubectl version"),
            id="no answer",
        ),
        pytest.param(
            SettingsError("cannot use the kubeconfig x: it is empty"),
            Failure(
                "Cannot use the kubeconfig x: it is empty.",
                "Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context.",
            ),
            id="no way",
        ),
        pytest.param(TokenFormatError("not a token: short"), Failure("Not a token: short."), id="no token"),
        pytest.param(InvalidDurationError("what?"), Failure("What?"), id="an end of its own"),
        pytest.param(
            RefusedError("it may not be", "Ask Bob."), Failure("It may not be.", "Ask Bob."), id="we refuse ourselves"
        ),
    ],
)
def test_an_error_is_a_sentence_and_a_next_step(error: AccessError, failure: Failure) -> None:
    assert explain(error) == failure


MINE = " --context prod --as dora"


@pytest.mark.parametrize(
    ("error", "command"),
    [
        pytest.param(
            answered(
                403, "Forbidden", 'User "dora" cannot list resource "x" in API group "" in the namespace "finance"'
            ),
            f"kubectl auth can-i --list -n finance{MINE}",
            id="a right",
        ),
        pytest.param(
            answered(404, "NotFound", 'apitokens.access.pharia.ai "ci" not found'),
            f"kubectl access token list -n finance{MINE} (-A for all namespaces)",
            id="a token",
        ),
        pytest.param(
            answered(404, "NotFound", 'apiroles.access.pharia.ai "ci" not found'),
            f"kubectl access role list{MINE}",
            id="a role, which is in no namespace",
        ),
        pytest.param(
            answered(404, "NotFound", 'namespaces "finance" not found'),
            f"kubectl get namespaces{MINE}",
            id="a namespace",
        ),
        pytest.param(
            unreachable(TimeoutError(), method="GET", path=TOKEN_PATH), f"kubectl version{MINE}", id="no answer"
        ),
    ],
)
def test_a_command_to_go_on_with_is_about_the_same_place_as_the_same_person(error: AccessError, command: str) -> None:
    assert explain(error, MINE, " -n finance").next_step.splitlines()[-1].endswith(f": {command}")


def test_what_the_error_itself_says_to_do_comes_last() -> None:
    error = UnavailableError("no answer")
    error.next_step = "Collect it."

    assert explain(error).next_step.splitlines() == [
        "Check that the cluster is reachable: kubectl version",
        "Collect it.",
    ]


KEPT = "ttl cannot be set, changed or removed after creation: to end the token sooner set expiresAt"
NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete"
    " validation"
)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(
            f'spec.ttl: Invalid value: "object": {KEPT}', f"--expires: {KEPT}.", id="1.32, a rule of an object"
        ),
        pytest.param(f"spec.ttl: Invalid value: {KEPT}", f"--expires: {KEPT}.", id="1.37, the same"),
        pytest.param('spec.a: Invalid value: "string": must be: b', "spec.a: must be: b.", id="1.32, a rule of a text"),
        pytest.param('spec.a: Invalid value: "c: d": must be: b', "spec.a: must be: b.", id="1.37, the same"),
        pytest.param(r'spec.a: Invalid value: "\"c\": d": not that', "spec.a: not that.", id="a text with quotes"),
        pytest.param("spec.a: Invalid value: -0.5: too low", "spec.a: too low.", id="a number"),
        pytest.param("spec.a: Invalid value: true: not that", "spec.a: not that.", id="a truth value"),
        pytest.param("spec.a: Invalid value: null: not that", "spec.a: not that.", id="nothing"),
        pytest.param('spec.a: Invalid value: {"b":{"c":1}}: not that', "spec.a: not that.", id="an object"),
        pytest.param('spec.a: Invalid value: ["b","c"]: not that', "spec.a: not that.", id="a list"),
        pytest.param(
            f'[spec.a: Too long, <nil>: Invalid value: "null": {NOT_CHECKED}]',
            "spec.a: Too long.",
            id="1.32, unchecked",
        ),
        pytest.param(
            f"[spec.a: Too long, <nil>: Invalid value: null: {NOT_CHECKED}]", "spec.a: Too long.", id="1.37, unchecked"
        ),
        pytest.param(
            f"[spec.a: Too long, <nil>: Invalid value: {NOT_CHECKED}]", "spec.a: Too long.", id="unchecked, no value"
        ),
        pytest.param(f"[spec.a: Too long, <nil>: {NOT_CHECKED}]", "spec.a: Too long.", id="unchecked, nothing before"),
        pytest.param(
            f"[spec.ttl: Invalid value: {KEPT}, spec.b: Invalid value: 7: too high]",
            f"--expires: {KEPT}, spec.b: too high.",
            id="several fields, of which one tells no value",
        ),
    ],
)
def test_a_rule_is_told_whole_whichever_version_of_kubernetes_words_it(words: str, sentence: str) -> None:
    failure = explain(answered(422, "Invalid", f'ApiToken.access.pharia.ai "ci" is invalid: {words}'))

    assert failure == Failure(sentence)
