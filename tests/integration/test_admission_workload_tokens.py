"""Admission of WorkloadTokens: who has one mint is who may mint under its credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.writes import WAYS
from tests.support.security.unguarded import unguarded
from tests.support.security.unminted_tokens import MARK, OURS, mints
from tools.control_plane.api import APPLY, OPERATOR, Api, rule
from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

Json = dict[str, Any]

EDITS = rule(OURS, "workloadtokens", "get", "list", "create", "update", "patch", "delete")
NO_SUCH_RIGHT = (
    " under the credential invoice-bot you need the verb create on apicredentials.access.pharia.ai/token with resource"
    " name invoice-bot in namespace "
)
BEGUN: Json = {"observedGeneration": 1, "revision": 3}


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    """Somebody who edits WorkloadTokens and mints nothing."""
    admin.grant("alice", namespace, EDITS)
    return admin.as_user("alice")


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    admin.grant(OPERATOR, namespace, rule(OURS, "workloadtokens/status", "update", "patch"))
    return admin.as_user(OPERATOR)


def declared(namespace: str, name: str = "invoice-bot-app", **spec: object) -> Json:
    """One with a value in every field."""
    kept = {"name": "invoice-bot", "key": "token", "labels": {"a": "b"}, "annotations": {"c": "d"}}
    body = workload_token(namespace, name, ttl="720h", renewBefore="240h", rotate="one", secret=kept, **spec)
    body["metadata"] |= {"labels": {MARK: "nightly", "team": "a"}, "annotations": {"note": "a"}}
    return body


def stored(admin: Api, operator: Api, body: Json, status: Json) -> Json:
    assert admin.create(body).message == ""
    if status:
        assert operator.patch(body, {"status": status}, subresource="status").message == ""
    return admin.read(body).body


# Creation.


@pytest.mark.parametrize(
    ("granted", "refused"),
    [
        pytest.param((), True, id="without the right"),
        pytest.param(("invoice-bot",), False, id="under its credential"),
        pytest.param(("other",), True, id="under another credential"),
    ],
)
def test_to_create_one_needs_the_right_to_mint(
    admin: Api, alice: Api, namespace: str, granted: tuple[str, ...], *, refused: bool
) -> None:
    if granted:
        admin.grant("alice", namespace, mints(*granted))
    body = workload_token(namespace)
    applied = {**body, "metadata": {"name": "applied"}}

    replies = [
        alice.create(workload_token(namespace, "dry"), dryRun="All"),
        alice.create(body),
        alice.create(workload_token(namespace, "paused", suspended=True)),
        alice.patch(workload_token(namespace, "applied"), applied, form=APPLY, fieldManager="a"),
    ]

    said = f"to have tokens minted{NO_SUCH_RIGHT}{namespace}: ask an administrator of the namespace for it"
    assert [(reply.ok, said in reply.message) for reply in replies] == [(not refused, refused)] * 4


# Edits.

MINTS = [
    pytest.param({"spec": {"ttl": "719h"}}, id="another life"),
    pytest.param({"spec": {"renewBefore": "1h"}}, id="another overlap"),
    pytest.param({"spec": {"rotate": "two"}}, id="asked for"),
    pytest.param({"spec": {"rotate": "two", "suspended": True}}, id="asked for with a suspension"),
    pytest.param({"spec": {"ttl": "719h"}, "metadata": {"labels": {"team": "b"}}}, id="another life with a label"),
]
REMOVALS = [
    pytest.param({"spec": {"ttl": None}}, id="no life of its own"),
    pytest.param({"spec": {"renewBefore": None}}, id="no overlap of its own"),
    pytest.param({"spec": {"rotate": None}}, id="no longer asked for"),
]
FREE = [
    pytest.param({}, id="nothing"),
    pytest.param({"spec": {"suspended": True}}, id="a suspension"),
    pytest.param({"spec": {"suspended": False}}, id="no suspension, said"),
    pytest.param({"spec": {"secret": {"labels": {"a": "e"}}}}, id="a label of its Secret"),
    pytest.param({"spec": {"secret": {"annotations": {"x": "y"}}}}, id="an annotation of its Secret"),
    pytest.param({"metadata": {"finalizers": ["example.com/x"]}}, id="a finalizer"),
]
MARKS = [
    pytest.param({"metadata": {"labels": {"team": "b"}}}, id="a label"),
    pytest.param({"metadata": {"annotations": {"note": "b"}}}, id="an annotation"),
]
OF_MARKS = [
    pytest.param({"metadata": {"labels": {MARK: None}}}, id="the mark of a restore"),
    pytest.param({"metadata": {"annotations": None}}, id="all annotations"),
]


def answers(user: Api, before: Json, change: Json, *left_out: str) -> dict[str, str]:
    return {way: write(user, before, change).message for way, write in WAYS.items() if way not in left_out}


@pytest.mark.parametrize("status", [{}, BEGUN], ids=["new", "begun"])
@pytest.mark.parametrize("change", MINTS)
def test_to_change_what_it_mints_needs_the_right_in_every_way(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json, status: Json
) -> None:
    before = stored(admin, operator, declared(namespace), status)
    asked = "what a WorkloadToken mints, or to resume it," if status else "labels or annotations of a WorkloadToken"

    told = answers(alice, before, change)

    assert all(f"{NO_SUCH_RIGHT}{namespace}" in text and asked in text for text in told.values()), told
    assert admin.read(before).body == before
    admin.grant("alice", namespace, mints("invoice-bot"))
    assert alice.patch(before, change).message == ""


@pytest.mark.parametrize("change", REMOVALS)
def test_so_does_taking_it_away(admin: Api, alice: Api, operator: Api, namespace: str, change: Json) -> None:
    before = stored(admin, operator, declared(namespace), BEGUN)

    told = answers(alice, before, change, "server-side apply")

    assert all(NO_SUCH_RIGHT in text for text in told.values()), told
    assert admin.read(before).body == before


@pytest.mark.parametrize("resumed", [False, None], ids=str)
def test_to_resume_it_needs_the_right(
    admin: Api, alice: Api, operator: Api, namespace: str, *, resumed: bool | None
) -> None:
    before = stored(admin, operator, declared(namespace, suspended=True), BEGUN)

    told = answers(alice, before, {"spec": {"suspended": resumed}}, *(["server-side apply"] if resumed is None else []))

    assert all(NO_SUCH_RIGHT in text for text in told.values()), told
    assert admin.read(before).body == before


@pytest.mark.parametrize("status", [{}, BEGUN], ids=["new", "begun"])
@pytest.mark.parametrize("change", FREE)
def test_what_has_nothing_minted_needs_nothing_more(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json, status: Json
) -> None:
    for number, (way, write) in enumerate(WAYS.items()):
        before = stored(admin, operator, declared(namespace, f"app-{number}"), status)
        assert (way, write(alice, before, change).message) == (way, "")


@pytest.mark.parametrize("change", [*MARKS, *OF_MARKS])
def test_marks_are_free_once_a_token_was_asked_for(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json
) -> None:
    """Before that the mark of a restore may be what holds the mint."""
    new = stored(admin, operator, declared(namespace, "new"), {})
    begun = stored(admin, operator, declared(namespace, "begun"), BEGUN)

    refused, passed = alice.patch(new, change), alice.patch(begun, change)

    assert (refused.status, NO_SUCH_RIGHT in refused.message) == (403, True)
    assert passed.message == ""


def test_it_is_deleted_without_the_right_and_edited_while_it_goes(
    admin: Api, alice: Api, operator: Api, namespace: str
) -> None:
    before = stored(admin, operator, declared(namespace), BEGUN)
    assert alice.patch(before, {"metadata": {"finalizers": ["example.com/x"]}}).ok

    assert alice.delete(before).ok
    assert alice.patch(before, {"metadata": {"finalizers": None, "labels": None}}).ok
    assert admin.read(before).status == 404


def test_the_policy_is_what_refuses(admin: Api, alice: Api, namespace: str) -> None:
    def passes() -> bool:
        return alice.create(workload_token(namespace, "tried"), dryRun="All").ok

    with unguarded(admin, "mint-workload-tokens", passes=passes):
        assert alice.create(workload_token(namespace)).ok
        assert alice.patch(workload_token(namespace), {"spec": {"rotate": "two"}}).ok


# Status.


@pytest.mark.parametrize("who", ["alice", "system:serviceaccount:pharia-access-system:pharia-access-verifier"])
def test_only_the_operator_writes_its_status(admin: Api, operator: Api, namespace: str, who: str) -> None:
    before = stored(admin, operator, declared(namespace), BEGUN)
    admin.grant(who, namespace, rule(OURS, "workloadtokens/status", "update", "patch"))

    replies = [
        user.patch(before, {"status": {"revision": 9}}, subresource="status") for user in (admin, admin.as_user(who))
    ]

    assert [reply.status for reply in replies] == [403, 403]
    assert operator.patch(before, {"status": {"revision": 9}}, subresource="status").message == ""


def test_kubectl_says_what_is_needed(control_plane: ControlPlane, alice: Api, namespace: str) -> None:
    assert alice.find("WorkloadToken", namespace).ok
    manifest = (
        "apiVersion: access.pharia.ai/v1alpha1\nkind: WorkloadToken\nmetadata: {name: invoice-bot-app}\n"
        "spec: {credentialRef: {name: invoice-bot}, ttl: 720h}\n"
    )
    here = (f"--namespace={namespace}", "--filename=-")

    said = control_plane.kubectl("apply", *here, stdin=manifest, user="alice", check=False).stderr

    assert f"to have tokens minted{NO_SUCH_RIGHT}{namespace}" in said
