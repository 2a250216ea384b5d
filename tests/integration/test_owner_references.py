"""Owner references and who may edit a token but not delete it: the API server lets only who may delete change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.operators.writes import WAYS
from tools.control_plane.api import APPLY, JSON_PATCH, Api, rule
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.replies import Reply

Json = dict[str, Any]

OURS: Final = "access.pharia.ai"
MINT: Final = rule(OURS, "apicredentials/token", "create")
FORBIDDEN: Final = "cannot set an ownerRef on a resource you can't delete"
REVOKED: Final[Json] = {"spec": {"revoked": True}}


@pytest.fixture
def updater(admin: Api, namespace: str) -> Api:
    """Somebody who may edit tokens and neither delete nor mint them."""
    admin.grant("updater", namespace, rule(OURS, "apitokens", "get", "update", "patch"))
    return admin.as_user("updater")


@pytest.fixture
def owner(admin: Api, namespace: str) -> Json:
    """An entry that garbage collection finds to be there."""
    uid = admin.read({"kind": "Namespace", "metadata": {"name": namespace}}).body["metadata"]["uid"]
    return {"apiVersion": "v1", "kind": "Namespace", "name": namespace, "uid": uid}


def a_token(admin: Api, namespace: str, name: str, **metadata: object) -> Json:
    """A token that nobody has minted, as it is stored."""
    body = api_token(namespace, name)
    body["metadata"] |= metadata
    made = admin.create(body)
    assert made.message == ""
    return made.body


def _applied_alone(user: Api, token: Json, manager: str = "updater") -> Reply:
    meant = api_token(token["metadata"]["namespace"], token["metadata"]["name"], revoked=True)
    return user.patch(token, meant, form=APPLY, fieldManager=manager, force="true")


REVOCATIONS: Final[dict[str, Callable[[Api, Json], Reply]]] = {
    "replace": lambda user, token: WAYS["replace"](user, token, REVOKED),
    "merge patch": lambda user, token: user.patch(token, REVOKED),
    "JSON patch": lambda user, token: user.patch(
        token, [{"op": "add", "path": "/spec/revoked", "value": True}], form=JSON_PATCH
    ),
    "JSON patch of all": lambda user, token: WAYS["JSON patch"](user, token, REVOKED),
    "server-side apply": _applied_alone,
}


@pytest.mark.parametrize(
    "owners",
    [
        pytest.param([], id="none"),
        pytest.param([{}], id="one"),
        pytest.param([{}, {}], id="one twice"),
        pytest.param([{"controller": True}, {"controller": False}], id="one in two forms"),
        pytest.param([{"controller": None, "blockOwnerDeletion": None}], id="with fields that are null"),
        pytest.param([{"blockOwnerDeletion": True}], id="one whose deletion it blocks"),
        pytest.param([{"comment": "x"}], id="with a field that is unknown"),
    ],
)
def test_who_may_edit_but_not_delete_a_token_revokes_it_whatever_owners_others_gave_it(
    admin: Api, updater: Api, namespace: str, owner: Json, owners: list[Json]
) -> None:
    for number, (way, revoke) in enumerate(REVOCATIONS.items()):
        token = a_token(admin, namespace, f"token-{number}", ownerReferences=[owner | more for more in owners])

        assert (way, revoke(updater, token).message) == (way, "")

        after = admin.read(token).body
        assert after["spec"]["revoked"] is True
        assert after["metadata"].get("ownerReferences") == token["metadata"].get("ownerReferences")


def test_a_json_patch_that_takes_an_owner_away_unawares_is_forbidden(
    admin: Api, updater: Api, namespace: str, owner: Json
) -> None:
    """Without the version that was read, the API server takes a list without the new owner for what is meant."""
    token = a_token(admin, namespace, "token", ownerReferences=[{**owner, "controller": False}])
    stale = [
        {"op": "add", "path": "/metadata/ownerReferences", "value": token["metadata"]["ownerReferences"]},
        {"op": "add", "path": "/spec/revoked", "value": True},
    ]
    assert admin.patch(token, {"metadata": {"ownerReferences": [owner]}}).ok

    reply = updater.patch(token, stale, form=JSON_PATCH)

    assert (reply.status, FORBIDDEN in reply.message) == (403, True)


@pytest.mark.parametrize(
    ("rights", "there"),
    [
        pytest.param((rule(OURS, "apitokens", "patch", "delete"),), True, id="by who may delete"),
        pytest.param((rule(OURS, "apitokens", "patch", "create"), MINT), False, id="by who makes it"),
    ],
)
def test_an_apply_in_the_name_of_who_set_an_owner_is_forbidden_and_a_patch_revokes(
    admin: Api, updater: Api, namespace: str, owner: Json, rights: tuple[Json, ...], *, there: bool
) -> None:
    """Somebody can hold up others' applies that way; not their revocations by a patch."""
    if there:
        a_token(admin, namespace, "token")
    planted = api_token(namespace, "token")
    planted["metadata"]["ownerReferences"] = [owner]
    admin.grant("mallory", namespace, *rights)
    mallory = admin.as_user("mallory")
    assert mallory.patch(planted, planted, form=APPLY, fieldManager="kubectl", force="true").message == ""

    reply = _applied_alone(updater, planted, "kubectl")

    assert (reply.status, FORBIDDEN in reply.message) == (403, True)
    assert updater.patch(planted, REVOKED).message == ""
