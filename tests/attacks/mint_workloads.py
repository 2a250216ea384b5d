"""WorkloadTokens in the model of who may let a mint go: who may have one, and change what it mints.

One is there in each namespace. It is suspended and has no token yet, so that nothing comes of what goes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.operators.writes import WAYS
from tools.control_plane.api import APPLY
from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    from tests.attacks.mint_namespace import MintNamespace
    from tests.attacks.mint_people import Person
    from tools.control_plane.api import Api
    from tools.control_plane.replies import Reply

__all__ = ["STANDING", "WORKLOAD_FIELDS", "edited_workload", "made_workload", "may_edit_workload", "standing"]

Json = dict[str, Any]

STANDING: Final = "standing"
_CHANGES: Final[dict[str, Json]] = {
    "rotate": {"spec": {"rotate": "now"}},
    "life": {"spec": {"ttl": "1h"}},
    "overlap": {"spec": {"renewBefore": "1m"}},
    "resumption": {"spec": {"suspended": False}},
    "mark": {"metadata": {"labels": {"example.com/note": "x"}}},
    "suspension": {"spec": {"suspended": True}},
    "finalizer": {"metadata": {"finalizers": ["mint-model.example/hold"]}},
}
_FREE: Final = {"suspension", "finalizer"}
WORKLOAD_FIELDS: Final = tuple(_CHANGES)
"""What of it is changed."""


def standing(namespace: str) -> Json:
    """The one that is there."""
    return workload_token(namespace, STANDING, credentialRef={"name": "one"}, suspended=True)


def made_workload(place: MintNamespace, verb: str, who: Person, api: Api) -> tuple[Reply, bool]:
    """Somebody makes one; it goes at once."""
    body = workload_token(place.namespace, f"made-by-{who.name}", credentialRef={"name": "one"}, suspended=True)
    if verb == "create":
        reply = api.create(body)
    else:
        reply = api.patch(body, body, form=APPLY, fieldManager="somebody", force="true")
    if reply.ok:
        assert place.admin.delete(body).ok
    verbs = {"create"} if verb == "create" else {"create", "patch"}
    return reply, all(who.may(each, "workloadtokens") for each in verbs) and who.may_mint("one")


def edited_workload(place: MintNamespace, verb: str, what: str, api: Api) -> Reply:
    """Somebody changes the one that is there; that is taken back."""
    before = place.admin.read(standing(place.namespace)).body
    reply = WAYS[verb](api, before, _CHANGES[what])
    if reply.ok:
        parts = {"metadata": {"labels": None, "finalizers": None}}
        spec = {"suspended": True, "rotate": None, "ttl": None, "renewBefore": None}
        assert place.admin.patch(before, {**parts, "spec": spec}).ok
    return reply


def may_edit_workload(who: Person, verb: str, what: str) -> bool:
    """Whether somebody may; the operator never writes one."""
    if who.name == "operator":
        return False
    written = who.may("update" if verb == "replace" else "patch", "workloadtokens")
    return written and (what in _FREE or who.may_mint("one"))
