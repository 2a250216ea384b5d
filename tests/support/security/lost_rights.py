"""What people would miss without a single right of the operator's or the verifier's: a step of the story for each.

The words are those of the tables in docs/reference/rights.md.
"""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from tests.support.security.guards import NEEDED_TO_LOOK
from tests.support.security.rights import Right
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.operators import rotate_keyring
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, outcome

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

__all__ = ["OPERATORS", "VERIFIERS", "Checked", "Loss"]

Json = dict[str, Any]
T = TypeVar("T")
Came = Callable[[], bool]
"""Whether what was waited for has come."""

_LEASES: Final = "coordination.k8s.io"
_OURS: Final = "access.pharia.ai"
_LEASE: Final = "pharia-access-operator"
_KEYRING: Final = "pharia-access-keyring"
_READ_KEYRING: Final = Right("get", "", "secrets", NAMESPACE, _KEYRING)
_GIT: Final = {"argocd.argoproj.io/tracking-id": "app"}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Loss(Generic[T]):
    """One line of the table: what is missed, and a step that fails so. The step can be taken again and again."""

    right: Right
    missed: str
    step: Callable[[T], Came]

    @property
    def at_start(self) -> bool:
        """Whether a process uses it only as it starts: what is under way goes on."""
        of_start = self.right.group == _LEASES or self.right.resource == "customresourcedefinitions"
        return self.right.verb in {"list", "watch"} or of_start or self.right == _READ_KEYRING


@dataclass(frozen=True, slots=True)
class Checked:
    """A place, its verifier, and what was there before that started: a role, a credential with it, its token's text."""

    place: Workspace
    verifier: RunningVerifier
    role: Json
    credential: Json
    text: str

    def whoami(self, text: str) -> tuple[int, Json]:
        """Status and body of an answer; status 0 where there is none."""
        try:
            answer = self.verifier.ask("/whoami", text)
        except (OSError, http.client.HTTPException):
            return 0, {}
        return answer.status, json.loads(answer.body or b"{}")


# The operator's.


def _minted(place: Workspace) -> Came:
    name = _fresh("token")
    place.token(name)
    return lambda: outcome(place.read("ApiToken", name) or {}) == ("Active", "Issued")


def _disowned(place: Workspace) -> Came:
    """With its revocation a token may get the reference that an earlier version would have written."""
    name = _fresh("token")
    credential = place.issued(name)["status"]["credential"]
    owner = {"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiCredential", **credential}
    change = {"metadata": {"ownerReferences": [owner]}, "spec": {"revoked": True}}
    place.change(place.known("ApiToken", name), change)
    return lambda: "ownerReferences" not in place.known("ApiToken", name)["metadata"]


def _gone_with_its_credential(place: Workspace) -> Came:
    name = _fresh("token")
    credential = place.credential(name)
    place.issued(name, annotations=_GIT, credentialRef={"name": name})
    place.delete(credential)
    return lambda: place.read("ApiToken", name) is None


def _told(place: Workspace) -> Came:
    name = _fresh("credential")
    place.credential(name)
    return lambda: _is_ready(place, name)


def _found_its_role(place: Workspace) -> Came:
    name = _fresh("credential")
    role = f"{name}-{place.namespace}"[:63].rstrip("-")
    place.credential(name, roles=[role])
    place.role(role)
    return lambda: _is_ready(place, name)


def _collected(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    place.delete({"kind": "Secret", "metadata": {"namespace": place.namespace, "name": f"{name}-token"}})
    return lambda: (place.read("ApiToken", name) or {})["status"]["delivery"]["state"] == "Collected"


def _secrets_looked_after(place: Workspace) -> Came:
    collected, gone = _collected(place), _secret_gone_with_its_token(place)
    return lambda: collected() or gone()


def _secret_gone_with_its_token(place: Workspace) -> Came:
    name = _fresh("token")
    place.change(place.issued(name), {"spec": {"revoked": True}})
    return lambda: place.read("Secret", f"{name}-token") is None


def _checked_fast(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    return lambda: "mac" in place.known("ApiToken", name)["status"]


def _rotated(place: Workspace) -> Came:
    with TemporaryDirectory() as folder:
        operators = place.api.account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, Path(folder, "kubeconfig"))
        done = rotate_keyring(operators)
    return lambda: done.returncode == 0


def _announced(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    return lambda: "Issued" in place.events(name)


# The verifier's.


def _accepted(it: Checked) -> Came:
    name = _fresh("token")
    it.place.issued(name)
    text = it.place.text(f"{name}-token").reveal()
    return lambda: it.whoami(text)[0] == http.client.OK


def _suspended(it: Checked) -> Came:
    it.place.change(it.credential, {"spec": {"suspended": True}})
    return lambda: it.whoami(it.text)[0] == http.client.UNAUTHORIZED


def _narrowed(it: Checked) -> Came:
    it.place.change(it.role, {"spec": {"permissions": []}})
    return lambda: it.whoami(it.text)[1].get("permissions") == []


def _use_noted(it: Checked) -> Came:
    name = _fresh("token")
    it.place.issued(name)
    text = it.place.text(f"{name}-token").reveal()
    wait_until(lambda: it.whoami(text)[0] == http.client.OK, what="it is used", timeout=10)
    return lambda: "lastUsedTime" in (it.place.read("ApiToken", name) or {})["status"]


def _is_ready(place: Workspace, credential: str) -> bool:
    return condition(place.read("ApiCredential", credential) or {}, "Ready").get("status") == "True"


def _fresh(word: str) -> str:
    return f"{word}-{next(_NUMBERS)}"


def _ours(verb: str, resource: str) -> Right:
    return Right(verb, _OURS, resource)


_NEVER_READY = "The operator never becomes ready, and no token is minted"
_NO_LEADER = "No operator leads, and no token is minted"
OPERATORS: Final[tuple[Loss[Workspace], ...]] = (
    Loss(_ours("get", "apitokens"), "No token is minted, since each is read live before", _minted),
    Loss(_ours("list", "apitokens"), _NEVER_READY, _minted),
    Loss(
        _ours("watch", "apitokens"),
        "A new token waits for the next full list, by default a quarter of an hour",
        _minted,
    ),
    Loss(
        _ours("patch", "apitokens"),
        "Owner references of versions up to 0.2.0 stay: a backup of such tokens cannot be put back as it is",
        _disowned,
    ),
    Loss(
        _ours("delete", "apitokens"),
        "Tokens outlive their credential, as objects",
        _gone_with_its_credential,
    ),
    Loss(_ours("get", "apicredentials"), "Credentials never say whether they are ready", _told),
    Loss(_ours("list", "apicredentials"), _NEVER_READY, _minted),
    Loss(_ours("watch", "apicredentials"), "A new credential says nothing before the next full list", _told),
    Loss(_ours("patch", "apitokens/status"), "No token is minted, since its hash cannot be kept", _minted),
    Loss(_ours("patch", "apicredentials/status"), "Credentials never say whether they are ready", _told),
    Loss(_ours("list", "apiroles"), "Credentials never say whether they are ready", _told),
    Loss(
        _ours("watch", "apiroles"), "A credential does not see its new role before the next full list", _found_its_role
    ),
    Loss(Right("create", "", "secrets"), "No token is minted: `SecretRefused`", _minted),
    Loss(
        Right("delete", "", "secrets"),
        "A revoked token's Secret stays, and nobody is told that a token was collected",
        _secrets_looked_after,
    ),
    Loss(_READ_KEYRING, "New tokens get no fast check: Argon2id proves each", _checked_fast),
    Loss(
        Right("update", "", "secrets", NAMESPACE, _KEYRING),
        "`pharia-access keyring rotate` is refused in the operator's pod",
        _rotated,
    ),
    *(
        Loss(Right(verb, group, resource, name=name), f"No token is minted: nobody knows {what}", _minted)
        for verb, group, resource, name, what in NEEDED_TO_LOOK
    ),
    Loss(Right("create", "", "events"), "There are no Events", _announced),
    Loss(Right("create", _LEASES, "leases", NAMESPACE), f"{_NO_LEADER}, where there is no Lease yet", _minted),
    Loss(Right("get", _LEASES, "leases", NAMESPACE, _LEASE), _NO_LEADER, _minted),
    Loss(Right("update", _LEASES, "leases", NAMESPACE, _LEASE), _NO_LEADER, _minted),
)
_ALL_503 = "The verifier is not ready, and answers 503"
VERIFIERS: Final[tuple[Loss[Checked], ...]] = (
    Loss(_ours("list", "apitokens"), _ALL_503, _accepted),
    Loss(_ours("watch", "apitokens"), _ALL_503, _accepted),
    Loss(_ours("list", "apicredentials"), _ALL_503, _accepted),
    Loss(_ours("watch", "apicredentials"), _ALL_503, _suspended),
    Loss(_ours("list", "apiroles"), _ALL_503, _accepted),
    Loss(_ours("watch", "apiroles"), _ALL_503, _narrowed),
    Loss(_ours("patch", "apitokens/status"), "Nobody is told when a token was last used", _use_noted),
)
