"""Furnished namespaces: people with their rights, credentials, and a token in each state that there is.

Many are furnished at once: the operator mints those of one while the next is being made.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.attackers import BOSS, PEOPLE, READER, WEAK, Person
from tests.attacks.moves import FINALIZER, RESTORED, In
from tests.support.security.leaks import Bait
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import ONE_TIME_TOKEN, secret, workload_token
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tools.control_plane.api import Api

__all__ = [
    "CREDENTIALS",
    "DEAD",
    "HELD",
    "MINTED",
    "SLEEPING",
    "WAITING",
    "Place",
    "furnished",
    "grant_to_all",
    "texts_in",
]

Json = dict[str, Any]

_RBAC: Final = "rbac.authorization.k8s.io"
_LOST: Final = "-lost"
_SECONDS: Final = 120.0
_NUMBERS = itertools.count(1)

CREDENTIALS: Final[dict[str, Json]] = {
    WEAK: {"roles": [READER]},
    "strong": {"roles": [READER, BOSS]},
    "asleep": {"roles": [BOSS]},
    "full": {"roles": [BOSS], "tokenPolicy": {"maxTokens": 1}},
    "spare": {"roles": [READER]},
}
MINTED: Final = {
    "own": WEAK,
    "victims": "strong",
    "revoked": "strong",
    "expired": "strong",
    "gone": "strong",
    "leaving": "strong",
    "sleeper": "asleep",
    "first": "full",
    "lonely": "spare",
}
"""Tokens that are minted, and under which credential."""
DEAD: Final = ("revoked", "expired", "gone", "leaving")
"""What became of these is for good."""
SLEEPING: Final = "sleeper"
"""Good again once its credential is resumed, and not before."""
HELD: Final = ("bomb", "restored")
"""Nothing but the right to mint may let these go."""
WAITING: Final = {
    "waiting": ("asleep", "CredentialSuspended"),
    "second": ("full", "TokenLimitReached"),
    "early": ("missing", "CredentialNotFound"),
    "unread": ("strong", "SecretConflict"),
}
"""Somebody with the right has asked for these; who may edit the credential may let them go."""


@dataclass(slots=True)
class Place:
    """One namespace.

    Attributes:
        texts: of the tokens that were minted, by name.
        before: all ApiTokens as they were when it was furnished, by UID.
        bait: what a Secret of somebody else holds.
    """

    namespace: str
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    before: dict[str, Json] = field(default_factory=dict, repr=False)
    bait: Bait = field(default_factory=Bait, repr=False)

    def uid(self, token: str) -> str:
        """Of a token that was there."""
        return next(uid for uid, obj in self.before.items() if obj["metadata"]["name"] == token)


def grant_to_all(admin: Api) -> None:
    """Have the ClusterRoles that hold people's rights, unless they are there."""
    for person in PEOPLE:
        for name, rules in ((person.role, person.rules), (person.role + _LOST, person.lost)):
            reply = admin.create({"kind": "ClusterRole", "metadata": {"name": name}, "rules": list(rules)})
            assert reply.ok or reply.status == HTTPStatus.CONFLICT, reply.message


def furnished(admin: Api, count: int, *, prefix: str = "attacked") -> list[Place]:
    """So many fresh namespaces, ready to be attacked; an operator must run, and roles be there."""
    run = secrets.token_hex(3)
    places = [Place(f"{prefix}-{run}-{next(_NUMBERS)}") for _ in range(count)]
    with ThreadPoolExecutor(4) as threads:
        for step in (_begin, _end_some, _settle):
            list(threads.map(lambda place, step=step: step(admin, place), places))
    return places


def _begin(admin: Api, place: Place) -> None:
    """Rights, credentials, and what is to be minted."""
    _must(admin, {"kind": "Namespace", "metadata": {"name": place.namespace}})
    for person in PEOPLE:
        _bind(admin, place, person, person.role)
        if person.lost:
            _bind(admin, place, person, person.role + _LOST)
    _must(admin, secret(place.namespace, "db", value=place.bait.text))
    here = Workspace(admin, place.namespace)
    for name, spec in CREDENTIALS.items():
        here.credential(name, **spec)
    for name, credential in MINTED.items():
        here.token(name, credentialRef={"name": credential}, ttl="24h")


def _end_some(admin: Api, place: Place) -> None:
    """Collect the texts; end what is to be ended; ask for what must wait."""
    here = Workspace(admin, place.namespace)
    for name in MINTED:
        here.until_outcome(name, "Active", "Issued", timeout=_SECONDS)
    place.texts.update(texts_in(here, MINTED))
    here.revoke("revoked")
    here.change(here.known("ApiToken", "expired"), {"spec": {"expiresAt": In(-1).text()}})
    here.change(here.known("ApiToken", "leaving"), {"metadata": {"finalizers": [FINALIZER]}})
    here.change(here.known("ApiCredential", "asleep"), {"spec": {"suspended": True}})
    for name in ("gone", "leaving"):
        here.delete({"kind": "ApiToken", "metadata": {"namespace": place.namespace, "name": name}})
    for name, (credential, reason) in WAITING.items():
        taken = {"delivery": {"secretName": "db", "window": "30m"}} if reason == "SecretConflict" else {}
        here.token(name, credentialRef={"name": credential}, ttl="24h", **taken)
    _must(admin, workload_token(place.namespace, "kept", credentialRef={"name": "strong"}, suspended=True))
    here.token("restored", labels={RESTORED: "nightly"}, credentialRef={"name": "strong"}, ttl="24h")
    _plant(admin, place)


def _plant(admin: Api, place: Place) -> None:
    """What somebody leaves behind who is about to lose a right; then they lose it."""
    bomb: Json = {"credentialRef": {"name": "strong"}, "expiresAt": "2199-01-01T00:00:00Z"}
    lapsed = Workspace(admin.as_user("lapsed"), place.namespace)
    wait_until(lambda: _may_mint(admin, "lapsed", place), what="lapsed may mint", timeout=30)
    lapsed.token("bomb", **bomb)
    for person in PEOPLE:
        if person.lost:
            metadata = {"name": person.role + _LOST, "namespace": place.namespace}
            assert admin.delete({"kind": "RoleBinding", "metadata": metadata}).ok


def _settle(admin: Api, place: Place) -> None:
    """Wait until everything says what it is, and nobody has a right that they lost."""
    here = Workspace(admin, place.namespace)
    states = {name: ("Pending", reason) for name, (_, reason) in WAITING.items()}
    states |= {"revoked": ("Revoked", "Revoked"), "expired": ("Expired", "Expired")}
    states |= {"restored": ("Pending", "Restored"), "bomb": ("Failed", "TTLTooLong")}
    for name, (phase, reason) in states.items():
        here.until_outcome(name, phase, reason, timeout=_SECONDS)
    wait_until(lambda: not _may_mint(admin, "lapsed", place), what="lapsed may mint no more", timeout=30)
    place.before.update({token["metadata"]["uid"]: token for token in here.list("ApiToken")})


def texts_in(here: Workspace, names: Iterable[str] = ()) -> dict[str, str]:
    """The text in each one-time Secret, by the name of its token. Where names are given: of all these."""
    found = {}
    for one in here.list("Secret"):
        if one["type"] == ONE_TIME_TOKEN and "token" in one["data"]:
            found[one["metadata"]["name"].removesuffix("-token")] = base64.b64decode(one["data"]["token"]).decode()
    return {name: found[name] for name in names} if names else found


def _may_mint(admin: Api, user: str, place: Place) -> bool:
    attributes = {"namespace": place.namespace, "verb": "create", "group": "access.pharia.ai"}
    attributes |= {"resource": "apicredentials", "subresource": "token", "name": "strong"}
    body = {"spec": {"user": user, "resourceAttributes": attributes}}
    reply = admin.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=body)
    return bool(reply.body["status"]["allowed"])


def _bind(admin: Api, place: Place, person: Person, role: str) -> None:
    namespace = f"{place.namespace}-beside" if person.elsewhere else place.namespace
    if person.elsewhere:
        _must(admin, {"kind": "Namespace", "metadata": {"name": namespace}})
    _must(
        admin,
        {
            "kind": "RoleBinding",
            "metadata": {"name": role, "namespace": namespace},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": _RBAC, "kind": "User", "name": person.name}],
        },
    )


def _must(admin: Api, obj: Json) -> None:
    reply = admin.create(obj)
    assert reply.ok, reply.message
