"""Admission of edits of what WorkloadTokens made: nobody who mints nothing lets it outlive its WorkloadToken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.operators.unrestrained import unrestrained
from tests.support.security.unminted_tokens import MINTED, OURS, mints
from tools.control_plane.api import Api, rule
from tools.control_plane.resources import WORKLOAD_LABEL, child_token

Json = dict[str, Any]

EDITS = rule(OURS, "apitokens", "get", "update", "patch", "delete")
REFUSED = "to change spec, labels, annotations or owners of an ApiToken that a WorkloadToken made"
MINE: Json = {"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": "0a1b"}
ARGO: Json = {"argocd.argoproj.io/tracking-id": "x"}
FLUX: Json = {"kustomize.toolkit.fluxcd.io/name": "x"}


@pytest.fixture
def minted(admin: Api, namespace: str, workload: Json) -> Json:
    """A token that a WorkloadToken made, as it is stored after its mint."""
    operator, child = unrestrained(admin, namespace), child_token(workload)
    assert operator.create(child).message == ""
    assert operator.patch(child, {"status": MINTED}, subresource="status").message == ""
    return admin.read(child).body


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    """Somebody who edits ApiTokens and mints nothing."""
    admin.grant("alice", namespace, EDITS)
    return admin.as_user("alice")


def owned(minted: Json, *more: Json, **change: object) -> Json:
    [owner] = minted["metadata"]["ownerReferences"]
    return {"ownerReferences": [{**owner, **change}, *more]}


def ways_out(minted: Json) -> dict[str, Json]:
    """Each leaves a token that neither garbage collection nor the operator takes with the WorkloadToken."""
    label_gone, mine = {"labels": {WORKLOAD_LABEL: None}}, {**MINE, "controller": True}
    return {
        "without its label": label_gone,
        "without label and owner": {**label_gone, "ownerReferences": None},
        "with another's label": {"labels": {WORKLOAD_LABEL: "other"}},
        "with a second owner": owned(minted, MINE),
        "controlled by another": owned(minted, mine, controller=False),
        "owned by another": {"ownerReferences": [mine]},
        "controlled by nobody": owned(minted, controller=False),
        "owned by another name": owned(minted, name="other"),
        "owned by another kind": owned(minted, kind="ConfigMap"),
        "declared by Argo CD": {"annotations": ARGO, "ownerReferences": None},
        "declared by Flux": {"labels": FLUX, "ownerReferences": None},
    }


def test_who_mints_nothing_keeps_no_token_of_a_workload_token(admin: Api, alice: Api, minted: Json) -> None:
    """With the text from its Secret it would be a token that deleting the WorkloadToken does not end."""
    replies = {way: alice.patch(minted, {"metadata": change}) for way, change in ways_out(minted).items()}

    assert {way for way, reply in replies.items() if reply.status != 403 or REFUSED not in reply.message} == set()
    assert admin.read(minted).body["metadata"]["ownerReferences"] == minted["metadata"]["ownerReferences"]


@pytest.mark.parametrize("change", [{"annotations": ARGO}, {"labels": FLUX}, {"labels": {WORKLOAD_LABEL: None}}])
def test_nor_one_whose_owner_is_off_already(alice: Api, minted: Json, change: Json) -> None:
    """The operator, which deletes it, may be away: what garbage collection does, anybody does who edits tokens."""
    assert alice.patch(minted, {"metadata": {"ownerReferences": None}}).message == ""

    assert REFUSED in alice.patch(minted, {"metadata": change}).message


def test_to_end_one_needs_no_right_to_mint(alice: Api, minted: Json) -> None:
    for change in ({"metadata": {"finalizers": ["example.com/x"]}}, {"metadata": {"finalizers": None}}):
        assert alice.patch(minted, change).message == ""
    assert alice.patch(minted, {"spec": {"revoked": True}, "metadata": {"labels": {"team": "a"}}}).message == ""
    assert alice.delete(minted).message == ""


def test_who_may_mint_takes_one_over(admin: Api, alice: Api, namespace: str, minted: Json) -> None:
    """They could mint one of their own."""
    admin.grant("alice", namespace, mints())

    assert alice.patch(minted, {"metadata": {"labels": {WORKLOAD_LABEL: None}, "ownerReferences": None}}).message == ""
