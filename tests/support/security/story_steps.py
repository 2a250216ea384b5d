"""The steps of the story that a lost right makes fail: the operator's and the verifier's."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.operators import rotate_keyring
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import condition, outcome

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

__all__ = [
    "Came",
    "Checked",
    "accepted",
    "announced",
    "checked_fast",
    "disowned",
    "found_its_role",
    "gone_with_its_credential",
    "minted",
    "narrowed",
    "rotated",
    "secrets_looked_after",
    "suspended",
    "told",
    "use_noted",
]

Json = dict[str, Any]
Came = Callable[[], bool]
"""Whether what was waited for has come."""
_GIT: Final = {"argocd.argoproj.io/tracking-id": "app"}
_NUMBERS = itertools.count(1)


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


def minted(place: Workspace) -> Came:
    name = _fresh("token")
    place.token(name)
    return lambda: outcome(place.read("ApiToken", name) or {}) == ("Active", "Issued")


def disowned(place: Workspace) -> Came:
    """With its revocation a token may get the reference that an earlier version would have written."""
    name = _fresh("token")
    credential = place.issued(name)["status"]["credential"]
    owner = {"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiCredential", **credential}
    change = {"metadata": {"ownerReferences": [owner]}, "spec": {"revoked": True}}
    place.change(place.known("ApiToken", name), change)
    return lambda: "ownerReferences" not in place.known("ApiToken", name)["metadata"]


def gone_with_its_credential(place: Workspace) -> Came:
    name = _fresh("token")
    credential = place.credential(name)
    place.issued(name, annotations=_GIT, credentialRef={"name": name})
    place.delete(credential)
    return lambda: place.read("ApiToken", name) is None


def told(place: Workspace) -> Came:
    name = _fresh("credential")
    place.credential(name)
    return lambda: _is_ready(place, name)


def found_its_role(place: Workspace) -> Came:
    name = _fresh("credential")
    role = f"{name}-{place.namespace}"[:63].rstrip("-")
    place.credential(name, roles=[role])
    place.role(role)
    return lambda: _is_ready(place, name)


def collected(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    place.delete({"kind": "Secret", "metadata": {"namespace": place.namespace, "name": f"{name}-token"}})
    return lambda: (place.read("ApiToken", name) or {})["status"]["delivery"]["state"] == "Collected"


def secrets_looked_after(place: Workspace) -> Came:
    said, gone = collected(place), secret_gone_with_its_token(place)
    return lambda: said() or gone()


def secret_gone_with_its_token(place: Workspace) -> Came:
    name = _fresh("token")
    place.change(place.issued(name), {"spec": {"revoked": True}})
    return lambda: place.read("Secret", f"{name}-token") is None


def checked_fast(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    return lambda: "mac" in place.known("ApiToken", name)["status"]


def rotated(place: Workspace) -> Came:
    with TemporaryDirectory() as folder:
        operators = place.api.account_kubeconfig(NAMESPACE, OPERATOR_ACCOUNT, Path(folder, "kubeconfig"))
        done = rotate_keyring(operators)
    return lambda: done.returncode == 0


def announced(place: Workspace) -> Came:
    name = _fresh("token")
    place.issued(name)
    return lambda: "Issued" in place.events(name)


# The verifier's.


def accepted(it: Checked) -> Came:
    name = _fresh("token")
    it.place.issued(name)
    text = it.place.text(f"{name}-token").reveal()
    return lambda: it.whoami(text)[0] == http.client.OK


def suspended(it: Checked) -> Came:
    it.place.change(it.credential, {"spec": {"suspended": True}})
    return lambda: it.whoami(it.text)[0] == http.client.UNAUTHORIZED


def narrowed(it: Checked) -> Came:
    it.place.change(it.role, {"spec": {"permissions": []}})
    return lambda: it.whoami(it.text)[1].get("permissions") == []


def use_noted(it: Checked) -> Came:
    name = _fresh("token")
    it.place.issued(name)
    text = it.place.text(f"{name}-token").reveal()
    wait_until(lambda: it.whoami(text)[0] == http.client.OK, what="it is known", timeout=10)
    assert it.verifier.ask("/auth/forward", text).status == http.client.OK
    return lambda: "lastUsedTime" in (it.place.read("ApiToken", name) or {})["status"]


def _is_ready(place: Workspace, credential: str) -> bool:
    return condition(place.read("ApiCredential", credential) or {}, "Ready").get("status") == "True"


def _fresh(word: str) -> str:
    return f"{word}-{next(_NUMBERS)}"
