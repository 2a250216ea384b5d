"""A namespace for one sequence: credentials, and as many tokens of each state as its hand needs; and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.attackers import GROUP
from tests.attacks.mint_model import HOLD, Field, State, Subject
from tests.attacks.mint_people import BOSS, LAPSED, LAPSING, MINT, PEOPLE, READER, person
from tests.attacks.mint_workloads import standing
from tests.attacks.moves import RESTORED
from tests.support.security.rights import Right, may
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_credential, api_token, secret
from tools.control_plane.workspace import Workspace, now

if TYPE_CHECKING:
    from tests.attacks.mint_moves import Hand
    from tools.control_plane.api import Api

__all__ = ["BARRIER", "CREDENTIALS", "MintNamespace", "dismissed", "hired"]

Json = dict[str, Any]

BARRIER: Final = "barrier"
CREDENTIALS: Final[dict[str, Json]] = {
    "one": {},
    "asleep": {"suspended": True},
    "brief": {"tokenPolicy": {"maxTTL": "1h"}},
    "spare": {},
}
_VERSION: Final = "access.pharia.ai/v1alpha1"
_PAST: Final = "2020-12-31T00:00:00Z"
_LONG_AGO: Final = 1_600_000_000
"""Earlier than that, in seconds of Unix: an end is only brought forward."""
_LATER: Final = 1200
"""In seconds: shorter than any maximum, longer than any sequence."""
_SECONDS: Final = 60.0  # no figure of the product: a busy machine may take so long
_PHASES: Final = {State.FAILED: "Failed", State.EXPIRED: "Expired", State.REVOKED: "Revoked", State.MINTED: "Active"}


def hired(admin: Api) -> None:
    """Give everybody the rights that they have all the time, everywhere, and make the roles."""
    for role in (READER, BOSS):
        Workspace(admin, "default").role(role)
    for one in PEOPLE:
        if one.rules and one.name not in {"operator", LAPSING}:
            admin.grant_everywhere(one.user, f"mint-model-{one.name}", *one.rules)


def dismissed(admin: Api) -> None:
    """Take all of it back."""
    for one in PEOPLE:
        if one.rules and one.name not in {"operator", LAPSING}:
            admin.revoke_everywhere(f"mint-model-{one.name}")


@dataclass(slots=True)
class MintNamespace:
    """One namespace and the tokens in it that the model knows."""

    admin: Api
    namespace: str
    owner: Json = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    end: int = field(default_factory=lambda: int(now().timestamp()) + _LATER)
    """To which the first edit brings an end forward, and each later one by a second more."""

    _stored: dict[str, Json] = field(default_factory=dict)

    @classmethod
    def furnished(cls, admin: Api, namespace: str, hand: Hand) -> MintNamespace:
        """With all that the hand needs, as the operator leaves it; `lapsing` may mint."""
        made = admin.create({"kind": "Namespace", "metadata": {"name": namespace}})
        assert made.ok, made.message
        owner = {"apiVersion": "v1", "kind": "Namespace", "name": namespace, "uid": made.body["metadata"]["uid"]}
        mint_namespace = cls(admin, namespace, owner)
        for name, spec in CREDENTIALS.items():
            mint_namespace.must(api_credential(namespace, name, roles=[READER], **spec))
        mint_namespace.must(standing(namespace))
        for state, count in hand.stock.items():
            for number in range(count):
                mint_namespace._make(state, f"{state.value}-{number}")
        admin.grant(person(LAPSING).user, namespace, MINT)
        mint_namespace._settle()
        return mint_namespace

    @property
    def here(self) -> Workspace:
        """As its administrator sees it."""
        return Workspace(self.admin, self.namespace)

    def take_the_right_away(self) -> None:
        """From here on `lapsing` is `lapsed`."""
        user = person(LAPSED).user
        (name,) = (
            item["metadata"]["name"]
            for item in self.admin.find("RoleBinding", self.namespace).body["items"]
            if item["subjects"][0]["name"] == user
        )
        gone = self.admin.delete({"kind": "RoleBinding", "metadata": {"name": name, "namespace": self.namespace}})
        assert gone.ok, gone.message
        right = Right("create", GROUP, "apicredentials/token", self.namespace, "one")
        wait_until(lambda: not may(self.admin, user, right), what="the right is gone", timeout=_SECONDS)

    def a_subject(self, state: str) -> Subject | None:
        """A token that is in this state now, the one that was used least."""
        fit = [one for one in self.subjects.values() if one.state == state and not one.gone and not one.busy]
        return min(fit, key=lambda one: one.edits, default=None)

    def stored(self, name: str) -> Json:
        """A token as it was when it was last written or read: the operator may have written its status since."""
        if name not in self._stored:
            self.remember(self.admin.read(api_token(self.namespace, name)).body)
        return self._stored[name]

    def remember(self, token: Json) -> None:
        """It was written or read."""
        self._stored[token["metadata"]["name"]] = token

    def forget(self, name: str) -> None:
        """It has changed: it is to be read."""
        self._stored.pop(name, None)

    def must(self, obj: Json) -> Json:
        """Create it as administrator."""
        reply = self.admin.create(obj)
        assert reply.ok, reply.message
        return reply.body

    def barrier(self) -> None:
        """Wait until the operator has seen all that was written so far: it mints for an administrator."""
        self.must(api_token(self.namespace, BARRIER, credentialRef={"name": "one"}))
        self.here.until_outcome(BARRIER, "Active", "Issued", timeout=_SECONDS)

    def surprises(self) -> list[str]:
        """What the tokens are that the model says they are not, after all has come to rest."""
        found: list[str] = []

        def at_rest() -> bool:
            found[:] = self._differences()
            return not found or any("minted" in one for one in found)

        try:
            wait_until(at_rest, what="all tokens are what the model says", timeout=_SECONDS / 2)
        except RuntimeError:
            return found
        return found

    def left(self) -> None:
        """Leave nothing that an operator would have to do with."""
        for subject in self.subjects.values():
            if not subject.gone and Field.FINALIZER in subject.present:
                self.admin.patch(api_token(self.namespace, subject.name), {"metadata": {"finalizers": None}})
        for kind in ("WorkloadToken", "ApiToken", "ApiCredential"):
            self.admin.delete_all(kind, self.namespace)

    def _differences(self) -> list[str]:
        tokens = {token["metadata"]["name"]: token for token in self.here.list("ApiToken")}
        return [
            difference
            for subject in self.subjects.values()
            if (difference := _difference(subject, tokens.get(subject.name)))
        ]

    def _make(self, state: State, name: str) -> None:
        subject = Subject.born(name, state, self.end)
        spec: Json = {"credentialRef": {"name": subject.credential}, "delivery": {"window": "30m"}}
        if state is State.FAILED:
            spec["ttl"] = "2h"
        if state is State.EXPIRED:
            spec["expiresAt"] = _PAST
            subject.end = _LONG_AGO
        if state is State.REVOKED:
            spec["revoked"] = True
        token = api_token(self.namespace, name, **spec)
        if state is State.RESTORED:
            token["metadata"]["labels"] = {RESTORED: "nightly"}
        if state is State.LEAVING:
            token["metadata"]["finalizers"] = [HOLD]
        if state is State.CONFLICT:
            self.must(secret(self.namespace, f"{name}-token"))
        self.must(token)
        self.subjects[name] = subject

    def _settle(self) -> None:
        """Wait until the operator has done all that it does by itself, then begin the deletions."""
        wait_until(self._is_settled, what="the tokens are made", timeout=_SECONDS)
        for subject in self.subjects.values():
            if subject.state is State.LEAVING:
                assert self.admin.delete(api_token(self.namespace, subject.name)).ok
                self.forget(subject.name)

    def _is_settled(self) -> bool:
        tokens = self.here.list("ApiToken")
        for token in tokens:
            self.remember({"apiVersion": _VERSION, "kind": "ApiToken", **token})
        return all(_is_made(token, self.subjects[token["metadata"]["name"]].state) for token in tokens)


def _is_made(token: Json, state: State) -> bool:
    return bool(token["status"].get("phase") == _PHASES.get(state, "Pending"))


def _difference(subject: Subject, token: Json | None) -> str:
    if token is None:
        return "" if subject.gone else f"{subject.name} is gone"
    status = token["status"]
    if "hash" in status and not (subject.busy or State.MINTED in subject.facts):
        return f"{subject.name} was minted without a right to it"
    if subject.gone:
        return f"{subject.name} is still there"
    said = status.get("phase")
    return "" if subject.phase in {"", said} else f"{subject.name} is {said}, not {subject.phase}"
