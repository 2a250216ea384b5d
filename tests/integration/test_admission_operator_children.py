"""Admission of the tokens that the operator makes: those of WorkloadTokens, where it is let, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.unrestrained import unrestrained
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.resources import WORKLOAD_LABEL, api_token, child_token

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "access.pharia.ai"
ONLY_CHILDREN = "the operator may create only ApiTokens of a WorkloadToken"
NO_MARKS = "the operator may create no ApiToken with an annotation or a finalizer"

Json = dict[str, Any]


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return unrestrained(admin, namespace)


@pytest.mark.parametrize("number", [1, 42, 9999999999])
def test_the_operator_makes_the_tokens_of_a_workload_token(operator: Api, workload: Json, number: int) -> None:
    assert operator.create(child_token(workload, number, ttl="720h", delivery={"window": "24h"})).message == ""


def owned_by(**change: object) -> Callable[[Json], None]:
    return lambda body: body["metadata"]["ownerReferences"][0].update(change)


def bearing(**metadata: object) -> Callable[[Json], None]:
    return lambda body: body["metadata"].update(metadata)


def owned_twice(body: Json) -> None:
    body["metadata"]["ownerReferences"].append({"apiVersion": "v1", "kind": "Secret", "name": "x", "uid": "x"})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(bearing(ownerReferences=None), ONLY_CHILDREN, id="without an owner"),
        pytest.param(owned_twice, ONLY_CHILDREN, id="with a second owner"),
        pytest.param(owned_by(controller=None), ONLY_CHILDREN, id="without a controller"),
        pytest.param(owned_by(controller=False), ONLY_CHILDREN, id="with an owner that does not control it"),
        pytest.param(owned_by(kind="ApiToken"), ONLY_CHILDREN, id="of another kind"),
        pytest.param(owned_by(kind="workloadtoken"), ONLY_CHILDREN, id="of a kind in another spelling"),
        pytest.param(owned_by(apiVersion="example.com/v1"), ONLY_CHILDREN, id="of another group"),
        pytest.param(owned_by(name="invoice"), ONLY_CHILDREN, id="of one with the beginning of its name"),
        pytest.param(bearing(name="other-1"), ONLY_CHILDREN, id="under another name"),
        pytest.param(bearing(name="invoice-bot-app"), ONLY_CHILDREN, id="without a number"),
        pytest.param(bearing(name="invoice-bot-app-01"), ONLY_CHILDREN, id="with a zero before its number"),
        pytest.param(bearing(name="invoice-bot-app-one"), ONLY_CHILDREN, id="with a word"),
        pytest.param(bearing(name=None, generateName="invoice-bot-app-"), "", id="with a name of chance"),
        pytest.param(bearing(labels=None), ONLY_CHILDREN, id="without its label"),
        pytest.param(bearing(labels={WORKLOAD_LABEL: "other"}), ONLY_CHILDREN, id="with another's label"),
        pytest.param(
            bearing(labels={WORKLOAD_LABEL: "invoice-bot-app", "kustomize.toolkit.fluxcd.io/name": "x"}),
            ONLY_CHILDREN,
            id="with a label of Git",
        ),
        pytest.param(bearing(annotations={"argocd.argoproj.io/tracking-id": "x"}), NO_MARKS, id="with an annotation"),
        pytest.param(bearing(finalizers=["example.com/x"]), NO_MARKS, id="with a finalizer"),
    ],
)
def test_the_operator_makes_no_other_token(
    operator: Api, workload: Json, change: Callable[[Json], None], said: str
) -> None:
    """Each would outlive its WorkloadToken, or be taken for one of Git's."""
    body = child_token(workload)
    change(body)

    reply = operator.create(body)

    assert (reply.ok, said in reply.message) == (False, True)


def test_the_operator_makes_tokens_only_where_it_is_let(admin: Api, namespace: str, workload: Json) -> None:
    """By mint-tokens, as anybody else: for the credential that the token names."""
    admin.grant(OPERATOR, namespace, rule(OURS, "apitokens", "create"))
    admin.grant(OPERATOR, namespace, rule(OURS, "apicredentials/token", "create", names=["other"]))
    operator, child = admin.as_user(OPERATOR), child_token(workload)

    refused = operator.create(child)
    other = operator.create({**child, "spec": {"credentialRef": {"name": "other"}}}, dryRun="All")
    admin.grant(OPERATOR, namespace, rule(OURS, "apicredentials/token", "create", names=["invoice-bot"]))

    assert (refused.status, "you need the verb create on apicredentials" in refused.message) == (403, True)
    assert other.message == operator.create(child).message == ""


@pytest.mark.parametrize("kind", ["WorkloadToken", "workloadtoken"])
def test_nobody_else_makes_a_workload_token_the_owner_of_a_token(
    admin: Api, operator: Api, workload: Json, kind: str
) -> None:
    """It would take no place of its own under maxTokens, and pass for a token that the operator made."""
    forged, plain = child_token(workload, 7), api_token(workload["metadata"]["namespace"], "plain")
    forged["metadata"]["ownerReferences"][0]["kind"] = kind
    assert admin.create(plain).ok
    adopted = {"metadata": {"ownerReferences": forged["metadata"]["ownerReferences"]}}
    made = child_token(workload, 8)
    assert operator.create(made).ok

    replies = [admin.create(forged), admin.patch(plain, adopted), operator.patch(plain, adopted)]

    assert [reply.status for reply in replies] == [422, 422, 403]
    assert "only the operator makes the ApiTokens of a WorkloadToken" in replies[0].message
    assert admin.patch(made, {"metadata": {"labels": {"team": "a"}}}).ok
    assert admin.patch(made, {"metadata": {"ownerReferences": None}}).ok
