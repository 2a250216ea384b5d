"""Backups by kubectl: credentials and tokens of a namespace as JSON, put back as they are or into another namespace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.control_plane.api import Api
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import secret
from tools.control_plane.workspace import Workspace, outcome

if TYPE_CHECKING:
    from tools.control_plane.plane import ControlPlane

__all__ = ["Kept", "back_up", "fill", "survivors"]

Json = dict[str, Any]

_KINDS = "apicredentials,apitokens"
_NOBODY = "00000000-0000-4000-8000-000000000000"
_SECONDS = 120


def fill(place: Workspace, tokens: int) -> None:
    """A credential with so many tokens, each minted."""
    place.role()
    place.credential()
    names = [f"ci-{number}" for number in range(tokens)]
    for name in names:
        place.token(name, ttl="1h")
    for name in names:
        place.until_outcome(name, "Active", "Issued")


@dataclass(frozen=True, slots=True)
class Kept:
    """What `kubectl get --output=json` showed."""

    control_plane: ControlPlane
    text: str

    @property
    def tokens(self) -> dict[str, Json]:
        """By name."""
        items: list[Json] = json.loads(self.text)["items"]
        return {it["metadata"]["name"]: it for it in items if it["kind"] == "ApiToken"}

    def put_back(self, namespace: str, *, held: bool = False) -> Workspace:
        """Apply it there, with or without the mark of a restore; on return everybody had time to act upon it.

        Raises ProcessError where kubectl says no, AssertionError where a token is lost or becomes something else.
        """
        labels = {"velero.io/restore-name": "by-hand"} if held else {}
        backup = json.loads(self.text)
        for item in backup["items"]:
            item["metadata"]["namespace"] = namespace
            item["metadata"].setdefault("labels", {}).update(labels)
        self.control_plane.kubectl("apply", "--filename=-", stdin=json.dumps(backup), timeout=_SECONDS)
        place = Workspace(Api(self.control_plane.kubeconfig), namespace)
        wanted = ("Pending", "Restored") if held else ("Active", "Issued")
        for name in self.tokens:
            place.until_outcome(name, *wanted)
        _until_garbage_is_collected(place)
        return place


def back_up(control_plane: ControlPlane, place: Workspace, *, then_delete: bool = True) -> Kept:
    """Keep what is there; then delete the credentials, and wait until their tokens went with them."""
    run, here = control_plane.kubectl, f"--namespace={place.namespace}"
    kept = Kept(control_plane, run("get", _KINDS, here, "--output=json").stdout)
    if then_delete:
        run("delete", "apicredentials", "--all", here)
        wait_until(lambda: not place.list("ApiToken"), what="the tokens went with their credential", timeout=_SECONDS)
    return kept


def survivors(place: Workspace, kept: Kept) -> int:
    """How many of the tokens that were kept are there now, minted anew."""
    now = {token["metadata"]["name"]: token for token in place.list("ApiToken")}
    return sum(
        name in now
        and outcome(now[name]) == ("Active", "Issued")
        and now[name]["status"]["tokenID"] != before["status"]["tokenID"]
        for name, before in kept.tokens.items()
    )


def _until_garbage_is_collected(place: Workspace) -> None:
    """Whatever was created before has been looked at by then: garbage that comes last has been collected."""
    garbage = secret(place.namespace, "garbage")
    garbage["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "Secret", "name": "nobody", "uid": _NOBODY}]
    assert place.api.create(garbage).ok
    wait_until(lambda: place.read("Secret", "garbage") is None, what="garbage is collected", timeout=_SECONDS)
