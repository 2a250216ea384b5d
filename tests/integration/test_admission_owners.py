"""Nobody makes a credential the owner of a token: such a file is a backup's, and garbage collection would take it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.operators.earlier_owners import give_earlier_owner, reference_to
from tests.support.operators.writes import WAYS
from tools.control_plane.api import APPLY, Api
from tools.control_plane.resources import api_credential, api_token, secret

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

Json = dict[str, Any]

REFUSED: Final = "an ApiToken takes no ApiCredential as its owner"
WHAT_TO_DO: Final = "Remove metadata.ownerReferences and apply it again: spec.credentialRef is enough"
GONE: Final = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def credential(admin: Api, namespace: str) -> Json:
    return admin.create(api_credential(namespace)).body


def a_token(namespace: str, *owners: Json, name: str = "ci", **spec: Any) -> Json:  # noqa: ANN401 - as in YAML
    body = api_token(namespace, name, **spec)
    body["metadata"]["ownerReferences"] = list(owners)
    return body


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"uid": GONE}, id="one that is gone"),
        pytest.param({}, id="one that is there"),
        pytest.param({"apiVersion": "access.pharia.ai/v1", "uid": GONE}, id="one of a later version"),
        pytest.param({"kind": "apicredential", "uid": GONE}, id="one in lower case, which garbage collection knows"),
        pytest.param({"controller": None, "blockOwnerDeletion": None, "uid": GONE}, id="one that is no controller"),
    ],
)
@pytest.mark.parametrize("revoked", [False, True], ids=["", "revoked"])
def test_a_token_that_a_credential_owns_is_not_created(
    admin: Api, namespace: str, credential: Json, change: Json, *, revoked: bool
) -> None:
    app = admin.create(secret(namespace, "app")).body["metadata"]
    theirs = {"apiVersion": "v1", "kind": "Secret", "name": "app", "uid": app["uid"]}
    body = a_token(namespace, theirs, reference_to(credential, **change), revoked=revoked)

    replies = [admin.create(body), admin.patch(body, body, form=APPLY, fieldManager="kubectl")]

    assert [(reply.status, REFUSED in reply.message, WHAT_TO_DO in reply.message) for reply in replies] == [
        (422, True, True)
    ] * 2
    assert admin.read(body).status == 404


def test_a_token_that_something_else_owns_is_created(admin: Api, namespace: str) -> None:
    app = admin.create(secret(namespace, "app")).body["metadata"]
    other = {"apiVersion": "example.com/v1", "kind": "ApiCredential", "name": "x", "uid": app["uid"]}
    theirs = {"apiVersion": "v1", "kind": "Secret", "name": "app", "uid": app["uid"], "controller": True}

    assert admin.create(a_token(namespace, theirs)).message == ""
    assert admin.create(a_token(namespace, other, name="other-group")).message == ""


@pytest.mark.parametrize("way", WAYS)
def test_no_edit_gives_a_token_such_an_owner(admin: Api, namespace: str, credential: Json, way: str) -> None:
    token = admin.create(api_token(namespace, "ci")).body
    stale = {"metadata": {"ownerReferences": [reference_to(credential, uid=GONE)]}}

    reply = WAYS[way](admin, token, stale)

    assert (reply.status, REFUSED in reply.message) == (422, True)
    assert admin.read(token).body == token


def test_an_owner_of_another_kind_does_not_become_a_credential_by_a_second_edit(
    admin: Api, namespace: str, credential: Json
) -> None:
    """Garbage collection finds no such group, and leaves the token alone: the first edit harms nothing."""
    other = reference_to(credential, uid=GONE, apiVersion="ACCESS.PHARIA.AI/v1alpha1")
    first = {"metadata": {"ownerReferences": [other]}}
    token = admin.create(api_token(namespace, "ci")).body
    assert admin.patch(token, first).message == ""

    reply = admin.patch(token, {"metadata": {"ownerReferences": [reference_to(credential, uid=GONE)]}})

    assert (reply.status, REFUSED in reply.message) == (422, True)


def test_a_revocation_passes_though_it_comes_with_such_an_owner(admin: Api, namespace: str, credential: Json) -> None:
    token = admin.create(api_token(namespace, "ci")).body
    owners = [reference_to(credential)]

    assert admin.patch(token, {"metadata": {"ownerReferences": owners}, "spec": {"revoked": True}}).message == ""


def test_one_that_an_earlier_version_left_stays_through_edits_and_may_go(
    control_plane: ControlPlane, admin: Api, namespace: str, credential: Json
) -> None:
    token = admin.create(api_token(namespace, "ci")).body
    give_earlier_owner(control_plane, token, reference_to(credential))

    for number, (way, edit) in enumerate(WAYS.items()):
        reply = edit(admin, admin.read(token).body, {"metadata": {"labels": {"number": f"{number}"}}})
        assert (way, reply.message) == (way, "")
        assert reply.body["metadata"]["ownerReferences"] == [reference_to(credential)]
    assert admin.patch(token, {"metadata": {"ownerReferences": None}}).message == ""


def test_kubectl_says_so_and_a_stale_file_takes_no_token_away(
    control_plane: ControlPlane, admin: Api, namespace: str, credential: Json
) -> None:
    fresh, stale = (
        json.dumps({"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiToken", **body})
        for body in (
            api_token(namespace, "ci"),
            a_token(namespace, reference_to(credential, uid=GONE), description="from a backup"),
        )
    )
    run = control_plane.kubectl
    run("apply", "--filename=-", stdin=fresh)

    said = [
        run(*how, "--filename=-", stdin=stale, check=False).stderr
        for how in (["apply"], ["apply", "--server-side", "--force-conflicts"], ["replace"], ["create"])
    ]

    assert [REFUSED in text for text in said] == [True] * 4
    assert admin.read(api_token(namespace, "ci")).ok
