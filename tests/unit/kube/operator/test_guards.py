"""What a look sends, and what it makes of answers: dry runs that are refused, admitted, or say nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.guards import Look, faults_of
from pharia_access.errors import ForbiddenError, UnavailableError
from pharia_access.kube.client import connect
from pharia_access.kube.operator.guard_forms import Accounts, carried, kind_seen, policies_seen
from pharia_access.kube.operator.guards import KubeGuards
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tools.sync_chart import guards as carried_text

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]
ALL = json.loads(carried_text())
SECRETS, RESOURCES = "restrain-operator-secrets", "restrain-operator-resources"
OURS = "denied request: the operator may write only Secrets of its own types"


def kept(kind: str) -> list[Json]:
    return [it for it in ALL if it["kind"] == kind]


def denied(message: str) -> bytes:
    return reply(403, {"kind": "Status", "code": 403, "reason": "Forbidden", "message": message})


def by(policy: str, words: str) -> bytes:
    return denied(f"secrets is forbidden: ValidatingAdmissionPolicy '{policy}' with binding 'b' {words}")


async def looked(tmp_path: Path, tried: bytes, **other: bytes) -> tuple[Look, list[ReceivedRequest]]:
    """With everything as released, and this answer to dry runs; `other` answers by the end of a path."""

    def answer(request: ReceivedRequest) -> bytes:
        path = request.path.partition("?")[0]
        end = path.rpartition("/")[2]
        if end in other:
            return other[end]
        if end == "validatingadmissionpolicies":
            return reply(200, {"items": kept("ValidatingAdmissionPolicy")})
        if end == "validatingadmissionpolicybindings":
            return reply(200, {"items": kept("ValidatingAdmissionPolicyBinding")})
        if "customresourcedefinitions" in path:
            return reply(200, next(it for it in ALL if it["metadata"]["name"] == end))
        return tried

    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=4) as connection,
    ):
        guards = KubeGuards(connection, namespace="pharia-access-system", account="pharia-access-operator")
        return await guards.look(TOKEN), api.requests


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(by(f"{SECRETS}.access.pharia.ai", "denied request: no"), id="by its name"),
        pytest.param(by("acme-secrets", OURS), id="by what it says, under another name"),
    ],
)
async def test_our_refusal_is_told_from_all_others(tmp_path: Path, answer: bytes) -> None:
    look, _ = await looked(tmp_path, answer)

    assert (look.admitted, look.refused) == (frozenset(), frozenset({SECRETS, RESOURCES}))
    assert faults_of(carried(), look) == ()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(denied('User "x" cannot create resource "secrets" in API group ""'), id="RBAC"),
        pytest.param(by("acme", "denied request: label your Secrets"), id="somebody else's policy"),
        pytest.param(denied('admission webhook "acme" denied the request: the operator may not'), id="a webhook"),
        pytest.param(denied("exceeded quota: few"), id="a quota"),
        pytest.param(denied("not yet ready to handle request"), id="an API server that starts"),
        pytest.param(reply(400, b"{}"), id="a webhook that takes no dry run"),
        pytest.param(reply(404, {"kind": "Status", "code": 404, "reason": "NotFound"}), id="nothing of that name"),
        pytest.param(reply(500, b""), id="a fault"),
        pytest.param(reply(429, b""), id="too much"),
    ],
)
async def test_any_other_refusal_says_nothing(tmp_path: Path, answer: bytes) -> None:
    look, _ = await looked(tmp_path, answer)

    assert (look.admitted, look.refused) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(201, b"{}"), id="admitted"),
        pytest.param(reply(409, {"kind": "Status", "code": 409, "reason": "AlreadyExists"}), id="the name is taken"),
    ],
)
async def test_a_dry_run_that_passes_shows_that_nothing_restrains(tmp_path: Path, answer: bytes) -> None:
    look, _ = await looked(tmp_path, answer)

    assert {fault.guard for fault in faults_of(carried(), look)} == {SECRETS, RESOURCES}


async def test_nothing_is_tried_but_by_dry_runs(tmp_path: Path) -> None:
    _, requests = await looked(tmp_path, denied("no"))

    writes = [request for request in requests if request.method != "GET"]
    assert [request.method for request in writes] == ["POST", "PATCH"]
    assert all(request.query["dryRun"] == ["All"] for request in writes)
    assert len(requests) == 8


async def test_nobody_can_know_the_label_that_is_tried_next(tmp_path: Path) -> None:
    tried = [(await looked(tmp_path, denied("no")))[1][-1] for _ in range(2)]

    assert [request.method for request in tried] == ["PATCH", "PATCH"]
    assert tried[0].body != tried[1].body


@pytest.mark.parametrize("end", ["validatingadmissionpolicies", "validatingadmissionpolicybindings"])
@pytest.mark.parametrize("body", [b"", b"[]", b'{"items":[1]}', b'{"items":null}', b"\xff"], ids=repr)
async def test_an_answer_that_is_no_list_is_no_answer(tmp_path: Path, end: str, body: bytes) -> None:
    with pytest.raises(UnavailableError, match="is not a list"):
        await looked(tmp_path, denied("no"), **{end: reply(200, body)})


async def test_a_missing_right_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        await looked(tmp_path, denied("no"), validatingadmissionpolicies=denied("no"))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"3"], ids=repr)
async def test_a_kind_that_cannot_be_understood_is_no_answer(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(UnavailableError, match="is no object"):
        await looked(tmp_path, denied("no"), **{"apitokens.access.pharia.ai": reply(200, body)})


async def test_a_kind_that_is_not_there_does_not_hold(tmp_path: Path) -> None:
    gone = reply(404, {"kind": "Status", "code": 404, "reason": "NotFound"})
    look, _ = await looked(tmp_path, by("acme", OURS), **{"apitokens.access.pharia.ai": gone})

    assert [fault.guard for fault in faults_of(carried(), look)] == ["apitokens"]


# Forms.


def renamed(text: str, *, operator: str = "acme-operator", verifier: str = "acme-verifier") -> list[Json]:
    """The policies of another release, in the namespace `acme`."""
    home = "system:serviceaccount:pharia-access-system:pharia-access-"
    text = text.replace(f"{home}operator", f"system:serviceaccount:acme:{operator}")
    found: list[Json] = json.loads(text.replace(f"{home}verifier", f"system:serviceaccount:acme:{verifier}"))
    return found


def faulty(documents: list[Json]) -> set[str]:
    policies = [it for it in documents if it["kind"] == "ValidatingAdmissionPolicy"]
    bindings = [it for it in documents if it["kind"] == "ValidatingAdmissionPolicyBinding"]
    seen = policies_seen(policies, bindings, Accounts(namespace="acme", operator="acme-operator"))
    kinds = [kind_seen(it) for it in documents if it["kind"] == "CustomResourceDefinition"]
    return {fault.guard for fault in faults_of(carried(), Look((*seen, *kinds)))}


def test_the_accounts_of_another_release_are_its_own() -> None:
    assert faulty(renamed(carried_text())) == set()


@pytest.mark.parametrize("who", ["mallory", "acme-operator2", "acme.operator"])
def test_policies_that_name_another_operator_do_not_hold(who: str) -> None:
    assert faulty(renamed(carried_text(), operator=who)) == {
        "mint-tokens",
        "write-status",
        SECRETS,
        RESOURCES,
        "reserve-one-time-secrets",
        "reserve-workload-secrets",
    }


def test_a_verifier_elsewhere_is_not_ours() -> None:
    text = carried_text().replace(":pharia-access-system:pharia-access-verifier", ":elsewhere:verifier")

    assert faulty(renamed(text)) == {"write-status"}


def filled_in(value: Any) -> Any:  # noqa: ANN401 - JSON
    """As a later Kubernetes may answer: with a field more wherever an object is."""
    if isinstance(value, dict):
        return {**{key: filled_in(item) for key, item in value.items()}, "since138": "AsEver"}
    return [filled_in(item) for item in value] if isinstance(value, list) else value


def test_what_a_later_kubernetes_fills_in_weakens_nothing() -> None:
    documents = renamed(carried_text())
    for it in documents:
        if it["kind"] == "CustomResourceDefinition":
            it["spec"]["since138"] = it["spec"]["versions"][0]["since138"] = "AsEver"
        else:
            it["spec"] = filled_in(it["spec"])

    assert faulty(documents) == set()


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"metadata": None},
        {"spec": []},
        {"metadata": {"labels": 3}, "spec": {"matchConstraints": {"resourceRules": 1}}},
    ],
    ids=repr,
)
def test_odd_objects_of_others_are_passed_over(odd: Json) -> None:
    more = [{"kind": kind, **odd} for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")]

    assert faulty([*renamed(carried_text()), *more]) == set()
