"""Admission of edits while nothing is minted: who may let a mint go is who may ask for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.writes import WAYS
from tools.control_plane.api import APPLY, OPERATOR, Api, rule
from tools.control_plane.resources import api_credential, api_token, secret

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

OURS = "access.pharia.ai"
MARK = "velero.io/restore-name"
EDITS = rule(OURS, "apitokens", "get", "list", "update", "patch", "delete")
RIGHTS = (rule("", "secrets", "get"), rule(OURS, "apicredentials", "get", "update", "patch"), EDITS)
LATER, SOONER = "2027-01-31T00:00:00Z", "2027-01-30T00:00:00Z"
HASH = f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}"
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "somebody", "uid": "0a1b"}
FROZEN = "2026-11-23T00:00:00Z"

Json = dict[str, Any]

MINTED: Json = {
    "phase": "Active",
    "tokenID": "q7c3abcdefghijkl",
    "credential": {"name": "invoice-bot", "uid": "7b0e"},
    "issuedAt": FROZEN,
    "expiresAt": LATER,
    "hash": HASH,
}


def judged(phase: str, reason: str, **more: object) -> Json:
    """The status of a token without a mint."""
    ready = {"type": "Ready", "status": "False", "reason": reason, "message": "Words.", "lastTransitionTime": FROZEN}
    return {"observedGeneration": 1, "phase": phase, "conditions": [ready], **more}


STATES: dict[str, Json] = {
    "new": {},
    "waiting": judged("Pending", "CredentialSuspended", pendingSince=FROZEN),
    "in the way of a Secret": judged("Pending", "SecretConflict", pendingSince=FROZEN),
    "restored": judged("Pending", "Restored"),
    "malformed": judged("Pending", "InvalidSpec"),
    "failed": judged("Failed", "TTLTooLong"),
    "expired": judged("Expired", "Expired"),
}
"""Statuses without a hash."""


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    """Somebody who edits tokens and mints none."""
    admin.grant("alice", namespace, *RIGHTS)
    return admin.as_user("alice")


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    admin.grant(OPERATOR, namespace, rule(OURS, "*/status", "update", "patch"), EDITS)
    return admin.as_user(OPERATOR)


def mints(*credentials: str) -> Json:
    return rule(OURS, "apicredentials/token", "create", names=credentials)


def a_token(admin: Api, operator: Api, namespace: str, status: Json, name: str = "invoice-bot-ci") -> Json:
    """A token with a label, an annotation and an end, of which the operator said this."""
    body = api_token(namespace, name, expiresAt=LATER)
    body["metadata"] |= {"labels": {MARK: "nightly", "team": "a"}, "annotations": {"note": "a"}}
    assert admin.create(body).ok
    if status:
        assert operator.patch(body, {"status": status}, subresource="status").message == ""
    return admin.read(body).body


def told(namespace: str) -> str:
    return (
        "to change spec, labels or annotations of an ApiToken that is not minted under the credential invoice-bot you"
        " need the verb create on apicredentials.access.pharia.ai/token with resource name invoice-bot in namespace"
        f" {namespace}: ask an administrator of the namespace for it; revoking and deleting it needs no such right"
    )


REFUSED = [
    pytest.param({"spec": {"description": "new"}}, id="a description"),
    pytest.param({"spec": {"expiresAt": SOONER}}, id="an end brought forward"),
    pytest.param({"spec": {"expiresAt": "2020-01-01T00:00:00Z"}}, id="an end in the past"),
    pytest.param({"spec": {"revoked": False}}, id="no revocation, said"),
    pytest.param({"metadata": {"labels": {"team": "b"}}}, id="a label changed"),
    pytest.param({"metadata": {"labels": {MARK: ""}}}, id="the mark of a restore emptied"),
    pytest.param({"metadata": {"labels": {"backup.example.com/restored": "x"}}}, id="a label added"),
    pytest.param({"metadata": {"annotations": {"note": "b"}}}, id="an annotation changed"),
    pytest.param({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}}, id="an annotation added"),
    pytest.param({"spec": {"description": "new"}, "status": MINTED}, id="a status that would say it is minted"),
    pytest.param(
        {"metadata": {"labels": {"team": "b"}, "finalizers": ["example.com/x"], "ownerReferences": [OWNER]}},
        id="with an owner and a finalizer",
    ),
]
REMOVALS = [
    pytest.param({"metadata": {"labels": {MARK: None}}}, id="the mark of a restore"),
    pytest.param({"metadata": {"labels": None}}, id="all labels"),
    pytest.param({"metadata": {"annotations": {"note": None}}}, id="an annotation"),
    pytest.param({"metadata": {"annotations": None}}, id="all annotations"),
]
ALLOWED = [
    pytest.param({}, id="nothing"),
    pytest.param({"spec": {"revoked": True}}, id="a revocation"),
    pytest.param(
        {"spec": {"revoked": True, "description": "leaked"}, "metadata": {"annotations": {"note": "b"}}},
        id="a revocation with all that an apply changes",
    ),
    pytest.param({"metadata": {"finalizers": ["example.com/x"]}}, id="a finalizer"),
    pytest.param({"metadata": {"ownerReferences": [OWNER]}}, id="an owner reference"),
    pytest.param({"status": MINTED}, id="a status, which is dropped"),
]


@pytest.mark.parametrize("change", REFUSED)
def test_an_edit_of_what_is_not_minted_needs_the_right_to_mint_in_every_state_and_way(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json
) -> None:
    for number, (state, status) in enumerate(STATES.items()):
        token = a_token(admin, operator, namespace, status, f"token-{number}")

        replies = {way: write(alice, token, change) for way, write in WAYS.items()}

        assert {(state, way): (reply.status, told(namespace) in reply.message) for way, reply in replies.items()} == {
            (state, way): (403, True) for way in WAYS
        }
        assert admin.read(token).body == token


@pytest.mark.parametrize("change", REMOVALS)
def test_so_does_taking_away_a_label_or_an_annotation(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json
) -> None:
    token = a_token(admin, operator, namespace, STATES["restored"])

    replies = {way: write(alice, token, change) for way, write in WAYS.items() if way != "server-side apply"}

    assert {way: reply.status for way, reply in replies.items()} == dict.fromkeys(replies, 403)
    assert admin.read(token).body == token


@pytest.mark.parametrize("change", ALLOWED)
def test_an_edit_that_lets_no_mint_go_needs_nothing_more(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json
) -> None:
    for number, (way, write) in enumerate(WAYS.items()):
        for state, status in STATES.items():
            name = f"token-{number}-{state.replace(' ', '-').lower()}"
            token = a_token(admin, operator, namespace, status, name)

            reply = write(alice, token, change)

            assert (way, state, reply.message) == (way, state, "")
            assert "hash" not in admin.read(token).body.get("status", {})


def test_a_token_that_is_not_minted_is_deleted_without_the_right(
    admin: Api, alice: Api, operator: Api, namespace: str
) -> None:
    for number, status in enumerate(STATES.values()):
        token = a_token(admin, operator, namespace, status, f"token-{number}")
        assert alice.delete(token).ok
        assert admin.read(token).status == 404


@pytest.mark.parametrize("change", [*REFUSED, *REMOVALS])
def test_what_is_minted_revoked_or_being_deleted_is_edited_without_the_right(
    admin: Api, alice: Api, operator: Api, namespace: str, change: Json
) -> None:
    minted = a_token(admin, operator, namespace, MINTED, "minted")
    revoked = a_token(admin, operator, namespace, STATES["waiting"], "revoked")
    assert alice.patch(revoked, {"spec": {"revoked": True}}).ok
    leaving = a_token(admin, operator, namespace, STATES["waiting"], "leaving")
    assert alice.patch(leaving, {"metadata": {"finalizers": ["example.com/x", "example.com/y"]}}).ok
    assert alice.delete(leaving).ok
    kept = {"spec": {**change.get("spec", {}), "revoked": True}}
    held = {"metadata": {**change.get("metadata", {}), "finalizers": ["example.com/x"]}}

    assert alice.patch(minted, change).message == ""
    assert alice.patch(revoked, {**change, **kept}).message == ""
    assert alice.patch(leaving, {**change, **held}).message == ""
    assert alice.patch(leaving, {"metadata": {"deletionTimestamp": None}}).ok
    assert admin.read(leaving).body["metadata"]["deletionTimestamp"]
    assert alice.patch(leaving, {"metadata": {"finalizers": None}}).ok


@pytest.mark.parametrize(
    ("granted", "refused"),
    [
        pytest.param("invoice-bot", False, id="under its credential"),
        pytest.param("other", True, id="under another credential"),
    ],
)
def test_the_right_counts_for_the_tokens_own_credential(
    admin: Api, alice: Api, operator: Api, namespace: str, granted: str, *, refused: bool
) -> None:
    admin.grant("alice", namespace, mints(granted))
    token = a_token(admin, operator, namespace, STATES["restored"])

    answers = [
        alice.patch(token, {"spec": {"description": "new"}}),
        alice.patch(token, {"metadata": {"labels": {MARK: None}}}),
    ]

    assert [answer.ok for answer in answers] == [not refused] * 2
    assert admin.read(token).body["spec"].get("description") == (None if refused else "new")


def test_a_token_is_not_moved_to_a_credential_that_one_may_mint_under(
    admin: Api, alice: Api, operator: Api, namespace: str
) -> None:
    admin.grant("alice", namespace, mints("other"))
    token = a_token(admin, operator, namespace, STATES["waiting"])
    change = {"spec": {"credentialRef": {"name": "other"}}}

    replies = {way: write(alice, token, change) for way, write in WAYS.items()}

    assert {way: reply.ok for way, reply in replies.items()} == dict.fromkeys(WAYS, False)
    assert admin.read(token).body == token


def test_the_status_is_no_way_around(admin: Api, operator: Api, namespace: str) -> None:
    """Who may write it changes nothing else by it."""
    token = a_token(admin, operator, namespace, STATES["restored"])
    changed = {"metadata": {"labels": {MARK: None}, "annotations": {"note": "b"}}, "spec": {"description": "new"}}

    assert operator.patch(token, changed, subresource="status").message == ""

    after = admin.read(token).body
    assert {part: after["metadata"][part] for part in ("labels", "annotations", "generation")} == {
        part: token["metadata"][part] for part in ("labels", "annotations", "generation")
    }
    assert after["spec"] == token["spec"]


def test_an_update_makes_no_token_and_apply_needs_the_right(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, rule(OURS, "apitokens", "create"))
    new = api_token(namespace, "new", revoked=True)
    named = {**new, "metadata": {"name": "new"}}

    assert alice.replace(new).status == 404
    assert alice.patch(new, named, form=APPLY, fieldManager="a", force="true").status == 403
    assert alice.create(new).status == 403
    assert admin.read(new).status == 404


def test_the_operator_needs_the_right_to_create_and_sets_no_owner(admin: Api, operator: Api, namespace: str) -> None:
    """It holds no right to mint by RBAC; and of its other edits the policy about the operator alone speaks."""
    admin.grant(OPERATOR, namespace, rule(OURS, "apitokens", "create"))
    token = a_token(admin, operator, namespace, STATES["waiting"])

    edit = operator.patch(token, {"metadata": {"labels": {MARK: None}}})
    new = operator.create(api_token(namespace, "new"))
    own = operator.patch(token, {"metadata": {"ownerReferences": [OWNER]}})

    assert (own.status, "the operator may take off" in own.message) == (403, True)
    assert (edit.status, "the operator may change the owner references and nothing else" in edit.message) == (403, True)
    assert new.status == 403


def test_kubectl_says_what_is_needed_and_revokes_by_apply(
    control_plane: ControlPlane, admin: Api, alice: Api, namespace: str
) -> None:
    manifest = (
        "apiVersion: access.pharia.ai/v1alpha1\nkind: ApiToken\nmetadata: {name: ci}\n"
        "spec: {credentialRef: {name: invoice-bot}, expiresAt: '2027-01-31T00:00:00Z'}\n"
    )
    here = f"--namespace={namespace}"
    control_plane.kubectl("apply", here, "--filename=-", stdin=manifest)
    sooner, revoked = manifest.replace("01-31", "01-30"), manifest.replace("spec: {", "spec: {revoked: true, ")
    refused = [
        ("label", "apitoken", "ci", "a=b"),
        ("annotate", "apitoken", "ci", "a=b"),
        ("patch", "apitoken", "ci", "--type=json", '--patch=[{"op":"add","path":"/spec/description","value":"x"}]'),
        ("patch", "apitoken", "ci", "--type=merge", '--patch={"spec":{"expiresAt":"2027-01-01T00:00:00Z"}}'),
    ]

    said = [control_plane.kubectl(*args, here, user="alice", check=False).stderr for args in refused]
    said += [
        control_plane.kubectl(verb, here, "--filename=-", stdin=sooner, user="alice", check=False).stderr
        for verb in ("apply", "replace")
    ]

    assert [told(namespace) in text for text in said] == [True] * 6
    control_plane.kubectl("apply", here, "--filename=-", stdin=manifest, user="alice")  # nothing changes
    control_plane.kubectl("apply", here, "--filename=-", stdin=revoked, user="alice")
    assert admin.read(api_token(namespace, "ci")).body["spec"]["revoked"] is True


def test_garbage_collection_and_the_end_of_a_namespace_need_no_right_to_mint(
    control_plane: ControlPlane, admin: Api, operator: Api, namespace: str
) -> None:
    orphaned, owned = f"{namespace}-orphaned"[-63:].strip("-"), f"{namespace}-owned"[-63:].strip("-")
    for place, policy in ((orphaned, "Orphan"), (owned, "Foreground")):
        assert admin.create({"kind": "Namespace", "metadata": {"name": place}}).ok
        assert admin.create(api_credential(place)).ok
        app = admin.create(secret(place, "app")).body
        reference = {"apiVersion": "v1", "kind": "Secret", "name": "app", "blockOwnerDeletion": True}
        token = api_token(place)
        token["metadata"]["ownerReferences"] = [{**reference, "uid": app["metadata"]["uid"]}]
        assert admin.create(token).ok
        assert admin.delete(app, options={"propagationPolicy": policy}).ok

    here = f"--namespace={orphaned}"
    gone = ("wait", "--for=delete", "--timeout=60s")
    control_plane.kubectl(*gone, "apitoken/invoice-bot-ci", f"--namespace={owned}", timeout=90)
    control_plane.kubectl(*gone, "secret/app", here, timeout=90)
    left = admin.read(api_token(orphaned)).body
    assert "ownerReferences" not in left["metadata"]
    for place in (orphaned, owned):
        control_plane.kubectl("delete", "namespace", place, "--wait=false")
    control_plane.kubectl(*gone, f"namespace/{orphaned}", f"namespace/{owned}", timeout=90)
